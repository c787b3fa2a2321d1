"""A way to the server that is cut again and again: TCP alone, without a look at what it carries."""

from __future__ import annotations

import selectors
import socket
import struct
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Self

_RESET = struct.pack("ii", 1, 0)
_STREAMS = (b"upgrade: websocket", b"get /events ")


class CuttableWay:
    """Relays connections to a port of loopback. All sockets belong to its one thread."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._others: dict[socket.socket, socket.socket] = {}
        self._clients: set[socket.socket] = set()
        self._streams: set[socket.socket] = set()
        self._nowhere: list[socket.socket] = []
        self._selector = selectors.DefaultSelector()
        self._bell, self._rung = socket.socketpair()
        self._orders: deque[Callable[[], object]] = deque()
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="cuttable way", daemon=True)
        self._thread.start()

    def cut(self) -> int:
        """Reset all connections at once; how many pages were being told the news by one."""
        found = []

        def order() -> None:
            found.append(len(self._streams))
            for one in list(self._others):
                self._drop(one, reset=True)

        self._order(order)
        return found[0]

    def lose(self) -> None:
        """Reset all connections, and have only the server know, as after a laptop's sleep."""

        def order() -> None:
            for client in list(self._clients & set(self._others)):
                server, (near, far) = self._others[client], socket.socketpair()
                self._nowhere.append(far)
                self._streams.discard(client)
                del self._others[server]
                self._selector.unregister(server)
                _part(server, reset=True)
                self._others[client], self._others[near] = near, client
                self._selector.register(near, selectors.EVENT_READ)

        self._order(order)

    @property
    def streams(self) -> int:
        """How many pages are told the news by now."""
        return len(self._streams)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._order(self._end)
        self._thread.join(10)
        self._bell.close()  # by whom it is rung: the thread may have ended before the ring

    def _order(self, order: Callable[[], None]) -> None:
        """Have the thread do something, and wait until it is done."""
        done = threading.Event()
        self._orders.append(lambda: (order(), done.set()))
        with suppress(OSError):  # it was awake, did it and has ended, if it was told to end
            self._bell.send(b"!")
        assert done.wait(10)

    def _end(self) -> None:
        self._closing = True

    def _run(self) -> None:
        for one in (self._listener, self._rung):
            self._selector.register(one, selectors.EVENT_READ)
        while not self._closing:
            for key, _ in self._selector.select():
                if key.fileobj is self._listener:
                    self._accept()
                elif key.fileobj is self._rung:
                    self._rung.recv(64)
                elif isinstance(key.fileobj, socket.socket):
                    self._relay(key.fileobj)
            while self._orders:
                self._orders.popleft()()
        for one in list(self._others):
            self._drop(one, reset=True)
        for one in (self._listener, self._rung, *self._nowhere):
            one.close()
        self._selector.close()

    def _accept(self) -> None:
        client, _ = self._listener.accept()
        try:
            server = socket.create_connection(("127.0.0.1", self._port))
        except OSError:  # as where nobody listens
            _part(client, reset=True)
            return
        self._clients.add(client)
        for one, other in ((client, server), (server, client)):
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._others[one] = other
            self._selector.register(one, selectors.EVENT_READ)

    def _relay(self, source: socket.socket) -> None:
        other = self._others.get(source)
        if other is None:  # dropped in this same round
            return
        try:
            content = source.recv(65536)
            other.sendall(content)
        except OSError:
            content = b""
        if not content:
            self._drop(source)
        elif any(sign in content[:2000].lower() for sign in _STREAMS):
            self._streams.add(source)

    def _drop(self, one: socket.socket, *, reset: bool = False) -> None:
        other = self._others.pop(one, None)
        if other is None:
            return
        del self._others[other]
        for each in (one, other):
            self._streams.discard(each)
            self._clients.discard(each)
            self._selector.unregister(each)
            _part(each, reset=reset)


def _part(one: socket.socket, *, reset: bool) -> None:
    if reset:
        with suppress(OSError):
            one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    one.close()
