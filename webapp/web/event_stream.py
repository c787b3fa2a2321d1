"""A page without a socket: its frames leave as events, and come in requests of their own.

The format is that of server-sent events (HTML Standard, section 9.2.6): an event is lines
that end with an empty one, and a line that begins with a colon says nothing.
"""

from __future__ import annotations

import json
import secrets
import select
import socket
import threading
import time
from collections import deque

from webapp.errors import NotFound
from webapp.web.allowance import Allowance
from webapp.web.connection import (
    FAREWELL,
    FLOODED,
    Connection,
    Flusher,
    shut,
)
from webapp.web.frames import MAX_CHARACTERS

SIGN_OF_LIFE = 15.0
"""Seconds between two comments, so that no proxy takes a quiet stream for a dead one."""

_WAITING_FRAMES = 64
_WAITING_CHARACTERS = 256 * 1024
"""How much of what a page sent may wait to be obeyed."""

_LOOK = 1.0
"""Seconds between two looks whether the page is still there: it counts for the caps."""


class EventStream(Connection):
    """A page that is sent events. Who opens it has written the head of the response."""

    def __init__(
        self,
        inner: socket.socket,
        *,
        user_id: str,
        session_hash: str,
        laggards: Flusher,
        allowance: Allowance,
        visitor: bool = False,
    ) -> None:
        super().__init__(
            inner,
            user_id=user_id,
            session_hash=session_hash,
            laggards=laggards,
            allowance=allowance,
            visitor=visitor,
        )
        self._inbox: deque[str] = deque()  # guarded by the lock
        self._came = threading.Event()
        self._next_sign = time.monotonic() + SIGN_OF_LIFE

    def begin(self, head: bytes, address: str) -> None:
        """Send the head of the response, where the page's frames go, and how large they may be."""
        with self._lock:
            self._put(head + _event({"address": address, "most": MAX_CHARACTERS}, kind="begin"))

    def take(self, frame: str) -> bool:
        """Have a frame obeyed, on the owner's thread; False once the stream is over."""
        with self._lock:
            if self._closed:
                return False
            self._inbox.append(frame)
            waiting = sum(map(len, self._inbox))
            flooded = len(self._inbox) > _WAITING_FRAMES or (
                len(self._inbox) > 1 and waiting > _WAITING_CHARACTERS
            )
        if flooded:
            self.close(FLOODED, "too many frames at once")
            return False
        self._came.set()
        return True

    def receive(self) -> str | None:
        self.rest(self._meter.rest())
        while not self._closed:
            self._look_after()
            if not self._ready.wait(_LOOK) or not self._came.wait(_LOOK):
                continue
            with self._lock:
                if not self._closed and self._inbox:
                    return self._inbox.popleft()
                self._came.clear()
        return None

    def finish(self) -> None:
        with self._lock:
            self._closed = True
        self._over.set()
        writable = select.poll()
        writable.register(self._socket, select.POLLOUT)
        until = time.monotonic() + FAREWELL
        while len(self._outbox) and (left := until - time.monotonic()) > 0:
            writable.poll(left * 1000)
            self.flush()
        shut(self._socket, socket.SHUT_WR)

    def wake(self) -> None:
        super().wake()
        self._came.set()

    def _look_after(self) -> None:
        """See whether the page has hung up, and say now and then that we have not."""
        try:
            gone = self._socket.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
        except BlockingIOError:
            gone = False
        except OSError:
            gone = True
        if gone:
            self.abort()
        elif time.monotonic() > self._next_sign:
            self._next_sign = time.monotonic() + SIGN_OF_LIFE
            with self._lock:
                if not len(self._outbox):
                    self._put(b":\n\n")

    def _framed(self, payload: bytes) -> bytes:
        return b"data: " + payload + b"\n\n"

    def _farewell(self, code: int, reason: str) -> bytes:
        return _event({"code": code, "reason": reason}, kind="close")


class Streams:
    """The open streams by their names, which nobody can guess."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._streams: dict[str, EventStream] = {}

    def add(self, stream: EventStream) -> str:
        """Take a stream in and name it."""
        name = secrets.token_urlsafe(32)
        with self._lock:
            self._streams[name] = stream
        return name

    def find(self, name: str, *, session_hash: str) -> EventStream:
        """Find a stream for the browser session that opened it. Raises `NotFound`."""
        with self._lock:
            stream = self._streams.get(name)
        if stream is None or stream.session_hash != session_hash:
            raise NotFound
        return stream

    def remove(self, name: str) -> None:
        with self._lock:
            self._streams.pop(name, None)


def _event(fields: dict[str, object], *, kind: str) -> bytes:
    text = json.dumps(fields, ensure_ascii=False, separators=(",", ":"))
    return f"event: {kind}\ndata: {text}\n\n".encode()
