"""A socket of the server's kind over loopback, and a peer that reads it as slowly as it likes."""

from __future__ import annotations

import select
import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from simple_websocket import Server

from webapp.web.socket_connection import Unstarted

_HEAD = {
    "HTTP_HOST": "test",
    "HTTP_CONNECTION": "Upgrade",
    "HTTP_UPGRADE": "websocket",
    "HTTP_SEC_WEBSOCKET_KEY": "dGhlIHNhbXBsZSBub25jZQ==",
    "HTTP_SEC_WEBSOCKET_VERSION": "13",
}
_MASK = b"\0\0\0\0"

CONTINUED, TEXT, CLOSE, PING, PONG = 0, 1, 8, 9, 10


@dataclass(frozen=True)
class Frame:
    opcode: int
    payload: bytes

    @property
    def code(self) -> int:
        """The reason of a close frame."""
        return int.from_bytes(self.payload[:2], "big")


class Peer:
    """The other side. It reads only when it is asked to."""

    def __init__(self, inner: socket.socket) -> None:
        self.socket = inner
        self.socket.settimeout(10)
        self._buffer = b""
        head, _, self._buffer = self._read_to(b"\r\n\r\n").partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 101")

    def frames(self) -> Iterator[Frame]:
        """Read frames until the end of the stream, which must not lie within one."""
        while True:
            head = self._take(2, at_start=True)
            if not head:
                return
            assert head[0] & 0xF0 == 0x80, f"a torn frame: it begins with {head!r}"
            length = head[1]
            if length == 126:
                (length,) = struct.unpack(">H", self._take(2))
            elif length == 127:
                (length,) = struct.unpack(">Q", self._take(8))
            yield Frame(head[0] & 0x0F, self._take(length))

    def send(self, payload: bytes, opcode: int = TEXT, *, last: bool = True) -> None:
        length = len(payload)
        assert length < 126
        self.socket.sendall(bytes((last << 7 | opcode, 0x80 | length)) + _MASK + payload)

    def wait_told(self, seconds: float) -> bool:
        """Wait, taking nothing, until the network says that this connection is over."""
        poll = select.poll()
        poll.register(self.socket, select.POLLRDHUP)
        return bool(poll.poll(seconds * 1000))

    def reset(self) -> None:
        """Go without a goodbye, as a machine does that crashes."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def _take(self, size: int, *, at_start: bool = False) -> bytes:
        while len(self._buffer) < size:
            try:
                more = self.socket.recv(65536)
            except ConnectionError:
                more = b""
            if not more:
                assert at_start, "the stream ended within a frame"
                assert not self._buffer, "the stream ended within a frame"
                return b""
            self._buffer += more
        taken, self._buffer = self._buffer[:size], self._buffer[size:]
        return taken

    def _read_to(self, end: bytes) -> bytes:
        read = b""
        while end not in read:
            read += self.socket.recv(4096)
        return read


def accept(*, buffer: int | None = None) -> tuple[Server, socket.socket, Peer]:
    """Open a WebSocket: simple-websocket's server, its socket, and the peer."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        near = socket.socket()
        if buffer is not None:
            near.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        near.connect(listener.getsockname())
        far, _ = listener.accept()
    if buffer is not None:
        far.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, buffer)
    server = Server({"werkzeug.socket": far, **_HEAD}, thread_class=Unstarted)
    return server, far, Peer(near)
