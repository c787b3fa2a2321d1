"""Frames of the socket: text in, commands out; values in, bytes out. See docs/protocol.md."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from webapp.chat.service import Send
from webapp.errors import BadCommand
from webapp.store.text import storable

MAX_CHARACTERS = 2_000_000
"""The largest frame that a page may send."""

_ID = re.compile(r"[0-9a-f]{32}")
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False).encode


@dataclass(frozen=True, slots=True)
class Stop:
    message_id: str


@dataclass(frozen=True, slots=True)
class Watch:
    """What a page shows: its conversation, the last message in it, and that one's state."""

    conversation_id: str
    last: str | None
    state: str | None


Command = Send | Stop | Watch


def parse_command(frame: str | bytes) -> Command:
    """Read a frame of the page. Raises `BadCommand` for everything that is not one."""
    try:
        fields = json.loads(frame)
    except (ValueError, RecursionError) as error:
        raise BadCommand from error
    if not isinstance(fields, dict):
        raise BadCommand
    match fields.get("type"):
        case "send":
            return parse_send(fields)
        case "stop":
            return Stop(parse_id(fields.get("message")))
        case "watch":
            state = fields.get("state")
            if state is not None and not isinstance(state, str):
                raise BadCommand
            return Watch(
                parse_id(fields.get("conversation")), _id_or_none(fields.get("last")), state
            )
        case _:
            raise BadCommand


def parse_send(fields: Mapping[str, object]) -> Send:
    """Read the fields of a message, from a frame or from a form.

    What no database can store (NUL, half a surrogate pair) becomes U+FFFD.
    """
    client_id, text = fields.get("client_id"), fields.get("text")
    if not isinstance(client_id, str) or not isinstance(text, str):
        raise BadCommand
    try:
        client_id = str(uuid.UUID(client_id))
    except ValueError as error:
        raise BadCommand from error
    return Send(
        client_id=client_id,
        conversation_id=_id_or_none(fields.get("conversation")),
        parent_id=_id_or_none(fields.get("parent")),
        text=storable(text),
    )


def parse_id(value: object) -> str:
    if not isinstance(value, str) or not _ID.fullmatch(value):
        raise BadCommand
    return value


def encode(frame_type: str, **fields: object) -> bytes:
    return _encode({"type": frame_type, **fields}).encode()


def _id_or_none(value: object) -> str | None:
    return None if value is None or value == "" else parse_id(value)
