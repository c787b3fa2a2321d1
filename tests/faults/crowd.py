"""Many people at once, at little cost: one process plays them, one the upstream, one the bad.

The pages are those of `bench.viewers`: one thread reads all of them, looks for time stamps
in the bytes, and makes sense of what came when all is over. So what is late is the server's.
"""

from __future__ import annotations

import selectors
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.people import team
from bench.processes import cost
from bench.scripted import Scripted, scripted_upstream
from bench.stamps import tally, total
from bench.table import quantile
from bench.upstream import chunks_of
from bench.viewers import Viewer, close, watch
from tests.support.server import Browser, Server, new_client_id

PAGES = 5
"""Pages of one person."""

_PATIENCE = 60.0


@dataclass(frozen=True)
class Spent:
    """Seconds of the processor that each had."""

    server: float
    readers: float
    upstream: float

    def __sub__(self, other: Spent) -> Spent:
        return Spent(
            self.server - other.server,
            self.readers - other.readers,
            self.upstream - other.upstream,
        )

    def __str__(self) -> str:
        return (
            f"CPU: server {self.server:.1f} s, readers {self.readers:.1f} s, "
            f"upstream {self.upstream:.1f} s"
        )


@dataclass(frozen=True)
class Crowd:
    """So many signed-in browsers before a server of their own, whose upstream is scripted."""

    server: Server
    upstream: Scripted
    browsers: Sequence[Browser]
    chunks: int
    """How many chunks an answer has."""

    @property
    def spent(self) -> Spent:
        server = cost([self.server.process.pid, *self.server.workers()]).cpu
        return Spent(server, time.process_time(), self.upstream.cpu)

    def ask(self, count: int, *, over: float) -> list[Viewer]:
        """Ask on so many pages, spread over so many seconds; return once all answers have begun."""
        viewers = [Viewer(self.browsers[n // PAGES].connect()) for n in range(count)]
        started = time.monotonic()
        for number, viewer in enumerate(viewers):
            watch(viewers[:number], deadline=started + over * number / count)
            ask(viewer, f"Question {number}")
        until = time.monotonic() + _PATIENCE
        while not all(viewer.delays for viewer in viewers):
            assert time.monotonic() < until, "not all answers have begun"
            watch(viewers, deadline=time.monotonic() + 0.1)
        return viewers

    def read(self, viewers: Sequence[Viewer]) -> None:
        """Read all answers to their ends; each page holds then what was sent, once, in order."""
        watch(viewers, deadline=time.monotonic() + _PATIENCE)
        assert all(viewer.ended for viewer in viewers), "some answers never ended"
        found = total(tally(viewer.page_text(), self.chunks) for viewer in viewers)
        assert (found.lost, found.doubled, found.misplaced) == (0, 0, 0), found


@contextmanager
def crowd(people: int, *, rate: float, seconds: float, **settings: str) -> Iterator[Crowd]:
    """Have the browsers of so many pages, and an upstream of `rate` chunks a second."""
    with (
        tempfile.TemporaryDirectory(prefix="liaochat-crowd-") as folder,
        scripted_upstream(rate, seconds) as upstream,
        Server(Path(folder), {"liaobots_url": upstream.url, **settings}) as server,
        ExitStack() as stack,
    ):
        browsers = [stack.enter_context(one) for one in team(server, people, PAGES)]
        yield Crowd(server, upstream, browsers, chunks_of(rate, seconds))


def ask(viewer: Viewer, text: str) -> None:
    place = {"conversation": None, "parent": None}
    viewer.send({"type": "send", "client_id": new_client_id(), **place, "text": text})


def late(viewers: Sequence[Viewer]) -> str:
    """How late words were: median, 99th percentile, longest."""
    delays = [1000 * delay for viewer in viewers for delay in viewer.delays]
    return f"{quantile(delays, 0.5):.0f} / {quantile(delays, 0.99):.0f} / {max(delays):.0f} ms"


def p99(viewers: Sequence[Viewer]) -> float:
    return quantile([delay for viewer in viewers for delay in viewer.delays], 0.99)


def goodbyes(viewers: Sequence[Viewer]) -> dict[Viewer, tuple[float, int]]:
    """Read until all pages are closed: when, by `time.monotonic`, and with which code."""
    told: dict[Viewer, tuple[float, int]] = {}
    until = time.monotonic() + _PATIENCE
    with selectors.DefaultSelector() as selector:
        for viewer in viewers:
            selector.register(viewer.socket.sock, selectors.EVENT_READ, viewer)
        while len(told) < len(viewers):
            assert time.monotonic() < until, f"{len(viewers) - len(told)} pages were not closed"
            for key, _ in selector.select(1):
                try:
                    key.data.read()
                except ConnectionError:
                    told[key.data] = time.monotonic(), key.data.code
                    selector.unregister(key.fileobj)
                    close([key.data])  # as browsers do
    return told
