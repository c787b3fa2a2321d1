"""People who watch their own answers while others do harm, and how late their words come."""

from __future__ import annotations

import json
import re
import select
import socket
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from websocket import ABNF

from tests.support.server import Browser, Server
from tests.upstream import Upstream
from tests.upstream.texts import numbered

_SMALL = 4096
_NUMBER = re.compile(rb"(?<![0-9a-f])\d{7}(?![0-9a-f])")


class Bystander:
    """One page with an answer of numbered words: when it was shown which of them."""

    def __init__(self, browser: Browser, words: int, pause: float) -> None:
        self.words = words
        self.browser = browser
        self.page = browser.open()
        self.asked = f"#slow:{words},{pause * 1000:g} {id(self)}"
        self.seen: list[tuple[float, int]] = []
        self.page.send(self.asked)
        self.page.wait("accepted")

    def read(self) -> None:
        """Read to the end of the answer, without drawing it: the measured share the processor."""
        socket, payload = self.page.socket, b""
        while b'"type":"ended"' not in payload.replace(b" ", b""):
            opcode, payload = socket.recv_data(control_frame=True)
            assert opcode != ABNF.OPCODE_CLOSE, payload
            if opcode == ABNF.OPCODE_TEXT and (found := _NUMBER.findall(payload)):
                self.seen.append((time.monotonic(), int(found[-1])))
        path = f"/c/{self.page.conversation}/export.json"
        (told,) = self.browser.get(path).json()["conversations"]
        assert told["messages"][1]["state"] == "complete"
        assert told["messages"][1]["text"] == numbered(self.words)

    def delays(self, liaobots: Upstream) -> Iterator[float]:
        """Seconds from the moment that each word left until it was shown."""
        sent = next(one.sent for one in liaobots.received if one.last_message == self.asked)
        seen = iter(self.seen)
        at, last = next(seen)
        for number, (left, _) in enumerate(sent, 1):
            while last < number:
                at, last = next(seen, (at, self.words))
            yield at - left


@contextmanager
def watching(
    browsers: Sequence[Browser], count: int, *, words: int, pause: float
) -> Iterator[list[Bystander]]:
    """Have so many bystanders read their answers meanwhile, and wait for their ends."""
    everybody = [Bystander(browsers[n % len(browsers)], words, pause) for n in range(count)]
    with ThreadPoolExecutor(count) as pool:
        reading = [pool.submit(one.read) for one in everybody]
        yield everybody
        for one in reading:
            one.result()


class StuckReaders:
    """Pages that watch a conversation and take nothing of what they are sent."""

    def __init__(
        self, browsers: Sequence[Browser], conversations: Sequence[str], count: int
    ) -> None:
        self.dropped: list[float] = []
        self._sockets: dict[socket.socket, float] = {}
        for number in range(count):
            which = number % len(browsers)
            opened = browsers[which].connect()
            opened.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _SMALL)
            watch = {"type": "watch", "conversation": conversations[which]}
            opened.send(json.dumps({**watch, "last": None, "state": None}))
            self._sockets[opened.sock] = time.monotonic()

    def wait_dropped(self, timeout: float) -> None:
        """Wait until the server has given all of them up; `dropped` has the seconds of each."""
        until = time.monotonic() + timeout
        poll = select.poll()
        by_number = {one.fileno(): one for one in self._sockets}
        for number in by_number:
            poll.register(number, select.POLLRDHUP)
        while by_number and time.monotonic() < until:
            for number, _ in poll.poll(100):
                poll.unregister(number)
                self.dropped.append(time.monotonic() - self._sockets[by_number.pop(number)])
        assert not by_number, f"{len(by_number)} were not dropped in {timeout} s"

    def close(self) -> None:
        for one in self._sockets:
            one.close()


def memory(server: Server) -> int:
    """The resident bytes of the server's worker."""
    (worker,) = server.workers()
    status = Path(f"/proc/{worker}/status").read_text("ascii")
    line = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) * 1024
