"""Events in place of a socket, where a proxy lets none through: same frames, same commands."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable
from typing import Any

from flask import Blueprint, Response, request
from werkzeug.exceptions import RequestEntityTooLarge

from webapp.errors import BadCommand, NotFound
from webapp.web.announce import greet
from webapp.web.connection import Connection
from webapp.web.errors import ForeignOrigin
from webapp.web.event_stream import EventStream
from webapp.web.frames import MAX_CHARACTERS, Command
from webapp.web.services import Services, services
from webapp.web.sessions import current_session
from webapp.web.websocket import obey, serve

blueprint = Blueprint("events", __name__, url_prefix="/events")


@blueprint.get("")
def events() -> Response:
    session = current_session()
    return open_stream(
        user_id=session.user.id,
        session_hash=session.id_hash,
        address="/events",
        greet=greet,
        obey=obey,
    )


@blueprint.post("/<name>")
def frame(name: str) -> Response:
    """Take a frame of the page. What there is to say to it is said in the stream."""
    return take(name, session_hash=current_session().id_hash)


def open_stream(
    *,
    user_id: str,
    session_hash: str,
    address: str,
    greet: Callable[[Services, Connection], None],
    obey: Callable[[Services, Connection, Command], None],
    visitor: bool = False,
) -> Response:
    """Answer with events; `address` is where the page's own frames go, before the stream's name.

    Other sites must not take our seats, and a GET of theirs has no Origin to compare.
    """
    if request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
        raise ForeignOrigin
    own = services()

    def converse(inner: socket.socket, head: bytes) -> None:
        stream = EventStream(
            inner,
            user_id=user_id,
            session_hash=session_hash,
            laggards=own.laggards,
            allowance=own.allowances.of(user_id),
            visitor=visitor,
        )
        name = own.streams.add(stream)
        try:
            stream.begin(head, f"{address}/{name}")
            serve(own, stream, greet=greet, obey=obey)
        finally:
            own.streams.remove(name)

    return TakenOver(converse)


def take(name: str, *, session_hash: str) -> Response:
    request.max_content_length = 4 * MAX_CHARACTERS  # bytes that they take at most
    try:
        text = request.get_data(cache=False).decode()
    except UnicodeDecodeError as error:
        raise BadCommand from error
    if len(text) > MAX_CHARACTERS:
        raise RequestEntityTooLarge
    if not services().streams.find(name, session_hash=session_hash).take(text):
        raise NotFound
    return Response(status=204)


class TakenOver(Response):
    """A response that takes the socket from the server, as flask-sock does.

    It is over when the page has gone. What leaves is written by whoever has something to
    say, as on a WebSocket: it is not handed from thread to thread.
    """

    default_mimetype = "text/event-stream"

    def __init__(self, converse: Callable[[socket.socket, bytes], None]) -> None:
        super().__init__()
        self._converse = converse
        self.headers["Cache-Control"] = "no-store"
        self.headers["X-Accel-Buffering"] = "no"  # nginx hands each event on at once
        self.headers["Connection"] = "close"

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:  # noqa: ANN401 - WSGI's own
        if environ["REQUEST_METHOD"] != "GET":
            return super().__call__(environ, start_response)
        environ.get("webapp.stays", lambda: None)()
        worker = environ.get("gunicorn.socket")
        fields = "".join(f"{name}: {value}\r\n" for name, value in self.headers)
        head = f"HTTP/1.1 200 OK\r\n{fields}\r\n".encode("latin-1")
        self._converse(worker or environ["werkzeug.socket"], head)
        # The answer was given, and nothing is to be added: what each server takes for that.
        raise StopIteration if worker else ConnectionError
