from __future__ import annotations

import json
from itertools import chain, repeat

import pytest

from webapp.providers.sse import (
    EventObjects,
    MalformedEventError,
    SurrogateJoiner,
    delta_text,
    error_message,
)


@pytest.mark.parametrize("end", ["\n\n", "\r\n\r\n", "\r\r", "\n"])
def test_objects_are_read_whatever_ends_the_lines(end):
    events = EventObjects()

    found = list(events.feed(f'event: x{end}data: {{"a": 1}}{end}data:{{"b": 2}}{end}'))

    assert found == [{"a": 1}, {"b": 2}]
    assert list(events.finish()) == []


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_an_object_may_stretch_over_several_lines_wherever_they_are_cut(end):
    whole = f'data: {{"a":{end}data: 1}}{end}{end}'

    for cut in range(len(whole)):
        events = EventObjects()
        assert [*events.feed(whole[:cut]), *events.feed(whole[cut:])] == [{"a": 1}]


def test_an_event_without_data_is_none():
    assert list(EventObjects().feed('data:\n\ndata: \n\ndata: {"a": 1}\n\n')) == [{"a": 1}]


def test_what_follows_the_end_is_not_read():
    events = EventObjects()

    assert list(events.feed('data: [DONE]\n\ndata: {"a": 1}')) == []
    assert list(events.feed('\n\ndata: {"a": 1}\n\n')) == []
    assert events.done


@pytest.mark.parametrize("text", ["data: nothing\n\n", "data: [1]\n\n", "data: " + "x" * 300_000])
def test_what_is_no_object_is_malformed(text):
    with pytest.raises(MalformedEventError):
        list(EventObjects().feed(text))


def test_an_object_without_an_end_is_malformed():
    events = EventObjects()
    assert list(events.feed('data: {"a": ')) == []

    with pytest.raises(MalformedEventError):
        list(events.finish())


@pytest.mark.parametrize(
    ("start", "piece"), [('data: {"a":[\n', "data:1,\n" * 2000), ('data: {"a":"', "}" * 20)]
)
def test_an_event_that_is_never_whole_is_read_a_few_times_only(start, piece, monkeypatch):
    parsed = 0

    def counting(text, loads=json.loads):
        nonlocal parsed
        parsed += len(text)
        return loads(text)

    monkeypatch.setattr(json, "loads", counting)
    events = EventObjects()
    list(events.feed(start))

    with pytest.raises(MalformedEventError):
        list(chain.from_iterable(map(events.feed, repeat(piece, 300_000))))

    assert 0 < parsed < 40 * 262_144


def test_an_object_in_many_lines_is_read_at_its_blank_line():
    lines = ['{"a": [', *["1,"] * 500, "1]}"]
    text = "".join(f"data: {line}\n" for line in lines)

    assert list(EventObjects().feed(text + '\ndata: {"b": 1}\n')) == [{"a": [1] * 501}, {"b": 1}]
    events = EventObjects()
    assert list(events.feed(text)) == []
    assert list(events.finish()) == [{"a": [1] * 501}]


def test_halves_of_a_character_are_joined_and_lone_ones_replaced():
    joiner = SurrogateJoiner()

    assert [joiner.feed(text) for text in ("a\ud83d", "\ude42b\ude42", "\ud83d")] == [
        "a",
        "🙂b\ufffd",
        "",
    ]
    assert joiner.unfinished


@pytest.mark.parametrize(
    ("event", "text"),
    [
        ({"choices": [{"delta": {"content": "x"}}]}, "x"),
        ({"choices": [{"delta": {"content": None}}]}, ""),
        ({"choices": [{"delta": []}]}, ""),
        ({"choices": []}, ""),
        ({"choices": "x"}, ""),
        ({}, ""),
    ],
)
def test_the_text_of_a_chunk_is_found_or_empty(event, text):
    assert delta_text(event) == text


@pytest.mark.parametrize(
    ("event", "message"),
    [
        ({"error": {"message": "inner"}, "message": "outer"}, "inner"),
        ({"error": True, "message": "outer"}, "outer"),
        ({"error": "plain"}, "plain"),
        ({"error": {"message": 7}}, ""),
        ({}, ""),
    ],
)
def test_the_message_of_an_error_is_found_or_empty(event, message):
    assert error_message(event) == message
