"""Servers that others wrote: what they say of tokens, of ends, of keys and of themselves."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import pytest

from tests.providers.conftest import PLAIN, question, read
from tests.support.independent import Independent
from tests.support.llama import Llama
from webapp import errors
from webapp.providers.base import AuthCode, Parameters

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from webapp.providers.base import Question
    from webapp.providers.openai import OpenAI


@pytest.fixture(scope="module")
def llama() -> Iterator[Llama]:
    with Llama(context=512, slots=1) as running:
        yield running


@pytest.fixture
def make(llama: Llama, make_openai: Callable[..., OpenAI]) -> Callable[..., OpenAI]:
    usual = {"name": "office", "title": "Office", "read_timeout": 60, "key": AuthCode(llama.key)}
    return lambda **settings: make_openai(llama.url, **{**usual, **settings})


def briefly(text: str, tokens: int) -> Question:
    asked = question(text, model=PLAIN, auth_code=None)
    return dataclasses.replace(
        asked, parameters=Parameters(temperature=0.0, seed=7, max_tokens=tokens)
    )


def test_llama_cpp_counts_the_tokens_of_an_answer_that_runs_out_of_them(make):
    ended = read(make(), briefly("Tell a long story about the sea.", 12))

    assert type(ended.error) is errors.OutOfTokens
    assert ended.text
    (used,) = ended.used
    assert used.output_tokens == 12
    assert 10 < used.input_tokens < 100


def test_llama_cpp_obeys_the_parameters(make):
    texts = [read(make(), briefly("Name a colour, a town and a bird.", 10)).text for _ in range(2)]

    assert texts[0] == texts[1] != ""


def test_llama_cpp_says_what_is_too_long_for_it(make):
    ended = read(make(), briefly("rain and snow and wind " * 400, 10))

    assert type(ended.error) is errors.RequestRefused
    assert "context" in str(ended.error)


def test_llama_cpp_refuses_another_key(make):
    ended = read(make(key=AuthCode("test-another-key")), briefly("Hello", 5))
    own = read(make(key=None), dataclasses.replace(briefly("Hello", 5), auth_code=AuthCode("x")))

    assert type(ended.error) is errors.ServerKeyRefused
    assert type(own.error) is errors.KeyRefused


def test_llama_cpp_lists_its_model(make):
    (listed,) = make().models(None)

    assert "SmolLM2" in listed.id


def test_an_address_beside_the_api_is_told_as_one(tmp_path, make_openai):
    with Independent(tmp_path) as server:
        beside = make_openai(f"{server.url}/elsewhere", name="office")
        right = make_openai(server.url, name="office")

        ended = read(beside, question(model=PLAIN))
        with pytest.raises(errors.AddressWrong):
            right.models(None)  # fakellm has no list

        assert type(ended.error) is errors.AddressWrong
        assert read(right, question("Say hello.", model=PLAIN)).text == (
            "Hello to you, 🙂 and to 你好."
        )
