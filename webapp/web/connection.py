"""One browser's socket: one owner, one writer, every frame whole or set aside.

simple-websocket sends with `send`, not `sendall`, and from two threads; a slow reader
would get torn frames. So its socket is replaced by `_Wire`, and whatever leaves (our
frames, its pings and pongs) goes through one lock and is never cut.
"""

from __future__ import annotations

import contextlib
import logging
import selectors
import socket
import threading
import time
from collections.abc import Callable
from typing import Protocol

from simple_websocket import ConnectionClosed, Server

_logger = logging.getLogger(__name__)

PATIENCE = 10.0
"""Seconds that a peer may take nothing before it is dropped."""

_WAITING_FRAMES = 64
_QUEUE_FOR_PATCHES = 256 * 1024
_QUEUE_FOR_ALL = 8 * 1024 * 1024
_FAREWELL = 1.5
_POLL = 10.0

RESTARTING = 1012
FLOODED = 1008
SIGNED_OUT = 4401
TOO_MANY = 4429


class Flusher(Protocol):
    """Sends what a socket would not take at once; see `Laggards`."""

    def add(self, connection: Connection) -> None: ...


class Connection:
    """A socket and whom it belongs to. Sending is safe from any thread and never blocks.

    A patch that would have to wait behind too much is not queued but refused: the
    reader is served by one snapshot instead, when it has caught up (`on_caught_up`).
    """

    def __init__(
        self, server: Server, *, user_id: str, session_hash: str, laggards: Flusher
    ) -> None:
        self.user_id = user_id
        self.session_hash = session_hash
        self.on_caught_up: Callable[[], None] = lambda: None
        self._server = server
        self._socket: socket.socket = server.sock
        self._laggards = laggards
        # Held for every byte that leaves, so that a frame is never torn by another.
        self._lock = threading.Lock()
        self._rest = bytearray()
        self._behind = False
        self._closed = False
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.settimeout(None)
        server.sock = _Wire(self, self._socket, server)

    def receive(self) -> str | bytes | None:
        """Wait for a frame; None once the socket is closed.

        The wait is renewed now and then, because simple-websocket can lose the event
        that says that the peer sent too much.
        """
        with contextlib.suppress(ConnectionClosed):
            while self._server.connected:
                frame: str | bytes | None = self._server.receive(timeout=_POLL)
                if frame is not None:
                    return frame
        return None

    def send(self, payload: bytes) -> None:
        """Send a frame that must arrive, now or after what waits."""
        with self._lock:
            self._put(_text_frame(payload))

    def offer(self, payload: bytes) -> bool:
        """Send a patch, or refuse it because the reader is too far behind."""
        with self._lock:
            if self._closed:
                return True
            if self._behind or len(self._rest) > _QUEUE_FOR_PATCHES:
                self._behind = True
                return False
            self._put(_text_frame(payload))
            return True

    def close(self, code: int, reason: str) -> None:
        """Say goodbye and let the owner's `receive` return. Does not wait."""
        with self._lock:
            if not self._closed:
                self._put(_close_frame(code, reason))
                self._closed = True
        self._server.connected = False
        self._server.event.set()

    def abort(self) -> None:
        """Drop a peer that does not take what it is sent."""
        self._closed = True
        self._server.connected = False
        self._server.event.set()
        _shut(self._socket, socket.SHUT_RDWR)

    def finish(self) -> None:
        """Part from the peer; called once by the owner, at the end of its thread."""
        with self._lock:
            self._closed = True
        if not self._rest:
            _shut(self._socket, socket.SHUT_WR)
        self._server.thread.join(_FAREWELL)
        _shut(self._socket, socket.SHUT_RDWR)
        self._server.thread.join()

    def put_control(self, data: bytes) -> None:
        with self._lock:
            self._put(data)

    def flush(self) -> bool:
        """Send what waits, as far as the peer takes it; True when nothing is left."""
        with self._lock:
            if self._rest:
                sent = self._write(bytes(self._rest[:65536]))
                del self._rest[:sent]
            done = not self._rest
            caught_up = done and self._behind and not self._closed
            self._behind = self._behind and not done
        if caught_up:
            self.on_caught_up()
        return done

    def fileno(self) -> int:
        return self._socket.fileno()

    def _put(self, frame: bytes) -> None:
        """Send or queue. The lock is held."""
        if self._closed:
            return
        if self._rest:
            if len(self._rest) + len(frame) > _QUEUE_FOR_ALL:
                self._closed = True
                _shut(self._socket, socket.SHUT_RDWR)
                return
            self._rest += frame
            return
        sent = self._write(frame)
        if sent < len(frame):
            self._rest += frame[sent:]
            self._laggards.add(self)

    def _write(self, data: bytes) -> int:
        try:
            return self._socket.send(data, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return 0
        except OSError:
            self._closed = True
            return len(data)


class _Wire:
    """The socket as simple-websocket sees it."""

    def __init__(self, connection: Connection, inner: socket.socket, server: Server) -> None:
        self._connection = connection
        self._socket = inner
        self._server = server

    def send(self, data: bytes) -> int:
        self._connection.put_control(data)
        return len(data)

    def recv(self, size: int) -> bytes:
        # simple-websocket queues without a limit while the owner is busy.
        if len(self._server.input_buffer) > _WAITING_FRAMES:
            self._connection.close(FLOODED, "too many frames at once")
            raise OSError("too many frames at once")
        return self._socket.recv(size)

    def fileno(self) -> int:
        return self._socket.fileno()

    def close(self) -> None:
        """Leave the closing to the server that accepted the socket; wake the owner."""
        self._server.connected = False
        self._server.event.set()


class Laggards:
    """One thread that serves all sockets whose peers are slow, and drops the hopeless."""

    def __init__(self, *, patience: float = PATIENCE) -> None:
        self._patience = patience
        self._lock = threading.Lock()
        self._new: list[Connection] = []
        self._wake_out, self._wake_in = socket.socketpair()
        self._wake_in.settimeout(0)
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="laggards", daemon=True)
        # The thread's own: by file descriptor, who is served and since when they took nothing.
        self._selector = selectors.DefaultSelector()
        self._served: dict[int, tuple[Connection, float]] = {}

    def start(self) -> None:
        self._thread.start()

    def add(self, connection: Connection) -> None:
        """Take a connection with something left to send. May be called under its lock."""
        with self._lock:
            self._new.append(connection)
        self._wake()

    def close(self) -> None:
        self._closing = True
        self._wake()
        if self._thread.is_alive():
            self._thread.join(1)
        self._selector.close()
        self._wake_in.close()
        self._wake_out.close()

    def _wake(self) -> None:
        with contextlib.suppress(BlockingIOError):  # then it is being woken anyway
            self._wake_in.send(b"\0")

    def _run(self) -> None:
        self._selector.register(self._wake_out, selectors.EVENT_READ)
        while not self._closing:
            events = self._selector.select(min(1.0, self._patience) if self._served else None)
            ready = {key.fd for key, _ in events}
            if self._wake_out.fileno() in ready:
                self._wake_out.recv(4096)
                self._take_new()
            now = time.monotonic()
            for descriptor, (connection, since) in list(self._served.items()):
                if descriptor in ready:
                    self._served[descriptor] = (connection, now)
                    done = connection.flush()
                else:
                    done = now - since > self._patience
                    if done:
                        connection.abort()
                if done:
                    self._drop(descriptor)

    def _take_new(self) -> None:
        with self._lock:
            new, self._new = self._new, []
        for connection in new:
            descriptor = connection.fileno()
            if descriptor < 0:
                continue  # closed meanwhile
            if descriptor in self._served:
                self._drop(descriptor)  # it was closed, and its number given out again
            try:
                self._selector.register(descriptor, selectors.EVENT_WRITE)
            except OSError:
                continue  # closed in this very moment
            self._served[descriptor] = (connection, time.monotonic())

    def _drop(self, descriptor: int) -> None:
        del self._served[descriptor]
        self._selector.unregister(descriptor)


def _shut(sock: socket.socket, how: int) -> None:
    try:
        sock.shutdown(how)
    except OSError:
        _logger.debug("a socket was gone before it was shut")


def _text_frame(payload: bytes) -> bytes:
    """Frame a text message as a server does: whole, unmasked (RFC 6455, section 5.2)."""
    return _frame(0x81, payload)


def _close_frame(code: int, reason: str) -> bytes:
    # Cut between characters: a reason that is not UTF-8 would be an error of protocol.
    text = reason.encode()[:123].decode(errors="ignore").encode()
    return _frame(0x88, code.to_bytes(2, "big") + text)


def _frame(head: int, payload: bytes) -> bytes:
    length = len(payload)
    if length < 126:  # noqa: PLR2004
        return bytes((head, length)) + payload
    if length < 1 << 16:
        return bytes((head, 126)) + length.to_bytes(2, "big") + payload
    return bytes((head, 127)) + length.to_bytes(8, "big") + payload
