"""The text of an answer, whatever its form and wherever its bytes are cut."""

from __future__ import annotations

import itertools
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.providers.wire import AnswerText, FailureInBandError, HumanCheckError


def read(*pieces: bytes | str, content_type: str = "") -> str:
    answer = AnswerText(content_type)
    encoded = [piece.encode() if isinstance(piece, str) else piece for piece in pieces]
    return "".join(answer.feed(piece) for piece in encoded) + answer.finish()


EVENTS = 'data: {"role": "assistant", "content": "Grüße 🙂 "}\r\n\r\n: ping\n\ndata: {"content":\n'
EVENTS += 'data: "two"}\n\ndata: [DONE]\n\ndata: {"content": "never"}\n\n'
ANSWERS = {
    "plain é 🙂 text": "plain é 🙂 text",
    "\ufeffa mark only at \ufeff the start": "a mark only at \ufeff the start",
    "Errors are human": "Errors are human",
    "Error: no": "Error: no",
    "Too many requests are sent": "Too many requests are sent",
    "  \n leading blanks": "  \n leading blanks",
    "data: is a Latin word": "data: is a Latin word",
    "data: {not JSON}\nnor this": "data: {not JSON}\nnor this",
    'data: {"other": 1}\n': 'data: {"other": 1}\n',
    "data:": "data:",
    "later data: {}": "later data: {}",
    '{"error": true or false?': '{"error": true or false?',
    '{"error": false}': '{"error": false}',
    '{"a": 1}': '{"a": 1}',
    "<p>no page</p>": "<p>no page</p>",
    "<": "<",
    "nul \0 byte": "nul \ufffd byte",
    EVENTS: "Grüße 🙂 two",
    'data: {"content": "one"}\ndata: {"content": "two"}\n': "onetwo",
    'data: {"content": "no line end"}': "no line end",
    'data: {"choices": [{"delta": {"content": "later still"}}]}\n\n': "later still",
    'data: {"content": "\\ud83d"}\ndata: {"content": "\\ude42"}\n': "🙂",
    'data: {"content": "\\ude42 lone"}\n': "\ufffd lone",
    'data: {"role": "user", "content": "echo"}\ndata: {"content": "answer"}\n': "answer",
    "": "",
    " \n ": "",
}


@pytest.mark.parametrize(("body", "text"), ANSWERS.items())
def test_an_answer_reads_the_same_wherever_it_is_cut(body, text):
    whole = body.encode()

    assert read(whole) == text
    assert read(*[bytes([byte]) for byte in whole]) == text
    for cut in range(1, len(whole)):
        assert read(whole[:cut], whole[cut:]) == text


@given(st.binary(max_size=40), st.lists(st.integers(0, 40)))
def test_any_bytes_read_the_same_wherever_they_are_cut(body, cuts):
    body = b"x" + body
    edges = sorted({0, len(body), *(cut for cut in cuts if cut < len(body))})
    pieces = [body[start:end] for start, end in itertools.pairwise(edges)]

    whole, parts = AnswerText(), AnswerText()
    one = whole.feed(body) + whole.finish()
    many = "".join(parts.feed(piece) for piece in pieces) + parts.finish()

    assert one == many
    assert whole.unfinished == parts.unfinished


@pytest.mark.parametrize(
    ("body", "content_type", "status", "message"),
    [
        ("Error", "", 500, ""),
        (" Error\n", "", 500, ""),
        ("Too many requests", "text/html", 429, ""),
        ("Too many requests.", "", 429, ""),
        ('{"error": true, "res_status": 402, "message": "no"}', "", 402, "no"),
        ('{\n "error": {"code": 401, "message": "who?"}}', "application/json", 401, "who?"),
        ('data: {"error": true, "res_status": 429, "message": "slow"}\n', "", 429, "slow"),
        ('data: {"error": "broken"}\n\n', "text/event-stream", 500, "broken"),
        ('event: x\ndata: {"error": true, "res_status": 402}\n\n', "text/event-stream", 402, ""),
    ],
)
def test_a_failure_in_the_body_is_found_wherever_it_is_cut(body, content_type, status, message):
    whole = body.encode()

    for cut in range(len(whole)):
        with pytest.raises(FailureInBandError) as failure:
            read(whole[:cut], whole[cut:], content_type=content_type)
        assert (failure.value.status, failure.value.message) == (status, message)


@pytest.mark.parametrize("body", ["<!DOCTYPE html><p>", " \r\n<html lang=en>", "<!doctype HTML >"])
def test_a_page_is_found_wherever_it_is_cut(body):
    for cut in range(len(body)):
        with pytest.raises(HumanCheckError):
            read(body[:cut], body[cut:])


def test_a_page_that_calls_itself_text_is_an_answer():
    page = "<!DOCTYPE html><p>Here you are.</p>"

    assert read(page, content_type="text/plain; charset=utf-8") == page


@pytest.mark.parametrize(
    ("pieces", "given"),
    [
        (["E", "r", "x"], ["", "", "Erx"]),
        (["Error", "s"], ["", "Errors"]),
        (["d", "a", "y"], ["", "", "day"]),
        (["data: ", "x"], ["", "data: x"]),
        (["<!", "-- "], ["", "<!-- "]),
        (["H", "i"], ["H", "i"]),
        ([" ", "a"], ["", " a"]),
    ],
)
def test_no_more_is_held_back_than_is_needed(pieces, given):
    answer = AnswerText()

    assert [answer.feed(piece.encode()) for piece in pieces] == given


def test_what_was_held_back_is_given_out_at_a_cut():
    answer = AnswerText()

    assert answer.feed(b"Err") == ""
    assert answer.cut() == "Err"


@pytest.mark.parametrize("beginning", [b"d", b"dat", b"retr", b"\n even"])
def test_the_beginning_of_an_event_that_was_cut_is_no_text(beginning):
    answer = AnswerText("text/event-stream")

    assert answer.feed(beginning) == ""
    assert answer.cut() == ""


@pytest.mark.parametrize(
    "body", [b"cut \xf0\x9f\x99", b'data: {"content": "a"}\ndata: {"con', b'data: {"content": "a']
)
def test_an_end_in_the_middle_is_noticed(body):
    answer = AnswerText()

    answer.feed(body)
    answer.finish()

    assert answer.unfinished


def test_an_endless_beginning_is_not_held_for_ever():
    answer = AnswerText()
    given = ""

    for _ in range(1000):
        given += answer.feed(b" " * 100)

    assert len(given) > 90_000


def test_deep_nesting_is_not_an_event():
    body = "data: " + '{"content":' * 100_000 + "\n"

    assert read(body) == body


def test_a_long_answer_in_events_is_read_whole():
    words = [f"word {number} 🙂 " for number in range(2000)]

    assert read("".join(f"data: {json.dumps({'content': w})}\n\n" for w in words)) == "".join(words)
