"""The promises that are about many at once, each as often as it is promised."""

from __future__ import annotations

import signal
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from bench.stamps import tally
from bench.viewers import Viewer, close, watch
from tests.faults.crowd import PAGES, Crowd, ask, crowd, goodbyes, late, p99
from tests.faults.scene import memory, spread
from tests.faults.stuck import StuckReaders

NORMAL = 100
_RATE = 10.0
_SECONDS = 40.0
_OVER = 3.0
_LATE = 0.5
_DROPPED_WITHIN = 20.0
_NO_ANSWER_TO_PINGS = {0, 1008}
_TOLD_WITHIN = 0.1
_GONE_WITHIN = 3.0
_ANSWERED_WITHIN = 1.0
_NOWHERE = "0" * 32


def readers(count: int, _seed: int) -> str:
    """Have so many clients watch answers and never read, while 100 others read theirs."""
    room = str(count + 2 * NORMAL)
    with (
        crowd(
            NORMAL, rate=_RATE, seconds=_SECONDS, max_sockets=room, max_sockets_per_user=room
        ) as on,
        ExitStack() as stack,
    ):
        began = on.spent
        alone = on.ask(NORMAL, over=_OVER)
        on.read(alone)
        cost_alone = on.spent - began
        close(alone)

        began, before = on.spent, memory(on.server)
        normal = on.ask(NORMAL, over=_OVER)
        stuck = stack.enter_context(StuckReaders(on.server.url, _pages(on, normal, count)))
        on.read(normal)
        ends = list(stuck.ends())
        cost, more = on.spent - began, memory(on.server) - before
        close(normal)
    seconds, codes = [one for one, _ in ends], {code for _, code in ends}
    figures = (
        f"{count} that never read, let in within {stuck.took:.1f} s, dropped after "
        f"{spread(seconds, 's')}; words of {NORMAL} others after {late(normal)} "
        f"(median / p99 / max), without them {late(alone)}; {cost}; without them {cost_alone}; "
        f"{more / 1e6:+.0f} MB"
    )
    assert codes <= _NO_ANSWER_TO_PINGS, f"{codes}: {figures}"
    assert max(seconds) < _DROPPED_WITHIN, figures
    assert p99(normal) < _LATE, figures
    return figures


def _pages(on: Crowd, normal: Sequence[Viewer], count: int) -> list[tuple[str, str]]:
    """More pages on the same answers, of those whose they are."""
    which = [number % len(normal) for number in range(count)]
    return [(on.browsers[one // PAGES].cookie(), normal[one].conversation) for one in which]


def large_answers(count: int, seed: int) -> str:
    """End so many answers of a megabyte while ten others stream; how late these come."""
    with crowd(10 + PAGES, rate=20, seconds=5 * count + 10) as on:
        others = on.ask(10, over=1)
        began, took = on.spent, []
        for number in range(count):
            large = Viewer(on.browsers[-1].connect())
            started = time.monotonic()
            ask(large, f"#large:1000 {seed + number}")
            while not large.ended:
                watch([*others, large], deadline=time.monotonic() + 0.1)
                assert time.monotonic() < started + 300, "a large answer never ended"
            took.append(time.monotonic() - started)
            close([large])
        assert not all(one.ended for one in others), "the others were over too early"
        cost = on.spent - began
        on.read(others)
        close(others)
    return (
        f"{count} answers of 1 MB, each in {spread(took, 's')}; ten others' words after "
        f"{late(others)} (median / p99 / max); {cost}"
    )


@dataclass(frozen=True)
class Leave:
    """A stop of the server: seconds until each page was told, and until it was gone."""

    told: Sequence[float]
    codes: set[int]
    gone: float
    status: int

    def __str__(self) -> str:
        told = spread([1000 * one for one in self.told], "ms")
        return f"told after {told}, gone after {self.gone:.2f} s"


def leave(on: Crowd, streams: int) -> Leave:
    """End the server by its signal under so many answers; all that was shown is stored."""
    viewers = on.ask(streams, over=_OVER)
    watch(viewers, deadline=time.monotonic() + 1)
    started = time.monotonic()
    on.server.process.send_signal(signal.SIGTERM)
    told = goodbyes(viewers)
    on.server.process.wait(15)
    gone = time.monotonic() - started
    status = on.server.stop()
    on.server.start(port=on.server.url.rpartition(":")[2])
    for number in range(0, streams, PAGES):
        _expect_all(on, number // PAGES, viewers[number : number + PAGES])
    times = [at - started for at, _ in told.values()]
    return Leave(times, {code for _, code in told.values()}, gone, status)


def _expect_all(on: Crowd, person: int, viewers: Sequence[Viewer]) -> None:
    exported = on.browsers[person].get("/export.json").json()["conversations"]
    answers = {told["id"]: told["messages"][1] for told in exported}
    for viewer in viewers:
        answer, shown = answers[viewer.conversation], len(viewer.delays)
        kept = tally(answer["text"], shown)
        assert answer["state"] == "interrupted"
        assert shown > 0
        assert (kept.lost, kept.doubled, kept.misplaced) == (0, 0, 0), kept


def goodbye(count: int, _seed: int) -> str:
    """Stop the server by its signal under so many streams; each page is told within 0.1 s."""
    with crowd(count, rate=_RATE, seconds=300) as on:
        left = leave(on, count)
    figures = f"{count} streams: {left}, all text kept"
    assert left.codes == {1012}, left.codes
    assert max(left.told) < _TOLD_WITHIN, figures
    assert left.gone < _GONE_WITHIN, figures
    return figures


def sockets(count: int, _seed: int) -> str:
    """Open every permitted socket; pages come within a second all the same."""
    limits = {"max_sockets": str(count), "max_sockets_per_user": "40"}
    with crowd((count // 40 + 1) * PAGES, rate=1, seconds=1, **limits) as on:
        pages = [(on.browsers[number // 40].cookie(), _NOWHERE) for number in range(count)]
        with StuckReaders(on.server.url, pages) as stuck:
            stuck.wait_open()
            took = [_seconds_of(on, path) for path in ("/", "/healthz") for _ in range(3)]
            one_more = on.browsers[-1].open()
            assert one_more.wait_closed() == 4429
    figures = f"{count} sockets open: a page after {spread([1000 * one for one in took], 'ms')}"
    assert max(took) < _ANSWERED_WITHIN, figures
    return f"{figures}; one more was told: {one_more.close_reason}"


def _seconds_of(on: Crowd, path: str) -> float:
    started = time.monotonic()
    assert on.browsers[-1].get(path).status_code == 200
    return time.monotonic() - started
