"""A page's WebSocket: one owner, one writer.

simple-websocket sends with `send`, not `sendall`, and from two threads; a slow reader
would get torn frames. So its socket is replaced by `_Wire`, and whatever leaves (our
frames, its pings and pongs) goes through one lock and is never cut.
"""

from __future__ import annotations

import contextlib
import socket
import time

from simple_websocket import ConnectionClosed, Server
from wsproto.connection import ConnectionState

from webapp.web.allowance import Allowance, Meter
from webapp.web.connection import (
    FAREWELL,
    FLOODED,
    WAITING_CHARACTERS,
    WAITING_FRAMES,
    Connection,
    Flusher,
    shut,
)
from webapp.web.outbox import close_frame, text_frame

_POLL = 10.0
_MOMENT = 0.05
_PARTING = {ConnectionState.LOCAL_CLOSING, ConnectionState.CLOSED}


class SocketConnection(Connection):
    """A page that has a WebSocket."""

    def __init__(
        self,
        server: Server,
        *,
        user_id: str,
        session_hash: str,
        laggards: Flusher,
        allowance: Allowance,
        visitor: bool = False,
    ) -> None:
        """Take the socket over. Raises `ConnectionClosed` where the peer is gone already."""
        try:
            super().__init__(
                server.sock,
                user_id=user_id,
                session_hash=session_hash,
                laggards=laggards,
                allowance=allowance,
                visitor=visitor,
            )
        except OSError as error:
            raise ConnectionClosed from error
        self._server = server
        server.sock = _Wire(self, self._socket, server, Meter(allowance))

    def receive(self) -> str | bytes | None:
        """Wait for a frame; None once the socket is closed.

        The wait is renewed now and then, because simple-websocket can lose the event
        that says that the peer sent too much.
        """
        self.rest(self._meter.rest())
        with contextlib.suppress(ConnectionClosed):
            while self._server.connected:
                if not self._ready.wait(_POLL):
                    continue
                frame: str | bytes | None = self._server.receive(timeout=_POLL)
                if frame is not None:
                    return frame
        return None

    def finish(self) -> None:
        with self._lock:
            self._closed = True
        self._over.set()
        if not len(self._outbox):
            shut(self._socket, socket.SHUT_WR)
        self._server.thread.join(FAREWELL)
        if self._answers_no_ping():
            self._give_up()
        else:
            shut(self._socket, socket.SHUT_RDWR)
        self._server.thread.join()

    def put_control(self, data: bytes) -> None:
        """Send what simple-websocket says; nothing follows a close frame (RFC 6455, 5.5.1)."""
        with self._lock:
            self._put(data)
            self._closed = self._closed or self._server.ws.state in _PARTING

    def wake(self) -> None:
        super().wake()
        self._server.connected = False
        self._server.event.set()

    def _answers_no_ping(self) -> bool:
        """Whether simple-websocket has ended it, having waited for a pong in vain."""
        ended = self._server.ws.state in _PARTING
        return ended and not self._server.pong_received

    def _framed(self, payload: bytes) -> bytes:
        return text_frame(payload)

    def _farewell(self, code: int, reason: str) -> bytes:
        return close_frame(code, reason)


class _Wire:
    """The socket as simple-websocket sees it, on the thread that it reads on."""

    def __init__(
        self, connection: SocketConnection, inner: socket.socket, server: Server, meter: Meter
    ) -> None:
        self._connection = connection
        self._socket = inner
        self._server = server
        self._meter = meter

    def send(self, data: bytes) -> int:
        self._connection.put_control(data)
        return len(data)

    def recv(self, size: int) -> bytes:
        """Read; but first let the owner take some of what was read, which has no limit else."""
        while self._server.connected and (frames := list(self._server.input_buffer)):
            if len(frames) > WAITING_FRAMES:
                self._connection.close(FLOODED, "too many frames at once")
                raise OSError("too many frames at once")
            if sum(map(len, frames)) <= WAITING_CHARACTERS:
                break
            time.sleep(_MOMENT)
        self._connection.rest(self._meter.rest())
        data = self._socket.recv(size)
        self._connection.heed()
        return data

    def fileno(self) -> int:
        return self._socket.fileno()

    def close(self) -> None:
        """Leave the closing to the server that accepted the socket; wake the owner."""
        self._connection.wake()
