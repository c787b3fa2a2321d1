"""Taking conversations away, one or all: answers that are sent as they are written."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Literal

from flask import Blueprint, Response

from webapp.chat.export import as_json, as_markdown, file_name, zipped
from webapp.errors import CannotSave
from webapp.store.exports import StoredConversation
from webapp.web.audited import record
from webapp.web.export_page import as_html
from webapp.web.parts import to_be_saved
from webapp.web.services import Services, services
from webapp.web.sessions import current_session

blueprint = Blueprint("exports", __name__)

_Kind = Literal["md", "html"]

_PIECE = 32 * 1024

_TYPES = {
    "md": "text/markdown; charset=utf-8",
    "html": "text/html; charset=utf-8",
    "json": "application/json",
    "zip": "application/zip",
}


@blueprint.get("/c/<conversation_id>/export.<any(md, html, json):kind>")
def one(conversation_id: str, kind: str) -> Response:
    own, user_id = services(), current_session().user.id
    conversation = own.exports.one(user_id, conversation_id)
    pieces: Iterable[str]
    match kind:
        case "json":
            pictures = own.exports.images(user_id, conversation_id)
            pieces = as_json([conversation], now=own.clock.now(), pictures=pictures)
        case "html":
            pieces = as_html(own, conversation)
        case _:
            pieces = [as_markdown(conversation)]
    written = (piece.encode() for piece in pieces)
    return _file(_gathered(written), _TYPES[kind], file_name(conversation.title, kind))


@blueprint.get("/export.json")
def everything() -> Response:
    own, user_id = services(), current_session().user.id
    shelf = own.exports.shelf(user_id)
    written = as_json(
        own.exports.all(user_id),
        now=own.clock.now(),
        shelf=shelf,
        pictures=own.exports.images(user_id),
    )
    return _all(own, user_id, (piece.encode() for piece in written), "json")


@blueprint.get("/export.<any(md, html):kind>.zip")
def everything_as_files(kind: _Kind) -> Response:
    own, user_id = services(), current_session().user.id
    files = (
        (conversation.title, kind, _written(own, conversation, kind))
        for conversation in own.exports.all(user_id)
    )
    return _all(own, user_id, zipped(files, now=own.clock.now()), "zip")


def _written(own: Services, conversation: StoredConversation, kind: _Kind) -> Iterable[str]:
    return as_html(own, conversation) if kind == "html" else [as_markdown(conversation)]


def _all(own: Services, user_id: str, pieces: Iterator[bytes], kind: str) -> Response:
    turn = own.export_turns.take(user_id)
    try:
        with own.database.writing() as connection:
            record(connection, "export.made", f"all conversations: {_TYPES[kind]}")
    except CannotSave:
        turn.end()
        raise
    response = _file(
        _ending(turn.to_reader(_gathered(pieces)), turn.end),
        _TYPES[kind],
        f"liaochat-{own.clock.now():%Y-%m-%d}.{kind}",
    )
    response.call_on_close(turn.end)  # where nobody read any of it
    return response


def _ending(pieces: Iterable[bytes], end: Callable[[], None]) -> Iterator[bytes]:
    """End a turn before the reader is told that all was sent, and may want the next one."""
    try:
        yield from pieces
    finally:
        end()


def _file(pieces: Iterable[bytes], media_type: str, name: str) -> Response:
    return to_be_saved(Response(pieces, content_type=media_type), name)


def _gathered(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Make pieces of one size: each that is sent is a system call and a packet.

    Nor should one be large: what a reader takes is counted by whole pieces.
    """
    waiting = bytearray()
    for piece in pieces:
        waiting += piece
        while len(waiting) >= _PIECE:
            yield bytes(waiting[:_PIECE])
            del waiting[:_PIECE]
    yield bytes(waiting)
