"""Measure a start: `python -m bench.start`.

From the start of the process to the printed link, and to the first chat page; and what
the idle server holds in memory. The second start is the one that people wait for: the
first also makes the database.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from pathlib import Path

from bench.processes import cost
from bench.table import head, row, spread
from tests.support.server import Browser, Server

_QUIET = 5.0


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench.start", description=__doc__)
    parser.add_argument("--runs", type=int, default=3, help="more than one: min / median / max")
    runs = parser.parse_args().runs
    print(head("start", "link s", "page s", "RSS MB", "PSS MB", "threads", "load before"))
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="liaochat-bench-") as folder:
        first = _measured(Path(folder))
        later = [_measured(Path(folder)) for _ in range(runs)]
    for title, measured in (("first", [first]), ("second", later)):
        figures = zip(*measured, strict=True)
        print(row(title, *(spread(one, "{:.2f}".format) for one in figures), f"{load:.1f}"))


def _measured(folder: Path) -> tuple[float, float, float, float, int]:
    """Start once; return the seconds to the link and to the page, and the memory in MB."""
    started = time.monotonic()
    with Server(folder) as server:
        linked = time.monotonic() - started
        with Browser(server, link=server.link) as browser:
            page = browser.get("/")
            shown = time.monotonic() - started
            assert page.status_code == 200, page.text  # noqa: S101 - else it is no figure
            time.sleep(_QUIET)
            idle = cost([server.process.pid, *server.workers()])
    return linked, shown, idle.rss / 1e6, idle.pss / 1e6, idle.threads


if __name__ == "__main__":
    main()
