"""Measure many answers at once: `python -m bench.streams --answers 1 100`.

The real server with production settings, a scripted upstream, and the pages are three
groups of processes on this machine; the figures hold with all three on its cores. Beside
each stands the floor: nginx in the server's place, in the same run.
"""

from __future__ import annotations

import argparse
import os
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.floor import Floor
from bench.people import team
from bench.processes import Cost
from bench.readers import Found, Plan, allow_many_files, reading
from bench.scripted import Scripted, scripted_upstream
from bench.serving import Serving
from bench.stamps import tally, total
from bench.table import head, row, spread
from bench.upstream import chunks_of
from tests.support.server import Browser

_QUIET = 2.0
_SOCKETS = 400
_SOCKETS_OF_ONE = 40
"""What the server carries unless told otherwise."""

_PATIENCE = 60.0
_KEEP = 50
"""Of how many answers every frame is kept and compared with what was sent."""

_COLUMNS = {
    "p50 ms": ("p50", "{:.2f}"),
    "p95": ("p95", "{:.1f}"),
    "p99": ("p99", "{:.1f}"),
    "max": ("max", "{:.0f}"),
    "in time %": ("in_time", "{:.2f}"),
    "first ms": ("first", "{:.0f}"),
    "max first": ("first_max", "{:.0f}"),
    "lost": ("lost", "{:.0f}"),
    "doubled": ("doubled", "{:.0f}"),
    "misplaced": ("misplaced", "{:.0f}"),
    "CPU µs a chunk": ("cpu", "{:.0f}"),
    "while it streams": ("steady", "{:.0f}"),
    "bytes a chunk": ("size", "{:.0f}"),
    "PSS MB before": ("idle", "{:.0f}"),
    "PSS MB at the end": ("held", "{:.0f}"),
    "kB a stream": ("stream", "{:.0f}"),
    "threads": ("threads", "{:.0f}"),
    "readers' CPU %": ("readers", "{:.0f}"),
    "upstream's": ("upstream", "{:.0f}"),
    "upstream late %": ("late", "{:.1f}"),
    "load before": ("load", "{:.1f}"),
}


@dataclass(frozen=True, slots=True)
class Figures:
    """One run. Times are milliseconds, CPU microseconds of all of the server's processes.

    `cpu` counts beginnings and ends, `steady` only what is spent in the middle half of the
    answers. `readers` and `upstream` are what these took of a core, in per cent.
    """

    p50: float
    p95: float
    p99: float
    max: float
    in_time: float
    first: float
    first_max: float
    lost: float
    doubled: float
    misplaced: float
    cpu: float
    steady: float
    size: float
    idle: float
    held: float
    stream: float
    threads: float
    readers: float
    upstream: float
    late: float
    load: float


@dataclass(frozen=True, slots=True)
class Case:
    """So many answers at once, each of `seconds`, each seen by so many pages."""

    answers: int
    rate: float
    watchers: int = 1
    seconds: float = 10.0
    over: float = 0.0
    pages: int = 5
    """How many of the answers one user asks for."""

    @property
    def chunks(self) -> int:
        """Of one answer."""
        return chunks_of(self.rate, self.seconds)

    def plan(self, url: str, cookies: Sequence[str] = ()) -> Plan:
        return Plan(
            url=url,
            answers=self.answers,
            chunks=self.chunks,
            watchers=self.watchers,
            over=self.over,
            keep=_KEEP,
            patience=self.over + self.seconds + _PATIENCE,
            cookies=cookies,
        )


def main() -> None:
    options = _parser().parse_args()
    print_head(options.without)
    for answers in options.answers:
        for watchers in options.watchers:
            case = Case(
                answers, options.rate, watchers, options.seconds, options.over, options.pages
            )
            for kind in options.kinds:
                print_row(case, kind, options.runs, options.without)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bench.streams", description=__doc__)
    parser.add_argument("--answers", type=int, nargs="+", default=[1, 10, 100], metavar="N")
    parser.add_argument("--watchers", type=int, nargs="+", default=[1], metavar="N")
    parser.add_argument("--rate", type=float, default=50, help="chunks a second of each answer")
    parser.add_argument("--seconds", type=float, default=10, help="how long each answer takes")
    parser.add_argument("--over", type=float, default=0, help="spread the questions over seconds")
    parser.add_argument("--pages", type=int, default=5, help="answers of one user")
    parser.add_argument("--kinds", nargs="+", default=list(KINDS), choices=list(KINDS))
    parser.add_argument("--runs", type=int, default=3, help="more than one: min / median / max")
    parser.add_argument("--without", nargs="*", default=[], metavar="COLUMN")
    return parser


def print_head(without: Sequence[str] = ()) -> None:
    titles = [title for title in _COLUMNS if title not in without]
    print(head("answers × chunks a second", "pages each", "server", *titles), flush=True)


def print_row(case: Case, kind: str, runs: int, without: Sequence[str] = ()) -> None:
    measured = [KINDS[kind](case) for _ in range(runs)]
    cells = [
        spread([getattr(run, name) for run in measured], form.format)
        for title, (name, form) in _COLUMNS.items()
        if title not in without
    ]
    print(row(f"{case.answers} × {case.rate:g}", case.watchers, kind, *cells), flush=True)


def measured(case: Case, *, plain: bool = False) -> Figures:
    """Measure Liaochat once, with its renderer or without."""
    load = os.getloadavg()[0]
    with (
        tempfile.TemporaryDirectory(prefix="liaochat-bench-") as folder,
        scripted_upstream(case.rate, case.seconds) as upstream,
        Serving(Path(folder), _settings(case, upstream), plain=plain) as server,
    ):
        with ExitStack() as stack:
            browsers = [stack.enter_context(one) for one in team(server, case.answers, case.pages)]
            cookies = [browsers[number // case.pages].cookie() for number in range(case.answers)]
            warm(browsers[0])
        time.sleep(_QUIET)
        try:
            with _run(case, case.plan(server.url, cookies), server, upstream) as run:
                lost, doubled, misplaced = _stored(case, server, run.found)
        finally:
            print(server.log, end="", file=sys.stderr)
    seen = run.found.tally
    return run.figures(
        case,
        load,
        lost=lost + seen.lost + run.found.missing,
        doubled=doubled + seen.doubled,
        misplaced=misplaced + seen.misplaced,
    )


def floor(case: Case) -> Figures:
    """Measure nginx in the place of the server."""
    load = os.getloadavg()[0]
    with (
        scripted_upstream(case.rate, case.seconds) as upstream,
        Floor(upstream.url) as nginx,
        _run(case, case.plan(nginx.url), nginx, upstream) as run,
    ):
        pass
    return run.figures(case, load, lost=run.found.missing, doubled=0, misplaced=0)


KINDS = {
    "Liaochat": measured,
    "without rendering": lambda case: measured(case, plain=True),
    "nginx": floor,
}


def warm(browser: Browser) -> None:
    """Have what a first question would wait for loaded, once: the words that tokens are."""
    page = browser.open()
    page.put(type="draft", conversation=None, text="Is it warm?", keep=False)
    page.wait("gauge")


def _settings(case: Case, upstream: Scripted) -> Mapping[str, str]:
    """Leave all as it is, but for what so many pages need."""
    settings = {"liaobots_url": upstream.url}
    if (pages := case.answers * case.watchers) > _SOCKETS:
        settings["max_sockets"] = str(pages)
    if (of_one := case.pages * case.watchers) > _SOCKETS_OF_ONE:
        settings["max_sockets_per_user"] = str(of_one)
    return settings


class _Run:
    """What one run cost, and what its pages found."""

    def __init__(self) -> None:
        self.idle = self.before = self.early = self.late = self.after = Cost(0, 0, 0, 0)
        self.apart = self.took = self.upstream = self.upstream_late = 0.0
        self.found: Found

    def figures(self, case: Case, load: float, **problems: float) -> Figures:
        chunks = case.answers * case.chunks
        middle = case.answers * case.rate * self.apart
        return Figures(
            p50=self.found.p50,
            p95=self.found.p95,
            p99=self.found.p99,
            max=self.found.max,
            in_time=self.found.in_time,
            first=self.found.first,
            first_max=self.found.first_max,
            cpu=1e6 * (self.after.cpu - self.before.cpu) / chunks,
            steady=1e6 * (self.late.cpu - self.early.cpu) / middle,
            size=self.found.size / chunks,
            idle=self.idle.pss / 1e6,
            held=self.late.pss / 1e6,
            stream=(self.late.pss - self.idle.pss) / 1000 / case.answers,
            threads=self.late.threads,
            readers=100 * self.found.cpu / self.took,
            upstream=100 * self.upstream / self.took,
            late=100 * self.upstream_late / chunks,
            load=load,
            **problems,
        )


@contextmanager
def _run(case: Case, plan: Plan, server: Serving | Floor, upstream: Scripted) -> Iterator[_Run]:
    """Have all pages ask, and wait for the end of all answers; the pages are open till then."""
    allow_many_files()
    run = _Run()
    run.idle = server.cost()
    with reading(plan) as readers:
        run.before, upstream_before = server.cost(), upstream.cpu
        started = time.monotonic()
        readers.ask()
        run.early, early = _at(started + case.over + case.seconds / 4, server)
        run.late, late = _at(started + case.over + case.seconds * 3 / 4, server)
        run.apart = late - early
        run.found = readers.found()
        run.took = time.monotonic() - started
        run.after, run.upstream = server.cost(), upstream.cpu - upstream_before
        upstream.stop()
        run.upstream_late = upstream.late
        yield run


def _at(moment: float, server: Serving | Floor) -> tuple[Cost, float]:
    """Take the server's cost at a moment, and the moment that it was."""
    time.sleep(max(moment - time.monotonic(), 0))
    return server.cost(), time.monotonic()


def _stored(case: Case, server: Serving, found: Found) -> tuple[int, int, int]:
    """Compare what was sent with what is in the database."""
    with closing(sqlite3.connect(server.data_dir / "liaochat.db")) as database:
        texts = dict(database.execute("select id, text from messages where role = 'assistant'"))
    stored = total(tally(texts.get(message, ""), case.chunks) for message in found.messages)
    return stored.lost, stored.doubled, stored.misplaced


if __name__ == "__main__":
    main()
