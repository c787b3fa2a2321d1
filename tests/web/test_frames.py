"""Frames: whatever a page sends is a command or a `BadCommand`, and nothing else."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.chat.asking import Regenerate, Send
from webapp.errors import BadCommand
from webapp.web.frames import Stop, Watch, encode, parse_command

_ID = "0123456789abcdef" * 2
_UUID = "9d3b1b0e-28fa-4f0c-8a3e-0d0f6d1a7f10"

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=12,
)
_FIELDS = st.sampled_from(
    ["type", "client_id", "conversation", "parent", "text", "message", "last", "state"]
)
_VALUES = st.one_of(_JSON, st.sampled_from(["send", "stop", "watch", _ID, _UUID, "", None]))


def _parse(frame: str | bytes) -> object:
    try:
        return parse_command(frame)
    except BadCommand:
        return None


@given(st.one_of(st.text(), st.binary(), st.text(alphabet='{}[]",:0-9eE.\\u \n')))
def test_any_text_or_bytes_is_a_command_or_a_bad_one(frame: str | bytes) -> None:
    assert _parse(frame) is None or isinstance(_parse(frame), Send | Stop | Watch)


@given(st.dictionaries(_FIELDS, _VALUES), st.sampled_from(["send", "stop", "watch"]))
def test_any_object_is_a_command_or_a_bad_one(fields: dict[str, Any], kind: str) -> None:
    command = _parse(json.dumps({**fields, "type": kind}))

    assert command is None or isinstance(command, Send | Stop | Watch)
    if isinstance(command, Send):
        command.text.encode()
        assert "\0" not in command.text


@given(st.text(st.characters(), max_size=200))
def test_the_text_of_a_message_arrives_as_it_was_but_for_what_cannot_be_stored(text: str) -> None:
    frame = json.dumps({"type": "send", "client_id": _UUID, "text": text})

    command = parse_command(frame)

    assert isinstance(command, Send)
    assert len(command.text) == len(text)
    assert all(
        got == sent or (got == "\ufffd" and (sent == "\0" or "\ud800" <= sent <= "\udfff"))
        for got, sent in zip(command.text, text, strict=True)
    )


def test_the_commands_of_the_protocol_are_read() -> None:
    send = {"type": "send", "client_id": _UUID, "conversation": _ID, "parent": _ID, "text": "Hi"}
    first = {"type": "send", "client_id": _UUID, "conversation": None, "parent": None, "text": ""}
    watch = {"type": "watch", "conversation": _ID, "last": _ID, "state": "running"}

    assert parse_command(json.dumps(send)) == Send(_UUID, _ID, _ID, "Hi")
    assert parse_command(json.dumps(first)) == Send(_UUID, None, None, "")
    assert parse_command(json.dumps(watch)) == Watch(_ID, _ID, "running", part=False)
    assert parse_command(json.dumps({**watch, "part": True})) == Watch(
        _ID, _ID, "running", part=True
    )
    assert parse_command(json.dumps({"type": "stop", "message": _ID})) == Stop(_ID)


def test_a_message_may_bring_files_and_what_the_model_is_told_first() -> None:
    bare = {"type": "send", "client_id": _UUID, "text": "Hi"}

    full = parse_command(json.dumps({**bare, "files": [_ID], "system": "Be\0brief."}))
    blank = parse_command(json.dumps({**bare, "files": [], "system": " \n"}))

    assert full == Send(_UUID, None, None, "Hi", files=(_ID,), system_text="Be\ufffdbrief.")
    assert blank == Send(_UUID, None, None, "Hi")


def test_an_answer_may_be_asked_for_from_another_model() -> None:
    frame = {"type": "regenerate", "client_id": _UUID, "message": _ID}

    assert parse_command(json.dumps(frame)) == Regenerate(_UUID, _ID)
    assert parse_command(json.dumps({**frame, "model": "a/b"})) == Regenerate(_UUID, _ID, "a/b")


@pytest.mark.parametrize(
    "wrong",
    [
        {"files": "x"},
        {"files": ["x"]},
        {"files": [_ID] * 1001},
        {"system": 7},
        {"temperature": 0.5},
        {"seed": ["1"]},
    ],
)
def test_files_are_a_list_of_ids_and_all_else_is_text(wrong: dict[str, object]) -> None:
    frame = {"type": "send", "client_id": _UUID, "text": "Hi", **wrong}

    with pytest.raises(BadCommand):
        parse_command(json.dumps(frame))


@pytest.mark.parametrize("written", [_UUID.upper(), f"{{{_UUID}}}", f"urn:uuid:{_UUID}"])
def test_one_client_id_is_one_however_it_is_written(written: str) -> None:
    command = parse_command(json.dumps({"type": "send", "client_id": written, "text": "x"}))

    assert isinstance(command, Send)
    assert command.client_id == str(uuid.UUID(_UUID))


@pytest.mark.parametrize("bad", [_ID[:-1], _ID + "0", _ID.upper(), _ID + "\n", " " + _ID, 7, []])
def test_an_id_is_32_hexadecimal_digits(bad: object) -> None:
    with pytest.raises(BadCommand):
        parse_command(json.dumps({"type": "stop", "message": bad}))


@given(_JSON.filter(lambda value: "\\ud" not in json.dumps(value)))
def test_a_frame_is_compact_json_in_utf_8(value: object) -> None:
    frame = encode("list", html=value)

    assert json.dumps(json.loads(frame)) == json.dumps({"type": "list", "html": value})
    assert b"\n" not in frame.replace(b"\\n", b"")
