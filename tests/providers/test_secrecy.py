"""The auth code goes to the configured host alone, and shows itself nowhere."""

from __future__ import annotations

import json
import logging
import socket
import threading
import traceback
import tracemalloc
from typing import TYPE_CHECKING

import pytest

from tests.providers.conftest import AUTH_CODE, Reading, question, read
from tests.security.listener import Listener
from tests.support.authority import Authority
from tests.support.timing import in_time
from tests.upstream import COMPLETIONS, SCENARIOS
from tests.upstream import upstream as start_upstream
from webapp import errors
from webapp.providers.base import AuthCode, Cancellation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.upstream import Call


MOVED = (errors.HostMoved, errors.AddressWrong)


@pytest.fixture
def canary() -> Iterator[Listener]:
    visited = Listener()
    yield visited
    visited.close()


def test_the_canary_counts(canary):
    socket.create_connection(("127.0.0.1", canary.port)).close()

    assert canary.count() == 1


@pytest.mark.parametrize("status", [300, 301, 302, 303, 304, 305, 307, 308])
def test_a_redirect_is_never_followed(door, canary, status):
    ended = read(door, f"#redirect:{canary.port},{status}")

    assert isinstance(ended.error, MOVED)
    assert canary.count() == 0


def test_the_body_of_a_redirect_is_not_read(upstream, door):
    def endless_redirect(call: Call) -> None:
        call.start(302, "Found", [("Location", "http://127.0.0.1:9/")])
        while True:
            call.piece("x" * 60_000)

    upstream.enqueue(endless_redirect)

    ended = read(door, "Hello")

    assert isinstance(ended.error, MOVED)
    in_time(ended.seconds, 1)


def test_proxies_and_netrc_of_the_environment_are_ignored(
    upstream, door, canary, monkeypatch, tmp_path
):
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY", "https_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{canary.port}")
    (tmp_path / ".netrc").write_text("default login stranger password stranger\n")
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    monkeypatch.setenv("HOME", str(tmp_path))

    ended = read(door, "#echo hello")

    assert ended.text == "#echo hello"
    assert canary.count() == 0
    sent = upstream.received[0].headers
    codes = [sent.get("authorization"), sent.get("x-auth-code")]
    assert codes in ([None, AUTH_CODE], [f"Bearer {AUTH_CODE}", None])


@pytest.mark.parametrize("scenario", [name for name in SCENARIOS if name != "long"])
def test_the_auth_code_is_in_no_log_error_or_traceback(
    upstream, make_door, caplog, scenario, capfd
):
    provider = make_door(upstream.url, read_timeout=0.1, total_timeout=0.3, answer_limit=1000)
    _expect_no_code(upstream, provider, scenario, caplog, capfd)


@pytest.mark.parametrize("scenario", COMPLETIONS)
def test_nor_where_the_official_door_fails_otherwise(
    upstream, make_openai, caplog, scenario, capfd
):
    provider = make_openai(upstream.url, read_timeout=0.1, total_timeout=0.3, answer_limit=1000)
    _expect_no_code(upstream, provider, scenario, caplog, capfd)


def test_a_fixed_key_is_in_no_error_either(upstream, make_openai, caplog, capfd):
    provider = make_openai(upstream.url, key=AuthCode(AUTH_CODE))
    for scenario in ("unauthorised", "error-json", "cut"):
        _expect_no_code(upstream, provider, scenario, caplog, capfd)


def _expect_no_code(upstream, provider, scenario, caplog, capfd):
    caplog.set_level(logging.DEBUG)
    asked = question(f"#{scenario}")
    shown = [repr(asked), repr(provider), repr(vars(provider))]

    error = read(provider, asked).error
    if error is not None:
        told = traceback.TracebackException.from_exception(error, capture_locals=True)
        shown += [repr(error.values), *told.format()]

    assert error is None or error.__context__ is None
    assert upstream.wait_for().auth_code == AUTH_CODE
    out, err = capfd.readouterr()
    assert "CANARY" not in "".join([*shown, caplog.text, out, err])


def test_an_auth_code_that_comes_back_in_a_failure_is_hidden(upstream, liaobots):
    upstream.enqueue(
        lambda call: call.answer("", 500, f"no code {call.received.auth_code} here"),
        lambda call: call.answer(f'{{"message": "no {call.received.auth_code} here"}}', 500, "x"),
        lambda call: call.answer(
            f'data: {{"error": true, "res_status": 500, "message": "no {AUTH_CODE} here"}}\n'
        ),
    )

    reasons = [read(liaobots, "Hello").error.values["reason"] for _ in range(3)]

    assert reasons == ["no code … here", "no … here", "no … here"]


def test_a_key_that_comes_back_by_the_official_door_is_hidden(upstream, openai):
    said = json.dumps({"error": {"message": f"no {AUTH_CODE} here"}})
    upstream.enqueue(
        lambda call: call.answer("", 500, f"no {AUTH_CODE} here"),
        *[lambda call, status=status: call.answer(said, status, "x") for status in (400, 404, 503)],
        lambda call: call.answer(said),
        lambda call: (call.start(), call.say("Text."), call.piece(f"data: {said}\n\n"), call.end()),
        lambda call: (call.start(), call.say("Text."), call.over(f"no {AUTH_CODE} here")),
    )

    reasons = [read(openai, "Hello").error.values["reason"] for _ in range(7)]

    assert reasons == ["no … here"] * 7


@pytest.mark.parametrize("code", ["a\r\nX: 1", "a\x00", "a\x7f", "ключ", "", "a b", "x" * 65_536])
def test_a_code_that_could_not_stand_in_a_header_is_not_sent(upstream, door, code):
    ended = read(door, question(auth_code=code))

    assert type(ended.error) is errors.AuthCodeRefused
    assert ended.error.__context__ is None
    assert upstream.connections == 0


def test_without_a_code_nothing_is_sent(upstream, door):
    ended = read(door, question(auth_code=None))

    assert type(ended.error) is errors.AuthCodeRefused
    assert upstream.connections == 0


def test_a_code_shows_half_of_itself_at_most():
    assert AUTH_CODE not in f"{AuthCode(AUTH_CODE)} {AuthCode(AUTH_CODE)!r}"
    assert AuthCode("abcdef").tail == "def"


@pytest.mark.parametrize(
    ("scenario", "limit"),
    [
        ("#gzip-bomb:200", 100_000),
        ("#endless", 100_000),
        ("#endless-line", 100_000),
        ("#endless-event", 10_000_000),
        ("#header-flood", 100_000),
    ],
)
def test_a_hostile_answer_takes_little_memory(upstream, make_door, scenario, limit):
    _expect_little_memory(make_door(upstream.url, answer_limit=limit), scenario)


@pytest.mark.parametrize("scenario", ["#endless-document", "#endless-thought"])
def test_nor_does_one_by_the_official_door(upstream, make_openai, scenario):
    _expect_little_memory(make_openai(upstream.url, answer_limit=100_000), scenario)


def _expect_little_memory(provider, scenario):
    answer = provider.stream(question(scenario), Cancellation())
    tracemalloc.start()

    with pytest.raises(errors.ProviderError):
        for _ in answer:
            pass
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < 10_000_000


@pytest.fixture
def over_tls(tmp_path: Path) -> Iterator[Callable[[str], tuple]]:
    servers = []

    def start(host: str) -> tuple:
        authority = Authority(tmp_path, host)
        servers.append(start_upstream(pace=0.001, tls=authority.context))
        return servers[-1], str(authority.ca_file)

    yield start
    for server in servers:
        server.close()


def test_an_answer_over_tls_arrives_and_can_be_stopped(over_tls, make_door):
    server, ca_file = over_tls("127.0.0.1")
    provider = make_door(server.url, ca_file=ca_file, read_timeout=60)
    assert read(provider, "#echo hello").text == "#echo hello"

    for number, scenario in enumerate(("#silent", "#stall"), start=2):
        reading = Reading(provider, question(scenario))
        received = server.wait_for(number)
        if scenario == "#stall":
            reading.wait_for_piece()
        reading.cancel()
        assert reading.join().error is None
        in_time(reading.seconds_to_stop, 0.2)
        in_time(reading.seconds_to_leave(received), 0.2)


def test_a_certificate_of_a_stranger_is_refused(over_tls, make_door):
    server, _ = over_tls("127.0.0.1")

    ended = read(make_door(server.url), "Hello")

    assert type(ended.error) is errors.Unreachable
    assert "its certificate is not trusted: unable to get local issuer" in str(ended.error)
    assert server.received == []


def test_a_certificate_for_another_host_is_refused(over_tls, make_door):
    server, ca_file = over_tls("127.0.0.2")

    ended = read(make_door(server.url, ca_file=ca_file), "Hello")

    assert type(ended.error) is errors.Unreachable
    assert "its certificate is not trusted" in str(ended.error)
    assert server.received == []


def test_a_server_without_tls_is_unreachable_over_tls(upstream, make_door):
    ended = read(make_door(upstream.url.replace("http:", "https:"), connect_timeout=0.3), "Hello")

    assert type(ended.error) is errors.Unreachable
    assert upstream.received == []


def test_no_thread_is_left_behind(upstream, door):
    before = threading.active_count()

    for scenario in ("#default", "#cut", "#unauthorised"):
        read(door, scenario)
        upstream.received[-1].finished.wait(1)

    assert threading.active_count() <= before + 1  # the upstream's own, which is about to end
