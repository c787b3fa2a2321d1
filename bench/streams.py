"""Measure many answers at once: `python -m bench.streams --answers 1 100`.

The real server with production settings, a scripted upstream, and the pages are three
groups of processes on this machine; the figures hold with all three on its cores.
"""

from __future__ import annotations

import argparse
import os
import sqlite3
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

from bench.people import team
from bench.processes import Cost, cost
from bench.scripted import scripted_upstream
from bench.stamps import Tally, tally, total
from bench.table import head, quantile, row, spread
from bench.upstream import chunks_of
from bench.viewers import Viewer, close, watch
from tests.support.server import Browser, Server, new_client_id

_QUIET = 2.0
_SOCKETS = 400
"""What the server carries unless told otherwise."""

_PATIENCE = 60.0
_COLUMNS = {
    "delay p50 ms": ("p50", "{:.2f}"),
    "p95": ("p95", "{:.1f}"),
    "p99": ("p99", "{:.1f}"),
    "max": ("max", "{:.0f}"),
    "first words ms p50": ("first", "{:.0f}"),
    "max first": ("first_max", "{:.0f}"),
    "frames": ("frames", "{:.0f}"),
    "lost": ("lost", "{:.0f}"),
    "doubled": ("doubled", "{:.0f}"),
    "misplaced": ("misplaced", "{:.0f}"),
    "CPU s a million chunks": ("cpu", "{:.0f}"),
    "idle RSS MB": ("idle_rss", "{:.1f}"),
    "idle PSS MB": ("idle_pss", "{:.1f}"),
    "RSS kB a stream": ("stream_rss", "{:.0f}"),
    "threads": ("threads", "{:.0f}"),
    "upstream late": ("late", "{:.0f}"),
    "load before": ("load", "{:.1f}"),
}


@dataclass(frozen=True, slots=True)
class Figures:
    """One run. Delays are milliseconds, `cpu` seconds a million chunks."""

    p50: float
    p95: float
    p99: float
    max: float
    first: float
    first_max: float
    frames: float
    lost: float
    doubled: float
    misplaced: float
    cpu: float
    idle_rss: float
    idle_pss: float
    stream_rss: float
    threads: float
    late: float
    load: float


@dataclass(frozen=True, slots=True)
class Plan:
    answers: int
    rate: float
    seconds: float
    over: float
    pages: int


def main() -> None:
    options = _parser().parse_args()
    columns = [title for title in _COLUMNS if title not in options.without]
    print(head("answers", *columns), flush=True)
    for answers in options.answers:
        plan = Plan(answers, options.rate, options.seconds, options.over, options.pages)
        runs = [_measured(plan) for _ in range(options.runs)]
        cells = [_cell(runs, *_COLUMNS[title]) for title in columns]
        print(row(answers, *cells), flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bench.streams", description=__doc__)
    parser.add_argument("--answers", type=int, nargs="+", default=[1, 10, 100], metavar="N")
    parser.add_argument("--rate", type=float, default=50, help="chunks a second of each answer")
    parser.add_argument("--seconds", type=float, default=10, help="how long each answer takes")
    parser.add_argument("--over", type=float, default=0, help="spread the questions over seconds")
    parser.add_argument("--pages", type=int, default=5, help="pages and answers of one user")
    parser.add_argument("--runs", type=int, default=3, help="more than one: min / median / max")
    parser.add_argument("--without", nargs="*", default=[], metavar="COLUMN")
    return parser


def _cell(runs: Sequence[Figures], name: str, form: str) -> str:
    return spread([getattr(run, name) for run in runs], form.format)


def _measured(plan: Plan) -> Figures:
    load = os.getloadavg()[0]
    with (
        tempfile.TemporaryDirectory(prefix="liaochat-bench-") as folder,
        scripted_upstream(plan.rate, plan.seconds) as upstream,
        Server(
            Path(folder),
            {
                "LIAOBOTS_URL": upstream.url,
                **({"MAX_SOCKETS": str(plan.answers)} if plan.answers > _SOCKETS else {}),
            },
        ) as server,
        ExitStack() as stack,
    ):
        browsers = [stack.enter_context(one) for one in team(server, plan.answers, plan.pages)]
        time.sleep(_QUIET)
        idle = _cost(server)
        viewers = [
            Viewer(browsers[number // plan.pages].connect()) for number in range(plan.answers)
        ]
        try:
            before = _cost(server)
            peak = _ask(plan, viewers, server)
            spent = _cost(server).cpu - before.cpu
        finally:
            close(viewers)
        upstream.stop()
        problems = _check(plan, viewers, server, browsers[0])
        if server.log:
            print(server.log, file=sys.stderr)
    delays = [1000 * delay for viewer in viewers for delay in viewer.delays]
    first = [1000 * (viewer.first - viewer.sent) for viewer in viewers]
    chunks = plan.answers * chunks_of(plan.rate, plan.seconds)
    return Figures(
        p50=quantile(delays, 0.5),
        p95=quantile(delays, 0.95),
        p99=quantile(delays, 0.99),
        max=max(delays),
        first=quantile(first, 0.5),
        first_max=max(first),
        frames=sum(len(viewer.frames) for viewer in viewers),
        lost=problems.lost,
        doubled=problems.doubled,
        misplaced=problems.misplaced,
        cpu=spent / chunks * 1e6,
        idle_rss=idle.rss / 1e6,
        idle_pss=idle.pss / 1e6,
        stream_rss=(peak.rss - idle.rss) / 1000 / plan.answers,
        threads=peak.threads,
        late=upstream.late,
        load=load,
    )


def _ask(plan: Plan, viewers: Sequence[Viewer], server: Server) -> Cost:
    """Ask on every page, read all answers, and return what the server cost near their end."""
    started = time.monotonic()
    for number, viewer in enumerate(viewers):
        watch(viewers[:number], deadline=started + plan.over * number / plan.answers)
        viewer.send(
            {
                "type": "send",
                "client_id": new_client_id(),
                "conversation": None,
                "parent": None,
                "text": f"Question {number}",
            }
        )
    end = time.monotonic() + plan.seconds
    watch(viewers, deadline=end - plan.seconds / 10)
    peak = _cost(server)
    watch(viewers, deadline=end + _PATIENCE)
    return peak


def _check(plan: Plan, viewers: Sequence[Viewer], server: Server, browser: Browser) -> Tally:
    """Compare what was sent with the database, and with what each page holds at the end."""
    sent = chunks_of(plan.rate, plan.seconds)
    with closing(sqlite3.connect(server.data_dir / "liaochat.db")) as database:
        stored = dict(
            database.execute("select id, text from messages where role = 'assistant'").fetchall()
        )
    texts = [stored.get(viewer.message, "") for viewer in viewers]
    texts += [viewer.page_text() for viewer in viewers]
    texts += [browser.get(f"/c/{viewers[0].conversation}").text]
    return total(tally(text, sent) for text in texts)


def _cost(server: Server) -> Cost:
    return cost([server.process.pid, *server.workers()])


if __name__ == "__main__":
    main()
