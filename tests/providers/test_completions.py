"""What a server says to a Chat Completions request, whatever its form and wherever it is cut."""

from __future__ import annotations

import itertools
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.providers.base import Thought, Used
from webapp.providers.completions import Completion, PageError
from webapp.providers.sse import MalformedEventError
from webapp.providers.wire import FailureInBandError


class Read:
    """An answer that was read to its end."""

    def __init__(self, *pieces: bytes, document_limit: int = 1000) -> None:
        self.answer = Completion(document_limit=document_limit)
        found = [one for piece in pieces for one in self.answer.feed(piece)]
        found += self.answer.finish()
        self.text = "".join(one for one in found if isinstance(one, str))
        self.thoughts = "".join(one.text for one in found if isinstance(one, Thought))
        self.told = (self.text, self.thoughts, self.answer.used, self.answer.finish_reason)


def event(delta: object, **more: object) -> str:
    return f"data: {json.dumps({'choices': [{'delta': delta, **more}]}, ensure_ascii=False)}\n\n"


STREAM = (
    "\ufeff: hello\r\n\r\n"
    + event({"role": "assistant", "content": ""})
    + event({"content": None, "reasoning_content": "Hm 🙂"})
    + event({"content": "Grüße "}, finish_reason=None)
    + event({"content": "你好\0", "refusal": None})
    + event({}, finish_reason="stop")
    + 'data: {"choices": [], "usage": {"prompt_tokens": 9, "completion_tokens": 4}}\n\n'
    + "data: [DONE]\n\ndata: never\n\n"
)
DOCUMENT = json.dumps(
    {
        "choices": [{"message": {"content": "Grüße", "reasoning": "Hm"}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 1, "completion_tokens": 2},
    },
    indent=1,
)


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (STREAM, ("Grüße 你好\ufffd", "Hm 🙂", Used(9, 4), "stop")),
        (DOCUMENT, ("Grüße", "Hm", Used(1, 2), "stop")),
    ],
)
def test_an_answer_reads_the_same_wherever_it_is_cut(body, told):
    whole = body.encode()

    assert Read(*[bytes([byte]) for byte in whole]).told == told
    for cut in range(1, len(whole)):
        assert Read(whole[:cut], whole[cut:]).told == told


@given(st.binary(max_size=60), st.lists(st.integers(0, 60)))
def test_any_bytes_read_the_same_wherever_they_are_cut(body, cuts):
    for beginning in (b"", b"data: ", b'data: {"choices": [{"delta": ', b'{"choices": '):
        whole = beginning + body
        edges = sorted({0, len(whole), *(cut for cut in cuts if cut < len(whole))})
        pieces = [whole[start:end] for start, end in itertools.pairwise(edges)]

        assert _outcome(whole) == _outcome(*pieces)


def _outcome(*pieces: bytes) -> object:
    try:
        return Read(*pieces).told
    except (FailureInBandError, MalformedEventError, PageError) as error:
        return type(error)


IN_TAGS = [
    ("<think>\nHm.\n</think>\n\nYes.", ("Yes.", "Hm.\n")),
    (" \n<think>Hm <b> </thi</think>Yes.</think>", ("Yes.</think>", "Hm <b> </thi")),
    ("<think>\n\n</think>\n\nYes.", ("Yes.", "")),
    ("<think>Hm", ("", "Hm")),
    ("<think>Hm</thin", ("", "Hm</thin")),
    ("<thin", ("<thin", "")),
    ("  <thin ice>", ("  <thin ice>", "")),
    ("Write <think>x</think>.", ("Write <think>x</think>.", "")),
    (" " * 100 + "<think>x", (" " * 100 + "<think>x", "")),
]


@pytest.mark.parametrize(("text", "told"), IN_TAGS)
@pytest.mark.parametrize("at_a_time", [1, 3, 1000])
@pytest.mark.parametrize("end", ["data: [DONE]\n\n", event({}, finish_reason="stop"), ""])
def test_a_thought_in_tags_is_one_where_the_answer_begins_with_it(text, told, at_a_time, end):
    pieces = [text[start : start + at_a_time] for start in range(0, len(text), at_a_time)]
    read = Read(*[event({"content": piece}).encode() for piece in pieces], end.encode())

    assert (read.text, read.thoughts) == told


def test_tags_behind_a_thought_that_came_as_one_are_part_of_the_answer():
    read = Read(
        event({"reasoning_content": "Hm."}).encode(),
        event({"content": "<think>x</think>"}).encode(),
    )

    assert (read.text, read.thoughts) == ("<think>x</think>", "Hm.")


def test_what_comes_together_is_one_piece_of_each_kind():
    answer = Completion(document_limit=10)
    several = [{"reasoning": "a"}, {"reasoning": "b"}, {"content": "c"}, {"content": "d"}]

    pieces = list(answer.feed("".join(map(event, several)).encode()))

    assert pieces == [Thought("ab"), "cd"]


def test_a_thought_under_two_names_is_taken_once():
    answer = Read(event({"reasoning_content": "Hm", "reasoning": "Hm"}).encode())

    assert answer.thoughts == "Hm"


def test_what_came_before_a_failure_in_the_same_piece_is_given_out_first():
    answer = Completion(document_limit=10)
    failing = answer.feed((event({"content": "so far"}) + 'data: {"error": "no"}\n\n').encode())

    assert next(failing) == "so far"
    with pytest.raises(FailureInBandError):
        next(failing)


@pytest.mark.parametrize(
    ("said", "status", "message"),
    [
        ({"error": {"message": "m", "code": 429}}, 429, "m"),
        ({"error": {"message": "m", "code": "insufficient_quota"}}, 402, "m"),
        ({"error": {"message": "m", "type": "rate_limit_error", "code": None}}, 429, "m"),
        ({"error": {"message": "m", "code": "unheard_of"}}, 500, "m"),
        ({"error": {"message": "m", "code": 7}}, 500, "m"),
        ({"error": "m"}, 500, "m"),
        ({"error": True, "res_status": 402, "message": "m"}, 402, "m"),
        ({"object": "error", "message": "m", "code": 400}, 400, "m"),
        (
            {"choices": [{"finish_reason": "error"}], "error": {"message": "m", "code": 502}},
            502,
            "m",
        ),
    ],
)
@pytest.mark.parametrize("form", ["data: %s\n\n", "%s"])
def test_an_error_is_found_in_all_its_forms(form, said, status, message):
    with pytest.raises(FailureInBandError) as failure:
        Read((form % json.dumps(said)).encode())

    assert (failure.value.status, failure.value.message) == (status, message)


@pytest.mark.parametrize(
    "strange",
    [
        {},
        {"choices": None},
        {"choices": [None]},
        {"choices": [{"delta": None}]},
        {"choices": [{"delta": "text"}]},
        {"choices": [{"delta": {"content": 7, "reasoning": ["x"]}, "finish_reason": 7}]},
        {"choices": [{"delta": {"content": [7, None, {"text": 7}, {"thinking": [7]}]}}]},
        {"usage": {"prompt_tokens": -1, "completion_tokens": 3}},
        {"usage": {"prompt_tokens": True, "completion_tokens": 3}},
        {"usage": {"prompt_tokens": 1e3, "completion_tokens": 10**15}},
        {"usage": [], "error": None},
    ],
)
def test_what_is_strange_says_nothing(strange):
    assert Read(f"data: {json.dumps(strange)}\n\n".encode()).told == ("", "", None, "")


@pytest.mark.parametrize(
    ("reason", "ending"),
    [
        ("stop", "complete"),
        ("STOP", "complete"),
        ("length", "length"),
        ("MAX_TOKENS", "length"),
        ("content_filter", "filter"),
        ("error", "error"),
        ("tool_calls", "other"),
    ],
)
def test_the_reasons_for_an_end_are_of_a_few_kinds(reason, ending):
    answer = Read(event({"content": "x"}, finish_reason=reason).encode()).answer

    assert answer.whole
    assert answer.ending == ending


@pytest.mark.parametrize(
    "body", [event({"content": "x"}), event({"content": "x"})[:-10], '{"choices": [', ": ping\n\n"]
)
def test_an_end_in_the_middle_is_noticed(body):
    assert not Read(body.encode()).answer.whole


@pytest.mark.parametrize("body", ["Hello", "{nothing}", "data: x\n\n", "data: []\n\n", "[]"])
def test_what_is_no_answer_is_malformed(body):
    with pytest.raises(MalformedEventError):
        Read(body.encode())


@pytest.mark.parametrize("body", ["<!DOCTYPE html>", "\n <html>", "\ufeff<h1>", "<?xml ?>"])
def test_a_page_is_found(body):
    with pytest.raises(PageError):
        Read(body.encode())


def test_an_object_over_its_limit_is_not_kept():
    with pytest.raises(MalformedEventError):
        Read(DOCUMENT.encode(), document_limit=50)


def test_deep_nesting_is_no_answer():
    with pytest.raises(MalformedEventError):
        Read(('data: {"choices": ' + "[" * 200_000 + "\n\n").encode())
