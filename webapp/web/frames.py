"""Frames of the socket: text in, commands out; values in, bytes out. See docs/protocol.md."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from webapp.chat.asking import Continue, Edit, Regenerate, Send
from webapp.chat.drafts import Written
from webapp.errors import BadCommand
from webapp.store.text import storable

MAX_CHARACTERS = 2_000_000
"""The largest frame that a page may send."""

_MANY = 1000
_ID = re.compile(r"[0-9a-f]{32}")
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False).encode


@dataclass(frozen=True, slots=True)
class Stop:
    message_id: str


@dataclass(frozen=True, slots=True)
class Watch:
    """What a page shows: its conversation, the last message in it, and that one's state.

    With `part` its reader is in the middle, and little of what follows is enough.
    """

    conversation_id: str
    last: str | None
    state: str | None
    part: bool = False


@dataclass(frozen=True, slots=True)
class Show:
    message_id: str


@dataclass(frozen=True, slots=True)
class Delete:
    """`last` is the last message of the conversation that the page knows."""

    message_id: str
    last: str


@dataclass(frozen=True, slots=True)
class Draft:
    """What stands in a page's box: to be measured, and to `keep` where a person wrote it.

    `was` is what the page had kept there before, if it says so.
    """

    written: Written
    keep: bool
    was: str | None = None


Command = Send | Regenerate | Edit | Continue | Stop | Show | Delete | Draft | Watch


def parse_command(frame: str | bytes) -> Command:
    """Read a frame of the page. Raises `BadCommand` for everything that is not one."""
    try:
        fields = json.loads(frame)
    except (ValueError, RecursionError) as error:
        raise BadCommand from error
    if not isinstance(fields, dict):
        raise BadCommand
    return parse_fields(str(fields.get("type")), fields)


def parse_fields(name: str, fields: Mapping[str, object]) -> Command:  # noqa: PLR0911 - one a command
    """Read a command's fields, from a frame or from a form of the same name."""
    match name:
        case "send":
            return Send(
                client_id=_client_id(fields),
                conversation_id=_id_or_none(fields.get("conversation")),
                parent_id=_id_or_none(fields.get("parent")),
                text=_text(fields),
                files=_ids(fields.get("files")),
                system_text=_words_or_none(fields.get("system")),
                parameters=parse_parameters(fields),
            )
        case "regenerate":
            model_key = _words_or_none(fields.get("model"))
            return Regenerate(_client_id(fields), _message(fields), model_key)
        case "edit":
            return Edit(_client_id(fields), _message(fields), _text(fields))
        case "continue":
            return Continue(_client_id(fields), _message(fields))
        case "stop":
            return Stop(_message(fields))
        case "show":
            return Show(_message(fields))
        case "delete":
            return Delete(_message(fields), parse_id(fields.get("last")))
        case "draft":
            return _parse_draft(fields)
        case "watch":
            return _parse_watch(fields)
        case _:
            raise BadCommand


def _parse_watch(fields: Mapping[str, object]) -> Watch:
    state, part = fields.get("state"), fields.get("part", False)
    if not isinstance(state, str | None) or not isinstance(part, bool):
        raise BadCommand
    return Watch(parse_id(fields.get("conversation")), _id_or_none(fields.get("last")), state, part)


def _parse_draft(fields: Mapping[str, object]) -> Draft:
    keep, was = fields.get("keep", False), fields.get("was")
    if not isinstance(keep, bool) or not isinstance(was, str | None):
        raise BadCommand
    conversation_id = _id_or_none(fields.get("conversation"))
    system_text = _words_or_none(fields.get("system"))
    written = Written(conversation_id, _text(fields), system_text)
    return Draft(written, keep, None if was is None else storable(was))


def parse_id(value: object) -> str:
    if not isinstance(value, str) or not _ID.fullmatch(value):
        raise BadCommand
    return value


def parse_parameters(fields: Mapping[str, object]) -> Mapping[str, str]:
    """Read what is written of a model's parameters, a field each; those that say nothing not."""
    written = {
        "temperature": _words_or_none(fields.get("temperature")),
        "top_p": _words_or_none(fields.get("top_p")),
        "max_tokens": _words_or_none(fields.get("max_tokens")),
        "seed": _words_or_none(fields.get("seed")),
        "reasoning_effort": _words_or_none(fields.get("reasoning_effort")),
    }
    return {name: text for name, text in written.items() if text is not None}


def encode(frame_type: str, **fields: object) -> bytes:
    return _encode({"type": frame_type, **fields}).encode()


def _id_or_none(value: object) -> str | None:
    return None if value is None or value == "" else parse_id(value)


def _ids(value: object) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list) or len(value) > _MANY:
        raise BadCommand
    return tuple(parse_id(one) for one in value)


def _message(fields: Mapping[str, object]) -> str:
    return parse_id(fields.get("message"))


def _client_id(fields: Mapping[str, object]) -> str:
    client_id = fields.get("client_id")
    if not isinstance(client_id, str):
        raise BadCommand
    try:
        return str(uuid.UUID(client_id))
    except ValueError as error:
        raise BadCommand from error


def _text(fields: Mapping[str, object]) -> str:
    """Read a text. What no database can store (NUL, half a surrogate pair) becomes U+FFFD."""
    text = fields.get("text")
    if not isinstance(text, str):
        raise BadCommand
    return storable(text)


def _words_or_none(value: object) -> str | None:
    """Read a field that may be missing, or blank, which says the same."""
    if value is None:
        return None
    if not isinstance(value, str):
        raise BadCommand
    return storable(value) if value.strip() else None
