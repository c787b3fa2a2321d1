"""One open page: whom it belongs to, and what is sent to it, every frame whole or set aside.

How the bytes look and where the page's own frames come from is the business of the two
kinds: `SocketConnection` is a WebSocket, `EventStream` a response that does not end.
"""

from __future__ import annotations

import contextlib
import logging
import socket
import struct
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Protocol

from webapp.web.allowance import Allowance, Meter
from webapp.web.outbox import Outbox, Overfull

_logger = logging.getLogger(__name__)

_QUEUE_FOR_PATCHES = 32 * 1024
_QUEUE_TO_OBEY = 256 * 1024
_QUEUE_FOR_ALL = 8 * 1024 * 1024

_RESET = struct.pack("ii", 1, 0)

FAREWELL = 1.5
"""Seconds that a peer is given to take the last of what it is sent."""

RESTARTING = 1012
FLOODED = 1008
TOO_LARGE = 1009
SIGNED_OUT = 4401
GONE = 4404
TOO_MANY = 4429


class Flusher(Protocol):
    """Sends what a socket would not take at once; see `Laggards`."""

    def add(self, connection: Connection) -> None: ...


class Connection(ABC):
    """A page and whom it belongs to. Sending is safe from any thread and never blocks.

    A patch that would have to wait behind too much is not queued but refused: the
    reader is served by one snapshot instead, when it has caught up (`on_caught_up`).
    A page that does not take its answers is not obeyed until it does, and one that costs
    more than its person's allowance is read more slowly.
    """

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
        """A `visitor` is not signed in: `user_id` is then the address that they come from."""
        self.user_id = user_id
        self.session_hash = session_hash
        self.visitor = visitor
        self.on_caught_up: Callable[[], None] = lambda: None
        self._socket = inner
        self._laggards = laggards
        self._meter = Meter(allowance)
        # Held for every byte that leaves, so that a frame is never torn by another.
        self._lock = threading.Lock()
        self._outbox = Outbox(self._write, limit=_QUEUE_FOR_ALL)
        self._behind = False
        self._closed = False
        self._parted = False
        # Set while a command may be obeyed: not much waits to be sent, or all is over.
        self._ready = threading.Event()
        self._ready.set()
        self._over = threading.Event()
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.settimeout(None)

    @abstractmethod
    def receive(self) -> str | bytes | None:
        """Wait for a frame of the page; None once it is gone. The owner's alone."""

    @abstractmethod
    def finish(self) -> None:
        """Part from the peer; called once by the owner, at the end of its thread."""

    @abstractmethod
    def _framed(self, payload: bytes) -> bytes:
        """Make a frame what travels."""

    @abstractmethod
    def _farewell(self, code: int, reason: str) -> bytes: ...

    def send(self, payload: bytes) -> None:
        """Send a frame that must arrive, now or after what waits."""
        with self._lock:
            self._put(self._framed(payload))

    def offer(self, payload: bytes) -> bool:
        """Send a patch, or refuse it because the reader is too far behind."""
        with self._lock:
            if self._closed:
                return True
            if self._behind or len(self._outbox) > _QUEUE_FOR_PATCHES:
                self._behind = True
                return False
            self._put(self._framed(payload))
            return True

    def close(self, code: int, reason: str) -> None:
        """Say goodbye and let the owner's `receive` return. Does not wait."""
        self.part(code, reason)
        self.wake()

    def part(self, code: int, reason: str) -> None:
        """Say goodbye, and nothing after it; `wake` lets the owner know."""
        with self._lock:
            self._parted = True
            if not self._closed:
                self._put(self._farewell(code, reason))
                self._closed = True

    def heed(self) -> None:
        """Leave the processor to whoever says goodbye, until that was said to all."""
        if self._parted:
            self._over.wait(FAREWELL)

    def abort(self) -> None:
        """Drop a peer that does not take what it is sent."""
        self._closed = True
        self._give_up()

    def flush(self) -> bool:
        """Send what waits, as far as the peer takes it; True when nothing is left."""
        with self._lock:
            self._outbox.flush()
            waiting = len(self._outbox)
            if waiting <= _QUEUE_TO_OBEY:
                self._ready.set()
            caught_up = not waiting and self._behind and not self._closed
            self._behind = self._behind and waiting > 0
        if caught_up:
            self.on_caught_up()
        return not waiting

    def fileno(self) -> int:
        return self._socket.fileno()

    def rest(self, seconds: float) -> None:
        """Let the calling thread rest, until all is over at most."""
        if seconds:
            self._over.wait(seconds)

    def wake(self) -> None:
        """Let whoever waits here see that all is over, for good."""
        self._over.set()
        self._ready.set()

    def _put(self, frame: bytes) -> None:
        """Send or queue. The lock is held."""
        if self._closed:
            return
        late = len(self._outbox) > 0
        try:
            self._outbox.put(frame)
        except Overfull:
            self._closed = True
            self._give_up()
            return
        if len(self._outbox) and not late:
            self._laggards.add(self)
        if len(self._outbox) > _QUEUE_TO_OBEY:
            self._ready.clear()

    def _give_up(self) -> None:
        """Shut the socket, and have the kernel forget what the peer has not taken.

        It would keep that, megabytes for each, and tell the peer the end when it has taken
        them: who takes nothing would never hear of it.
        """
        self.wake()
        with contextlib.suppress(OSError):
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        shut(self._socket, socket.SHUT_RDWR)

    def _write(self, data: bytes) -> int:
        try:
            return self._socket.send(data, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return 0
        except OSError:
            self._closed = True
            return len(data)


def shut(sock: socket.socket, how: int) -> None:
    try:
        sock.shutdown(how)
    except OSError:
        _logger.debug("a socket was gone before it was shut")
