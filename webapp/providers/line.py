"""One connection to one answer: it can be ended from outside at any moment of its life.

requests and urllib3 let a reader be woken once the headers are here. A person who
presses Stop may do so before: while a name is looked up, while a handshake hangs, while
the upstream thinks before its first byte. So the connection is made here, and a second
handle on the same socket is kept, which is ours to shut whoever owns the first.
"""

from __future__ import annotations

import queue
import socket
import ssl
import threading
import time
from typing import Any

_TROUBLES = (
    (ssl.SSLError, "no encrypted connection came about"),
    (socket.gaierror, "no such host name"),
    (TimeoutError, "no connection in time"),
    (ConnectionRefusedError, "connection refused"),
    (ConnectionResetError, "the connection was reset"),
)
_Addresses = list[tuple[int, int, int, str, Any]]


class Line:
    """The handle on one connection: it connects, counts the time, and can be shut.

    `shut` may come from any thread, before, during or after; all else belongs to the
    thread that reads.
    """

    def __init__(self, *, connect_timeout: float, read_timeout: float, deadline: float) -> None:
        self.connected = False
        """Bytes of a request may have left: from here on it may have been charged."""
        self.trouble = ""
        """Why no connection came about, in a few words that hold no secret."""
        self.deadline = deadline
        """The moment of `time.monotonic` at which even a lively upstream is left."""
        self._connect_timeout = connect_timeout
        self.read_timeout = read_timeout
        """How long the peer may be silent, in seconds."""
        self.answering = False
        """The head of the answer is here: what comes now is bounded by who reads it."""
        # The lock keeps `shut` from a handle that `close` has just given back: its number
        # may already belong to somebody else's file.
        self._lock = threading.Lock()
        self._shut = False
        self._handle: socket.socket | None = None
        self._addresses: queue.SimpleQueue[_Addresses | OSError] = queue.SimpleQueue()

    def shut(self) -> None:
        """End the connection now: whoever reads or connects wakes, and the peer is told."""
        with self._lock:
            self._shut = True
            _shut_down(self._handle)
        self._addresses.put(OSError("shut"))

    def close(self) -> None:
        with self._lock:
            self._shut = True
            if self._handle is not None:
                self._handle.close()
                self._handle = None

    def connect(self, host: str, port: int) -> socket.socket:
        """Open a TCP connection to the first address that answers."""
        limit = min(time.monotonic() + self._connect_timeout, self.deadline)
        trouble: OSError = OSError("no address")
        for family, kind, protocol, _, address in self._resolve(host, port, limit):
            sock = socket.socket(family, kind, protocol)
            try:
                sock.settimeout(max(limit - time.monotonic(), 0.001))
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._hold(sock)
                sock.connect(address)
                self._refuse_if_shut()
            except OSError as error:
                sock.close()
                trouble = error
            else:
                return sock
        raise trouble

    def patience(self) -> float:
        """Tell how many seconds the next read may last; raise `TimeoutError` when none is left."""
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return min(left, self.read_timeout)

    @property
    def expired(self) -> bool:
        return time.monotonic() >= self.deadline

    def _hold(self, sock: socket.socket) -> None:
        with self._lock:
            if self._handle is not None:
                self._handle.close()
            self._handle = sock.dup()
        self._refuse_if_shut()

    def _refuse_if_shut(self) -> None:
        """Notice a `shut` that came when there was nothing yet that it could end."""
        with self._lock:
            if self._shut:
                raise OSError("shut")

    def _resolve(self, host: str, port: int, limit: float) -> _Addresses:
        """Look the name up in a thread: nothing can interrupt or bound a resolver.

        The thread is left behind at a stop or time-out, and ends when the resolver
        gives up.
        """
        threading.Thread(
            target=_look_up, args=(host, port, self._addresses), name=f"resolve {host}", daemon=True
        ).start()
        try:
            addresses = self._addresses.get(timeout=max(limit - time.monotonic(), 0.001))
        except queue.Empty:
            raise TimeoutError from None
        if isinstance(addresses, OSError):
            raise addresses
        return addresses


def _look_up(host: str, port: int, found: queue.SimpleQueue[_Addresses | OSError]) -> None:
    try:
        found.put(list(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)))
    except OSError as error:
        found.put(error)
    except UnicodeError:
        found.put(socket.gaierror(socket.EAI_NONAME, "not a host name"))


def _shut_down(sock: socket.socket | None) -> None:
    try:
        if sock is not None:
            sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass  # not connected yet, or not any more


def explain(error: BaseException) -> str:
    """Say why no connection came about; never with the error's own text, which may say more."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted: {error.verify_message}"
    for kind, words in _TROUBLES:
        if isinstance(error, kind):
            return words
    strerror = error.strerror if isinstance(error, OSError) else None
    return strerror.lower() if strerror else "no connection came about"
