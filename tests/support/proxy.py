"""A proxy between browsers and the server that does to their requests what proxies do."""

from __future__ import annotations

import contextlib
import re
import socket
import threading
from collections.abc import Callable
from typing import Self

_HOP = (b"upgrade:", b"connection:")


class Proxy:
    """Hands requests on one by one, each over a connection of its own.

    `upgrade`: "strip" hands a request on without its header, "refuse" answers 426, "mute"
    lets a socket open and nothing through it, and "pass" is as it should be.
    """

    def __init__(self, port: int, upgrade: str, *, hold_back: bool = False, host: str = "") -> None:
        """One that is to `hold_back` hands an answer on when all of it has come.

        It asks for the `host` that it is given, and else for the one that it was asked for.
        """
        self.upgrade = upgrade
        self._hold_back = hold_back
        self._host = host
        self._port = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._start(self._accept)

    def close(self) -> None:
        for one in (self._listener, *list(self._open)):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        self._threads[0].join()  # no other one is begun once it has ended
        for thread in self._threads:
            thread.join()
        for one in (self._listener, *self._open):
            one.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _start(self, target: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=target, args=arguments, name="proxy", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self._open.add(client)
            self._start(self._serve, client)

    def _serve(self, client: socket.socket) -> None:
        with contextlib.suppress(OSError):
            self._hand_on(client)
        with contextlib.suppress(OSError):
            client.shutdown(socket.SHUT_RDWR)

    def _hand_on(self, client: socket.socket) -> None:
        head, body = _head(client)
        if not head:
            return
        upgrades = b"\r\nupgrade: websocket" in head.lower()
        if upgrades and self.upgrade == "refuse":
            client.sendall(b"HTTP/1.1 426 Upgrade Required\r\nContent-Length: 0\r\n\r\n")
            return
        if not (upgrades and self.upgrade in {"mute", "pass"}):
            head = _without_hops(head)
        if self._host:
            head = re.sub(rb"(?i)\r\nhost:[^\r]*", b"\r\nHost: " + self._host.encode(), head)
        server = socket.create_connection(("127.0.0.1", self._port))
        self._open.add(server)
        server.sendall(head + b"\r\n\r\n" + body)
        mute = upgrades and self.upgrade == "mute"
        self._start(_pump, client, server)
        if self._hold_back and not upgrades:
            client.sendall(b"".join(iter(lambda: server.recv(65536), b"")))
        else:
            _pump(server, client, mute=mute)


def _head(client: socket.socket) -> tuple[bytes, bytes]:
    read = b""
    while b"\r\n\r\n" not in read:
        more = client.recv(65536)
        if not more:
            return b"", b""
        read += more
    head, _, body = read.partition(b"\r\n\r\n")
    return head, body


def _without_hops(head: bytes) -> bytes:
    """Take out what is meant for the next hop alone, and have each request on its own."""
    lines = [line for line in head.split(b"\r\n") if not line.lower().startswith(_HOP)]
    return b"\r\n".join([*lines, b"Connection: close"])


def _pump(source: socket.socket, target: socket.socket, *, mute: bool = False) -> None:
    """Hand bytes on until one side ends; of a mute one the head of the answer alone."""
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data.partition(b"\r\n\r\n")[0] + b"\r\n\r\n" if mute else data)
            while mute and source.recv(65536):
                pass
    for one, how in ((target, socket.SHUT_WR), (source, socket.SHUT_RD)):
        with contextlib.suppress(OSError):
            one.shutdown(how)
