"""A page's WebSocket: one owner, who reads it and does what it says, and one way out.

flask-sock and simple-websocket shake hands. The latter would then read on a thread of its own, a
second one for each page, and sends with `send`, not `sendall`, from both: a slow reader would
get torn frames. So that thread is never started (`Unstarted`). The owner reads when it has
nothing to obey, so a page that sends faster than it is obeyed waits in the network; and
whatever leaves (our frames, pings and pongs) goes through one lock and is never cut. wsproto
takes apart what comes (RFC 6455).
"""

from __future__ import annotations

import select
import socket
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from simple_websocket import Server
from wsproto.events import CloseConnection, Event, Message, Ping, TextMessage

from webapp.web.allowance import Allowance
from webapp.web.connection import FAREWELL, Connection, Flusher, shut
from webapp.web.frames import MAX_CHARACTERS
from webapp.web.outbox import close_frame, text_frame

PING_INTERVAL = 9.0
"""Seconds; a peer from which nothing comes between one ping and the next is dropped: after 18."""

TOO_LARGE = 1009

_READ = 4096
_POLL = 10.0
_MOMENT = 0.05


class Unstarted:
    """What simple-websocket is given for a thread to read on."""

    def __init__(self, target: Callable[[], None]) -> None:  # noqa: ARG002 - it is the owner who reads
        self.name = ""

    def start(self) -> None: ...


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
        ping_interval: float = PING_INTERVAL,
    ) -> None:
        """Take over the socket of a `server` whose thread is `Unstarted`."""
        super().__init__(
            server.sock,
            user_id=user_id,
            session_hash=session_hash,
            laggards=laggards,
            allowance=allowance,
            visitor=visitor,
        )
        server.connected = False  # flask-sock, which would say goodbye at the end, leaves it to us
        # All that follows is the owner's alone.
        self._protocol = server.ws
        self._readable = select.poll()
        self._readable.register(self._socket, select.POLLIN)
        self._frames: deque[str | bytes] = deque()
        self._coming = bytearray()  # of a message whose end has not come
        self._characters = 0
        self._ping_interval = ping_interval
        self._next_ping = time.monotonic() + ping_interval
        self._heard = True
        self._hung_up = False

    def receive(self) -> str | bytes | None:
        while not self._over.is_set():
            self.rest(self._meter.rest())
            if not self._ready.wait(_POLL):
                continue
            if self._frames:
                return self._frames.popleft()
            if self._hung_up:
                break
            self._listen()
            self.heed()
        return None

    def finish(self) -> None:
        """Part from the peer, which has a moment to take what is left and say goodbye itself.

        If anything that it said were not read, the kernel would drop what it has not taken.
        """
        with self._lock:
            self._closed = True
        until = time.monotonic() + FAREWELL
        while not self._hung_up and time.monotonic() < until:
            if not self._read():
                time.sleep(_MOMENT)
        self._hung_up = True
        shut(self._socket, socket.SHUT_RDWR)

    def wake(self) -> None:
        super().wake()
        # The owner may wait for what comes. This end alone: with both ends shut, whatever the
        # peer had still to say would break the connection.
        shut(self._socket, socket.SHUT_RD)

    def _listen(self) -> None:
        """Read what has come, or wait for it; see to it that the peer is still there."""
        if self._readable.poll(max(self._next_ping - time.monotonic(), 0) * 1000):
            self._read()
        elif self._heard:
            self._heard = False
            self._next_ping = time.monotonic() + self._ping_interval
            self._say(Ping())
        else:
            self.abort()

    def _read(self) -> bool:
        """Take what is here; False where there is nothing."""
        try:
            data = self._socket.recv(_READ, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return False
        except OSError:
            self._hung_up = True
            return False
        if not data:
            # Since `wake` this means that nothing is here, and not that nothing will come.
            self._hung_up = self._hung_up or not self._over.is_set()
            return False
        self._heard = True
        self._protocol.receive_data(data)
        for event in self._protocol.events():
            self._take(event)
            if self._hung_up:
                break
        return True

    def _take(self, event: Event) -> None:
        match event:
            case Message():
                self._put_together(event)
            case Ping():
                self._say(event.response())
            case CloseConnection():
                self._say(event.response())
                with self._lock:  # nothing follows a close frame (RFC 6455, 5.5.1)
                    self._closed = True
                self._hung_up = True

    def _put_together(self, part: Message[Any]) -> None:
        text = isinstance(part, TextMessage)
        self._coming += part.data.encode() if text else part.data
        self._characters += len(part.data)
        if self._characters > MAX_CHARACTERS:
            self.close(TOO_LARGE, "the frame is too large")
        elif part.message_finished:
            self._frames.append(self._coming.decode() if text else bytes(self._coming))
            self._coming.clear()
            self._characters = 0

    def _say(self, event: Event) -> None:
        data = self._protocol.send(event)
        with self._lock:
            self._put(data)

    def _give_up(self) -> None:
        self._hung_up = True  # nobody need wait for its goodbye
        super()._give_up()

    def _framed(self, payload: bytes) -> bytes:
        return text_frame(payload)

    def _farewell(self, code: int, reason: str) -> bytes:
        return close_frame(code, reason)
