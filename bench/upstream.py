"""A scripted Liaobots that costs next to nothing: one thread paces all answers.

Run as a process of its own: `python -m bench.upstream RATE SECONDS`, or with `--text FILE`
in place of the seconds. It prints its port, and answers each classic request with RATE chunks
a second: the first at once, the others at a phase of their own, as strangers' answers are.
A question that says `#large:1000` gets a thousand kilobytes of Markdown, as fast as they go.
"""

from __future__ import annotations

import argparse
import heapq
import random
import re
import selectors
import signal
import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from bench.stamps import chunk
from tests.upstream.texts import long_document

_HEAD = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n"
)
_NOTHING = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
_LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)
_LARGE = re.compile(rb"#large:(\d+)")
_LARGE_PIECE = 4000
_LARGE_PAUSE = 0.002
_LATE = 0.005
_LIFETIME = 900.0


@dataclass(slots=True, eq=False)
class _Answer:
    socket: socket.socket
    due: float
    request: bytes = b""
    number: int = 0
    large: Sequence[bytes] = ()

    def __lt__(self, other: _Answer) -> bool:
        return self.due < other.due


class Upstream:
    def __init__(self, rate: float, count: int, say: Callable[[int], bytes] = chunk) -> None:
        """Answer with `count` chunks, `rate` a second; `say` makes each by its number."""
        self._pause = 1 / rate
        self._count = count
        self._chunk = say
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self._listener.settimeout(0)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._agenda: list[_Answer] = []
        self.port: int = self._listener.getsockname()[1]
        self.late = 0
        """Chunks that left over 5 ms after they were due: this process was starved."""

    def run(self, lifetime: float) -> None:
        end = time.monotonic() + lifetime
        while (now := time.monotonic()) < end:
            while self._agenda and self._agenda[0].due <= now:
                self._say(heapq.heappop(self._agenda))
            until = min(self._agenda[0].due, end) if self._agenda else end
            for key, _ in self._selector.select(max(until - time.monotonic(), 0)):
                if key.data is None:
                    self._accept()
                else:
                    self._read(key.data)

    def _accept(self) -> None:
        connection, _ = self._listener.accept()
        connection.settimeout(None)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._selector.register(connection, selectors.EVENT_READ, _Answer(connection, 0.0))

    def _read(self, answer: _Answer) -> None:
        try:
            received = answer.socket.recv(65536)
        except ConnectionError:
            received = b""
        answer.request += received
        head, _, body = answer.request.partition(b"\r\n\r\n")
        length = _LENGTH.search(head)
        complete = length is not None and len(body) >= int(length[1])
        if complete or not received:
            self._selector.unregister(answer.socket)
        if not received:
            answer.socket.close()
        elif complete and not head.startswith(b"POST /api/chat "):
            answer.socket.sendall(_NOTHING)  # nor does it tell what is left on a code
            answer.socket.close()
        elif complete:
            if asked := _LARGE.search(body):
                answer.large = _document(int(asked[1]) * 1000)
            answer.socket.sendall(_HEAD)
            answer.due = time.monotonic()
            self._say(answer)

    def _say(self, answer: _Answer) -> None:
        number = answer.number
        try:
            if number == (len(answer.large) or self._count):
                answer.socket.sendall(b"0\r\n\r\n")
                answer.socket.close()
                return
            text = answer.large[number] if answer.large else self._chunk(number)
            answer.socket.sendall(b"%x\r\n%s\r\n" % (len(text), text))
        except OSError:
            answer.socket.close()  # the server has left, which the figures will show
            return
        self.late += time.monotonic() - answer.due > _LATE
        answer.number += 1
        pause = _LARGE_PAUSE if answer.large else self._pause
        answer.due += pause if number else pause * (1 + random.random())  # noqa: S311
        heapq.heappush(self._agenda, answer)


@cache
def _document(size: int) -> Sequence[bytes]:
    """Cut a document of so many characters into pieces, within characters, too."""
    text = long_document(size // len(long_document(1)) + 1)[:size].encode()
    return [text[at : at + _LARGE_PIECE] for at in range(0, len(text), _LARGE_PIECE)]


def chunks_of(rate: float, seconds: float) -> int:
    return max(round(rate * seconds), 1)


def pieces(text: str, size: int) -> list[bytes]:
    """Cut a text into chunks of so many characters."""
    return [text[at : at + size].encode() for at in range(0, len(text), size)]


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench.upstream", description=__doc__)
    parser.add_argument("rate", type=float)
    parser.add_argument("seconds", type=float, nargs="?", default=10.0)
    parser.add_argument("--text", type=Path, help="say this")
    parser.add_argument("--size", type=int, default=12, help="characters of it in a chunk")
    asked = parser.parse_args()
    if asked.text is None:
        upstream = Upstream(asked.rate, chunks_of(asked.rate, asked.seconds))
    else:
        script = pieces(asked.text.read_text("utf-8"), asked.size)
        upstream = Upstream(asked.rate, len(script), script.__getitem__)
    print(upstream.port, flush=True)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        upstream.run(_LIFETIME)
    except KeyboardInterrupt:
        print(upstream.late, flush=True)


if __name__ == "__main__":
    main()
