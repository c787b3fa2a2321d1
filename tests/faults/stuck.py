"""Pages that watch a conversation and take nothing of what they are sent, as a process.

    python -m tests.faults.stuck PORT

On its input it is given a line for each page: `cookie conversation`. It opens them all in
the same instant, and says how many seconds that took. Then it waits until the server has given all
of them up, and prints a line for each: the seconds that it was open, and the code with which
it was closed, 0 where it was cut off without a word. It reads nothing but the handshakes, so
it costs the machine little.
"""

from __future__ import annotations

import contextlib
import json
import select
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Self

from tests.faults.scene import say

_PATIENCE = 120.0
_WINDOW = 4096
_HEAD_END = b"\r\n\r\n"
_MASK = b"\0\0\0\0"
_GONE = select.POLLHUP | select.POLLERR | select.POLLRDHUP


@dataclass(eq=False)
class _Page:
    socket: socket.socket
    conversation: str
    opened: float = 0.0
    closed: float = 0.0
    code: int = 0


def main() -> None:
    port = int(sys.argv[1])
    asked = [line.rsplit(" ", 1) for line in sys.stdin.read().splitlines()]
    started = time.monotonic()
    pages = [_connect(port, cookie, conversation) for cookie, conversation in asked]
    _open(pages)
    say(f"{time.monotonic() - started:.3f}")
    _wait(pages)
    for page in pages:
        say(f"{page.closed - page.opened:.3f} {page.code}")


def _connect(port: int, cookie: str, conversation: str) -> _Page:
    """Ask for a socket, by a connection that has room for little."""
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _WINDOW)
    sock.connect(("127.0.0.1", port))
    host = f"127.0.0.1:{port}"
    sock.sendall(
        f"GET /socket HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\nCookie: {cookie}\r\n"
        "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()
    )
    return _Page(sock, conversation)


def _open(pages: Sequence[_Page]) -> None:
    """Take the answers of the handshakes, a byte at a time: what follows is not taken."""
    until = time.monotonic() + _PATIENCE
    waiting = {page.socket.fileno(): (page, b"") for page in pages}
    poll = select.poll()
    for number in waiting:
        poll.register(number, select.POLLIN)
    while waiting:
        if time.monotonic() > until:
            raise SystemExit(f"{len(waiting)} sockets did not open")
        for number, _ in poll.poll(1000):
            page, head = waiting[number]
            while not head.endswith(_HEAD_END):
                head += page.socket.recv(1)
            if not head.startswith(b"HTTP/1.1 101"):
                raise SystemExit(f"a socket was refused: {head.decode()}")
            poll.unregister(number)
            del waiting[number]
            _watch(page)


def _watch(page: _Page) -> None:
    page.opened = time.monotonic()
    fields = {"conversation": page.conversation, "last": None, "state": None}
    watch = json.dumps({"type": "watch", **fields}).encode()
    assert len(watch) < 126
    frame = bytes((0x81, 0x80 | len(watch))) + _MASK + watch
    with contextlib.suppress(OSError):  # it was closed at once, which is seen below
        page.socket.sendall(frame)


def _wait(pages: Sequence[_Page]) -> None:
    until = time.monotonic() + _PATIENCE
    waiting = {page.socket.fileno(): page for page in pages}
    poll = select.poll()
    for number in waiting:
        poll.register(number, select.POLLRDHUP)
    while waiting and (left := until - time.monotonic()) > 0:
        for number, event in poll.poll(left * 1000):
            assert event & _GONE, event
            poll.unregister(number)
            page = waiting.pop(number)
            page.closed, page.code = time.monotonic(), _code(page.socket)
    if waiting:
        raise SystemExit(f"{len(waiting)} were not dropped")


def _code(sock: socket.socket) -> int:
    """Read what there is to the end; the code of the close frame, if that is the last one."""
    content = b""
    with contextlib.suppress(OSError):
        while piece := sock.recv(65_536):
            content += piece
    at = 0
    while at + 2 <= len(content):
        length, start = content[at + 1], at + 2
        if length >= 126:
            start = at + (4 if length == 126 else 10)
            length = int.from_bytes(content[at + 2 : start], "big")
        if content[at] & 0x0F == 8:
            return int.from_bytes(content[start : start + 2], "big")
        at = start + length
    return 0


class StuckReaders:
    """The process, for those who want one. Use it as a context, which ends it.

    `pages` are pairs of cookie and conversation.
    """

    def __init__(self, url: str, pages: Sequence[tuple[str, str]]) -> None:
        self.took = 0.0
        """Seconds until all were let in."""
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.stuck", url.rpartition(":")[2]],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._output = self._process.stdout
        self._process.stdin.write("".join(f"{one} {other}\n" for one, other in pages))
        self._process.stdin.close()

    def wait_open(self) -> None:
        line = self._output.readline()
        assert line, "some were not let in"
        self.took = float(line)

    def ends(self) -> Iterator[tuple[float, int]]:
        """Wait until all are dropped; after how many seconds, and with which code, each was."""
        if not self.took:
            self.wait_open()
        for line in self._output:
            seconds, code = line.split()
            yield float(seconds), int(code)
        assert self._process.wait(10) == 0, "some were not dropped"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        self._output.close()


if __name__ == "__main__":
    main()
