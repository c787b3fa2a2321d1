"""Fail where a figure has become worse by more than a fifth: `python -m bench.check`.

No figure is a time: each is a size, a count, or what the server's processes cost by the
processor over what another program costs in the same run. What a busy machine does to one of
the two it does to the other, and the best of the runs is taken, for other work only adds.
`limits.toml` holds what each was; `--write` says so anew, for a change that is worth it.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Mapping
from pathlib import Path

from bench.chromium import chromium
from bench.page import both_of, first_of
from bench.serving import Serving
from bench.start import installed
from bench.streams import Case, floor, measured, warm
from bench.table import head, row
from tests.support.server import Browser

_LIMITS = Path(__file__).with_name("limits.toml")
_WORSE = 1.2
_LONG = 12.0
"""Seconds of an answer; processor time is told in steps of 10 ms, and nginx needs little."""

_CHARACTERS = 30_000
"""Of an answer on the page. The longer it is, the dearer it is to append to it."""

_HEAD = """# What `python -m bench.check --write` measured. A fifth more than this fails.

"""
_IMPORTS = "import flask, flask_sock, gunicorn.workers.gthread, requests, sqlalchemy, markdown_it"

Figures = Mapping[str, float]


def main() -> int:
    parser = argparse.ArgumentParser(prog="bench.check", description=__doc__)
    parser.add_argument("--runs", type=int, default=3, help="of which the best is taken")
    parser.add_argument("--only", nargs="+", choices=list(_PARTS), default=list(_PARTS))
    parser.add_argument("--write", action="store_true", help="make these the limits")
    asked = parser.parse_args()
    known: dict[str, float] = tomllib.loads(_LIMITS.read_text("utf-8")) if _LIMITS.exists() else {}
    print(head("figure", "was", "is", "is / was"))
    found: dict[str, float] = {}
    for part in asked.only:
        for name, value in _best(part, asked.runs).items():
            found[name] = value
            was = known.get(name)
            cells = ("", "") if was is None else (f"{was:.4g}", f"{value / was:.2f}")
            print(row(name, cells[0], f"{value:.4g}", cells[1]), flush=True)
    if asked.write:
        _write(known | found)
        return 0
    worse = [name for name in found if found[name] > _WORSE * known.get(name, 0.0)]
    for name in worse:
        print(f"Worse by more than a fifth, or without a limit: {name}.", file=sys.stderr)
    return 1 if worse else 0


def _best(part: str, runs: int) -> Figures:
    all_runs = [_PARTS[part]() for _ in range(1 if part in _EXACT else runs)]
    return {name: min(run[name] for run in all_runs) for name in all_runs[0]}


def _write(figures: Figures) -> None:
    lines = [f'"{name}" = {value:.4g}\n' for name, value in figures.items()]
    _LIMITS.write_text(_HEAD + "".join(lines), "utf-8")


def _streams() -> Figures:
    """A hundred answers at once, against nginx, which copies the same bytes."""
    case = Case(answers=100, rate=50, seconds=_LONG)
    least = floor(case).steady
    drawn, plain = measured(case), measured(case, plain=True)
    return {
        "CPU of a chunk, over nginx's": drawn.steady / least,
        "CPU of a chunk without rendering, over nginx's": plain.steady / least,
        "CPU of a beginning and an end, in chunks of nginx's": case.chunks
        * max(drawn.cpu - drawn.steady, 0)
        / least,
        "bytes on the wire of a chunk": drawn.size,
        "kB of memory of a stream": drawn.stream,
    }


def _watchers() -> Figures:
    one, three = (measured(Case(answers=50, rate=50, watchers=n, seconds=_LONG)) for n in (1, 3))
    return {"CPU of a chunk for three who watch, over one's": three.steady / one.steady}


def _start() -> Figures:
    """A start to the first page, against a Python that only imports what we build on."""
    with tempfile.TemporaryDirectory(prefix="liaochat-bench-") as folder:
        with Serving(Path(folder)):
            pass  # the first start makes the database
        with Serving(Path(folder)) as server:
            with Browser(server, link=server.link) as browser:
                browser.get("/")
                spent, idle = server.cost().cpu, server.cost().pss
                warm(browser)
            held = server.cost().pss
    return {
        "CPU of a start to the first page, over that of the imports": spent / _imports(),
        "MB held when idle": idle / 1e6,
        "MB held after the first words": held / 1e6,
    }


def _imports() -> float:
    before = _spent_by_children()
    subprocess.run([sys.executable, "-c", _IMPORTS], check=True)
    return _spent_by_children() - before


def _spent_by_children() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _page() -> Figures:
    with (
        tempfile.TemporaryDirectory(prefix="liaochat-bench-") as folder,
        Serving(Path(folder)) as server,
        Browser(server, link=server.link) as person,
        chromium() as browser,
    ):
        first = first_of(browser, person)
    return {"requests of the first page": first.requests, "its kB over the wire": first.size}


def _answer() -> Figures:
    """The page's main thread while an answer streams, against one that only appends the text."""
    with chromium() as browser:
        ours, appends = both_of(browser, _CHARACTERS)
    return {
        "CPU of the page while it streams, over one's that only appends": ours.cpu / appends.cpu
    }


def _installed() -> Figures:
    found = installed()
    return {"distributions installed": found.distributions, "MB installed": found.size}


_PARTS = {
    "streams": _streams,
    "watchers": _watchers,
    "start": _start,
    "page": _page,
    "answer": _answer,
    "installed": _installed,
}
_EXACT = {"page", "installed"}
"""Those that come out the same each time."""


if __name__ == "__main__":
    sys.exit(main())
