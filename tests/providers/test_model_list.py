"""The list of models that a server offers, from servers good and bad."""

from __future__ import annotations

import socket
import time
import tracemalloc
from typing import TYPE_CHECKING

import pytest

from tests.providers.conftest import AUTH_CODE
from tests.support.timing import in_time
from tests.upstream import upstream as start_upstream
from webapp import errors
from webapp.providers.base import AuthCode, Listed
from webapp.providers.model_list import MOST_MODELS, ModelList, NoListError

if TYPE_CHECKING:
    from tests.upstream import Call
    from tests.upstream.server import Script

CODE = AuthCode(AUTH_CODE)


def listed(body: str, *, at_a_time: int = 1) -> list[str]:
    models, content = ModelList(), body.encode()
    for start in range(0, len(content), at_a_time):
        models.feed(content[start : start + at_a_time])
    return [f"{model.id}={model.name}" for model in models.finish()]


@pytest.mark.parametrize("at_a_time", [1, 7, 10_000])
@pytest.mark.parametrize(
    ("body", "models"),
    [
        ('{"object": "list", "data": [{"id": "a"}, {"id": "b", "object": "x"}]}', ["a=a", "b=b"]),
        ('{"data": [{"id": "a", "name": "A: the first"}]}', ["a=A: the first"]),
        ('{"data": [{"id": "a", "display_name": "The A"}]}', ["a=The A"]),
        ('[{"id": "a"}, {"id": "b"}]', ["a=a", "b=b"]),
        ('{"data": []}', []),
        ('{"data": null}', []),
        ('{"data": [{"id": "a"}, {"id": "a", "name": "again"}]}', ["a=a"]),
        ('{"data": [{"id": "a", "of": {"id": "no", "data": [{"id": "no"}]}}]}', ["a=a"]),
        ('{"of": {"data": [{"id": "no"}]}, "data": [{"id": "a"}]}', ["a=a"]),
        ('{"data": [{"id": "a"}], "data": [{"id": "b"}]}', ["a=a"]),
        ('{"data": [1, "x", null, [{"id": "no"}], {}, {"name": "no id"}]}', []),
        ('{"data": [{"id": 7}, {"id": ""}, {"id": " a"}, {"id": "\\u202ea"}]}', []),
        ('{"data": [{"id": "' + "x" * 201 + '"}, {"id": "a", "name": "\\u0000"}]}', ["a=a"]),
    ],
)
def test_a_list_is_read_wherever_it_is_cut(body, models, at_a_time):
    assert listed(body, at_a_time=at_a_time) == models


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("", "not JSON"),
        ("Hello", "not JSON"),
        ("<!DOCTYPE html><title>Hello</title>", "a page for a browser"),
        ("\ufeff\r\n <html>", "a page for a browser"),
        ('{"data": [{"id": "a"}', "not JSON"),
        ("{}", "something else"),
        ('"models"', "something else"),
        ('{"error": {"message": "no"}}', "something else"),
        ('{"data": [{"id": "' + "x" * 2_000_000, "a text without an end"),
    ],
)
def test_what_is_no_list_is_told_in_words_of_ours(body, reason):
    with pytest.raises(NoListError, match=reason):
        listed(body, at_a_time=16_384)


def test_a_list_nested_without_end_costs_little():
    with pytest.raises(NoListError):
        listed('{"data": ' + "[" * 300_000, at_a_time=16_384)


def test_more_models_than_are_taken_are_left_out():
    models = ModelList()
    number = 0
    while not models.full:
        opening = '{"data": [' if number == 0 else ","
        models.feed(f'{opening}{{"id": "model-{number}"}}'.encode())
        number += 1

    assert len(models.finish()) == MOST_MODELS


def test_a_server_is_asked_for_its_models(upstream, openai):
    found = openai.models(CODE)

    assert found == (Listed("gpt-4", "gpt-4"), Listed("gpt-3.5-turbo", "gpt-3.5-turbo"))
    received = upstream.received[0]
    assert (received.method, received.path) == ("GET", "/v1/models")
    assert received.headers["authorization"] == f"Bearer {AUTH_CODE}"


def test_a_server_without_keys_is_asked_without_one(make_openai):
    with start_upstream(keyless=True) as server:
        assert make_openai(server.url).models(None)
        assert "authorization" not in server.received[0].headers


def test_five_thousand_models_are_read(upstream, openai):
    description = "It is better than all before it. " * 30
    upstream.models = [{"id": f"m-{n}", "description": description} for n in range(5000)]

    assert len(openai.models(CODE)) == 5000


def _endless(content: str) -> Script:
    def endless(call: Call) -> None:
        call.start(headers=[("Content-Type", "application/json")])
        call.piece('{"data": [{}')
        while True:
            call.piece(content)

    return endless


def _not_json(call: Call) -> None:
    call.answer("It works!")


def _cut(call: Call) -> None:
    call.start(framing="1000")
    call.piece('{"data": [')


def _status(status: int, body: str = "") -> Script:
    return lambda call: call.answer(body, status, "Status")


@pytest.mark.parametrize(
    ("script", "error", "sentence"),
    [
        (_endless(", {}" * 10_000), errors.NoModelList, "models: there is too much in it."),
        (_endless(" " * 60_000), errors.NoModelList, "models: it has a text without an end."),
        (_endless(f', "{"x" * 60_000}"'), errors.NoModelList, "models: it is longer than 16 MB."),
        (_not_json, errors.NoModelList, "no list of its models: it sent something that is not"),
        (_cut, errors.NoModelList, "no list of its models: it broke off."),
        (_status(401), errors.AuthCodeRefused, "The auth code was refused."),
        (_status(404), errors.AddressWrong, "does not answer where it was asked."),
        (_status(307), errors.AddressWrong, "does not answer where it was asked."),
        (_status(500), errors.ModelFailed, "The model failed: Status."),
        (_status(429), errors.RateLimited, "Try again in a moment."),
    ],
)
def test_a_list_that_cannot_be_had_is_told(upstream, openai, script, error, sentence):
    upstream.on_list = script

    with pytest.raises(errors.ProviderError) as told:
        openai.models(CODE)

    assert type(told.value) is error
    assert sentence in str(told.value)
    assert told.value.__context__ is None


def test_a_hostile_list_takes_little_memory(upstream, openai):
    upstream.on_list = _endless(f', "{"x" * 60_000}"')
    tracemalloc.start()

    with pytest.raises(errors.NoModelList):
        openai.models(CODE)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < 10_000_000


def test_a_list_is_asked_of_a_backup_where_the_first_host_is_away(upstream, make_openai):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        nobody = f"http://127.0.0.1:{listener.getsockname()[1]}"

    assert make_openai(nobody, upstream.url).models(CODE)


def test_a_silent_server_is_not_waited_for_as_for_an_answer(upstream, make_openai, monkeypatch):
    monkeypatch.setattr("webapp.providers.openai._LIST_PATIENCE", 0.2)
    upstream.on_list = lambda call: call.stall()
    begun = time.monotonic()

    with pytest.raises(errors.SilentTooLong):
        make_openai(upstream.url, read_timeout=600, first_timeout=600).models(CODE)

    in_time(time.monotonic() - begun, 5)
