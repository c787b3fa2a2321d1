"""What the two dialects read and write. Pure: no socket, no model."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.local_server.conftest import MODEL
from webapp.errors import AnswerTooLong, LocalModelFailed, OutOfTokens
from webapp.local_server import classic, openai
from webapp.local_server.asked import Asked, Refusal, parse_body
from webapp.providers.base import Parameters, Piece, Thought, Turn, Used

_MODELS = {MODEL.id: MODEL}
_HELLO = {"role": "user", "content": "Hello"}


def _classic(**fields: Any) -> Asked:
    return classic.parse({"model": {"id": "heron"}, "messages": [_HELLO], **fields}, _MODELS)


def _openai(**fields: Any) -> Asked:
    return openai.parse({"model": "heron", "messages": [_HELLO], **fields}, _MODELS)


def _answer(*pieces: Piece | Exception) -> Iterator[Piece]:
    for piece in pieces:
        if isinstance(piece, Exception):
            raise piece
        yield piece


def _events(*pieces: Piece | Exception, **fields: Any) -> list[Any]:
    written = b"".join(openai.frames(_answer(*pieces), _openai(**fields), now=7.5))
    events = written.decode().split("\n\n")[:-1]
    assert all(event.startswith("data: ") for event in events)
    return [one if one == "[DONE]" else json.loads(one) for one in (e[6:] for e in events)]


def test_a_classic_question_is_its_turns_and_the_prompt() -> None:
    messages = [_HELLO, {"role": "assistant", "content": "Hi"}, {"role": "user", "content": "Go"}]

    asked = _classic(messages=messages, prompt="Be brief.", key="", conversationId="any")

    assert asked.question.model == MODEL
    assert asked.question.system == "Be brief."
    assert asked.question.turns == (
        Turn("user", "Hello"),
        Turn("assistant", "Hi"),
        Turn("user", "Go"),
    )


def test_the_later_shape_of_a_classic_question_is_read_as_well() -> None:
    asked = _classic(model=None, models=[{"modelId": "heron", "provider": "OpenAI"}])

    assert asked.question.model == MODEL


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"model": {"id": "gpt-4"}}, "There is no model “gpt-4” here; there are: heron."),
        ({"model": {}}, "The request names no model."),
        ({"models": [{}]}, "The request names no model."),
        ({"messages": []}, "There is no message to answer in “messages”."),
        ({"messages": "Hello"}, "“messages” must be a list of objects with role and content."),
        ({"messages": ["Hello"]}, "“messages” must be a list of objects with role and content."),
        ({"messages": [{}]}, "The content of a message must be a text."),
        ({"messages": [_HELLO] * 10_001}, "“messages” may have 10000 entries at most."),
        (
            {"messages": [{"role": "system", "content": "x"}]},
            "The role of a message must be user or assistant.",
        ),
        ({"prompt": 7}, "“prompt” must be a text."),
    ],
)
def test_a_wrong_classic_question_is_refused_with_a_sentence(
    fields: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(Refusal) as refused:
        _classic(**fields)

    assert (refused.value.status, refused.value.sentence) == (400, sentence)


def test_a_classic_answer_is_its_text_and_nothing_else() -> None:
    pieces = (Thought("hm"), "Grü", "ße", Used(1, 2), OutOfTokens())

    assert list(classic.frames(_answer(*pieces))) == ["Grü".encode(), "ße".encode()]


def test_models_are_listed_with_the_keys_of_the_wire() -> None:
    assert json.loads(classic.models_document([MODEL])) == [
        {"id": "heron", "name": "Grey Heron 1B", "maxLength": 16384, "tokenLimit": 4096}
    ]


def test_what_openai_calls_system_becomes_the_system_text_wherever_it_stands() -> None:
    messages = [
        {"role": "system", "content": "Be brief."},
        _HELLO,
        {"role": "developer", "content": [{"type": "text", "text": "Be kind."}]},
        {"role": "user", "content": [{"type": "text", "text": t} for t in ("One", "Two")]},
    ]

    question = _openai(messages=messages).question

    assert question.system == "Be brief.\n\nBe kind."
    assert question.turns == (Turn("user", "Hello"), Turn("user", "One\n\nTwo"))


def test_what_openai_asks_beside_the_question_is_handed_on() -> None:
    asked = _openai(
        temperature=0.5, top_p=1, max_tokens=9, max_completion_tokens=8, seed=-3, stream=True,
        stream_options={"include_usage": True},
    )  # fmt: skip

    assert asked.question.parameters == Parameters(0.5, 1.0, 8, -3)
    assert (asked.stream, asked.usage) == (True, True)
    assert not _openai().stream


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"model": None}, "names no model"),
        ({"n": 2}, "“n” must be 1"),
        ({"tools": [{}]}, "“tools” is not done here"),
        ({"stop": ["x"]}, "“stop” is not done here"),
        ({"response_format": {"type": "json_object"}}, "leave “response_format” out"),
        ({"temperature": float("nan")}, "“temperature” must be a number from 0 to 2"),
        ({"temperature": True}, "“temperature” must be a number"),
        ({"top_p": "1"}, "“top_p” must be a number from 0 to 1"),
        ({"max_tokens": 0}, "“max_tokens” must be a whole number, 1 at least"),
        ({"seed": 1.5}, "“seed” must be a whole number"),
        ({"messages": [{"role": "tool", "content": "x"}]}, "must be user or assistant"),
        ({"messages": [{"role": "user", "content": None}]}, "must be a text"),
        (
            {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {}}]}]},
            "these models take no more",
        ),
    ],
)
def test_a_wrong_question_in_openais_dialect_is_refused_with_a_sentence(
    fields: dict[str, Any], words: str
) -> None:
    with pytest.raises(Refusal) as refused:
        _openai(**fields)

    assert refused.value.status == 400
    assert words in refused.value.sentence


def test_an_unknown_model_is_not_found_in_openais_dialect() -> None:
    with pytest.raises(Refusal) as refused:
        _openai(model="gpt-4")

    assert (refused.value.status, refused.value.code) == (404, "model_not_found")


@pytest.mark.parametrize("body", [b"", b"x", b"[]", b"\xff", b"[" * 100_000, b'{"a": 1} {}'])
def test_a_body_that_is_no_object_is_refused(body: bytes) -> None:
    with pytest.raises(Refusal, match="one JSON object"):
        parse_body(body)


def test_halves_of_characters_and_nul_become_text() -> None:
    body = parse_body(b'{"text": "a\\ud83d\\ude42b\\ud83dc\\u0000"}')

    (turn,) = _classic(messages=[{"role": "user", "content": body["text"]}]).question.turns

    assert turn.content == "a🙂b\ufffdc\ufffd"


def test_an_answer_in_events_has_its_role_its_texts_and_an_end() -> None:
    first, second, last, done = _events("Grü", "ße", Used(10, 2))

    assert first["choices"][0]["delta"] == {"role": "assistant", "content": "Grü"}
    assert second["choices"][0]["delta"] == {"content": "ße"}
    assert last["choices"] == [{"index": 0, "delta": {}, "finish_reason": "stop"}]
    assert done == "[DONE]"
    assert first["id"] == last["id"]
    assert (first["object"], first["model"]) == ("chat.completion.chunk", "heron")


def test_thoughts_and_counts_come_under_their_names() -> None:
    thought, text, _, usage, _ = _events(
        Thought("hm"), "yes", Used(10, 2), stream_options={"include_usage": True}
    )

    assert thought["choices"][0]["delta"] == {"role": "assistant", "reasoning_content": "hm"}
    assert text["choices"][0]["delta"] == {"content": "yes"}
    assert usage["choices"] == []
    assert usage["usage"] == {"prompt_tokens": 10, "completion_tokens": 2, "total_tokens": 12}


def test_an_answer_that_was_cut_says_so() -> None:
    _, last, _ = _events("a", OutOfTokens())

    assert last["choices"][0]["finish_reason"] == "length"


def test_a_failure_in_the_middle_is_an_event_and_the_last() -> None:
    _, error = _events("a", LocalModelFailed(reason="it ended"))

    assert error["error"]["code"] == "local_model_failed"
    assert "it ended" in error["error"]["message"]


def test_a_failure_before_the_first_word_is_left_to_the_status() -> None:
    with pytest.raises(LocalModelFailed):
        _events(Used(1, 0), LocalModelFailed(reason="it did not start"))


def test_an_answer_as_one_document_holds_all_of_it() -> None:
    pieces = _answer(Thought("hm"), "a", "b", Used(3, 2), AnswerTooLong(limit=2))

    whole = json.loads(openai.document(pieces, _openai(), now=7.5))

    assert whole["choices"] == [
        {
            "index": 0,
            "message": {"role": "assistant", "content": "ab", "reasoning_content": "hm"},
            "finish_reason": "length",
        }
    ]
    assert whole["usage"]["total_tokens"] == 5
    assert (whole["object"], whole["created"]) == ("chat.completion", 7)
