"""A page's WebSocket: one owner, who reads it and does what it says, and one way out.

flask-sock and simple-websocket shake hands. The latter would then read on a thread of its own,
a second one for each page; and both of its threads send with `send`, not `sendall`: a slow
reader would get torn frames. So that thread is never started (`Unstarted`). The owner reads
when it has nothing to obey, so a page that sends faster than it is obeyed waits in the
network; and whatever leaves (our frames, pings and pongs) goes through one lock and is not
torn. wsproto takes apart what comes (RFC 6455).
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
from webapp.web.connection import FAREWELL, TOO_LARGE, Connection, Flusher, shut
from webapp.web.frames import MAX_CHARACTERS
from webapp.web.outbox import close_frame, text_frame

PING_INTERVAL = 9.0
"""Seconds; a peer from which nothing comes between two pings is dropped, after 18.

None leaves while its owner obeys or rests.
"""

_AHEAD = 128 * 1024
"""Bytes that a page may send before it is obeyed; the system would keep megabytes."""

_READ = 4096
"""Bytes."""

_MOMENT = 0.05
"""Seconds."""


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
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _AHEAD)
        self._waits = False  # the owner, for what comes
        self._deaf = False  # our end is shut, and reads as empty whatever the peer does
        self._silent = False  # the peer says nothing more, or nobody wants to hear it
        # All that follows is the owner's alone.
        self._protocol = server.ws
        self._readable = select.poll()
        self._readable.register(self._socket, select.POLLIN)
        self._frames: deque[str | bytes] = deque()
        self._coming = bytearray()  # of a message whose end has not come
        self._size = 0  # of that, in what MAX_CHARACTERS counts
        self._ping_interval = ping_interval
        self._next_ping = time.monotonic() + ping_interval
        self._heard = True

    def receive(self) -> str | bytes | None:
        while not self._over.is_set():
            self.rest(self._meter.rest())
            if not self._silent:
                self._ready.wait()
            if self._frames and not self._over.is_set():
                return self._frames.popleft()
            if self._silent:
                break
            self._listen()
            self.heed()
        return None

    def finish(self) -> None:
        """Part from the peer, which has a moment to take what is left and say goodbye itself.

        What it says until then is read, and no more than that: a socket that is closed with
        bytes unread is reset, and the peer would lose our last frames.
        """
        with self._lock:
            self._closed = True
        self._over.set()
        until = time.monotonic() + FAREWELL
        while not self._silent and (left := until - time.monotonic()) > 0:
            # Not by a poll: an end that we have shut is always readable.
            came = self._read()
            time.sleep(min(left, self._meter.rest() if came else _MOMENT))
        self._silent = True
        shut(self._socket, socket.SHUT_RDWR)

    def wake(self) -> None:
        super().wake()
        if self._waits:
            # This end alone. With both shut, Linux resets the connection at the peer's next word.
            # And only here: what comes slowly would come more slowly through an end that is shut.
            self._deaf = True
            shut(self._socket, socket.SHUT_RD)

    def _listen(self) -> None:
        """Read what has come, or wait for it; see to it that the peer is still there."""
        self._waits = True  # `wake` shuts our end from here on; before, `_over` is seen below
        timeout = 0.0 if self._over.is_set() else max(self._next_ping - time.monotonic(), 0)
        readable = self._readable.poll(timeout * 1000)
        self._waits = False
        if readable:
            self._read()
        elif self._over.is_set():
            return
        elif self._heard or len(self._outbox):  # who takes nothing is the laggards' business
            self._heard = False
            self._next_ping = time.monotonic() + self._ping_interval
            self._say(Ping())
        else:
            self.abort()

    def _read(self) -> bool:
        """Take what is here; False where there is nothing, or the connection broke."""
        try:
            data = self._socket.recv(_READ, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return False
        except OSError:
            self._silent = True
            return False
        if not data:
            self._silent = self._silent or not self._deaf
            return False
        self._heard = True
        self._protocol.receive_data(data)
        for event in self._protocol.events():
            self._handle(event)
            if self._silent:
                break
        return True

    def _handle(self, event: Event) -> None:
        match event:
            case Message() if not self._over.is_set():
                self._put_together(event)
            case Ping():
                self._say(event.response())
            case CloseConnection():
                self._say(event.response(), last=True)
                self._silent = True

    def _put_together(self, part: Message[Any]) -> None:
        text = isinstance(part, TextMessage)
        self._coming += part.data.encode() if text else part.data
        self._size += len(part.data)
        if self._size > MAX_CHARACTERS:
            self.close(TOO_LARGE, "the frame is too large")
        elif part.message_finished:
            self._frames.append(self._coming.decode() if text else bytes(self._coming))
            self._coming.clear()
            self._size = 0

    def _say(self, event: Event, *, last: bool = False) -> None:
        """Send what the protocol says. Nothing follows a close frame (RFC 6455, section 5.5.1)."""
        data = self._protocol.send(event)
        with self._lock:
            self._put(data)
            self._closed = self._closed or last

    def _give_up(self) -> None:
        self._silent = True  # nobody need wait for its goodbye
        super()._give_up()

    def _framed(self, payload: bytes) -> bytes:
        return text_frame(payload)

    def _farewell(self, code: int, reason: str) -> bytes:
        return close_frame(code, reason)
