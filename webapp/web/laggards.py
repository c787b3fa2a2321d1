"""Peers that are slow to take what they are sent, and the one thread that serves them."""

from __future__ import annotations

import contextlib
import selectors
import socket
import threading
import time
from typing import Protocol

PATIENCE = 10.0
"""Seconds that a peer may take nothing before it is dropped."""


class Laggard(Protocol):
    """Something with bytes left to send. Its number is below zero once it is closed."""

    def fileno(self) -> int: ...

    def flush(self) -> bool:
        """Send what the peer takes now; True when nothing is left."""
        ...

    def abort(self) -> None: ...


class Laggards:
    """One thread that serves all sockets whose peers are slow, and drops the hopeless."""

    def __init__(self, *, patience: float = PATIENCE) -> None:
        self._patience = patience
        self._lock = threading.Lock()
        self._new: list[Laggard] = []
        self._wake_out, self._wake_in = socket.socketpair()
        self._wake_in.settimeout(0)
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="laggards", daemon=True)
        # The thread's own: by file descriptor, who is served and since when they took nothing.
        self._selector = selectors.DefaultSelector()
        self._served: dict[int, tuple[Laggard, float]] = {}

    def start(self) -> None:
        self._thread.start()

    def add(self, connection: Laggard) -> None:
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
