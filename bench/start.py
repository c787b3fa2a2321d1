"""Measure a start and an installation: `python -m bench.start`.

From the start of the process to the printed link, and to the first chat page; what the idle
server holds in memory, and once something was counted or asked. The second start is the one
that people wait for: the first also makes the database. The floor is nginx with a page of
the same size. An installation is a fresh environment without the local model.
"""

from __future__ import annotations

import argparse
import compileall
import os
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import requests

from bench.floor import Floor
from bench.serving import Serving
from bench.streams import warm
from bench.table import head, row, spread
from tests.support.server import Browser

_QUIET = 5.0
_HERE = Path(__file__).parent.parent


@dataclass(frozen=True, slots=True)
class Start:
    """Seconds to the link and to the page; megabytes, of which `warm` after a first count."""

    link: float
    page: float
    rss: float
    pss: float
    warm: float
    threads: float


@dataclass(frozen=True, slots=True)
class Installed:
    distributions: int
    size: float
    """Megabytes on the disk, with what Python compiles of it."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench.start", description=__doc__)
    parser.add_argument("--runs", type=int, default=3, help="more than one: min / median / max")
    parser.add_argument("--without-installing", action="store_true")
    asked = parser.parse_args()
    print_starts(asked.runs)
    if not asked.without_installing:
        print()
        print_installed()


def print_starts(runs: int) -> None:
    load = os.getloadavg()[0]
    titles = ("start", "link s", "page s", "RSS MB", "PSS MB", "PSS MB, warm", "threads", "load")
    print(head(*titles))
    with tempfile.TemporaryDirectory(prefix="liaochat-bench-") as folder:
        compileall.compile_dir(_HERE / "webapp", quiet=1)  # as an installation does
        first = measured(Path(folder))
        later = [measured(Path(folder)) for _ in range(runs)]
    for title, starts in (("first", [first]), ("second", later), ("nginx", [_floor()] * runs)):
        print(row(title, *_cells(starts), f"{load:.1f}"), flush=True)


def _cells(starts: Sequence[Start]) -> list[str]:
    forms = {"link": 2, "page": 2, "rss": 0, "pss": 0, "warm": 0, "threads": 0}
    return [
        spread([getattr(one, name) for one in starts], f"{{:.{digits}f}}".format)
        for name, digits in forms.items()
    ]


def measured(folder: Path) -> Start:
    """Start Liaochat once."""
    started = time.monotonic()
    with Serving(folder) as server:
        linked = time.monotonic() - started
        with Browser(server, link=server.link) as browser:
            page = browser.get("/")
            shown = time.monotonic() - started
            assert page.status_code == 200, page.text  # noqa: S101 - else it is no figure
            time.sleep(_QUIET)
            idle = server.cost()
            warm(browser)
            held = server.cost()
    return Start(linked, shown, idle.rss / 1e6, idle.pss / 1e6, held.pss / 1e6, idle.threads)


def _floor() -> Start:
    started = time.monotonic()
    with Floor("http://127.0.0.1:9") as nginx:
        linked = time.monotonic() - started
        (nginx.www / "index.html").write_text("x" * 30_000)
        requests.get(nginx.url, timeout=10)
        shown = time.monotonic() - started
        idle = nginx.cost()
    return Start(linked, shown, idle.rss / 1e6, idle.pss / 1e6, idle.pss / 1e6, idle.threads)


def print_installed() -> None:
    found = installed()
    print(head("installed", "distributions", "MB"))
    print(row("without the local model", found.distributions, f"{found.size:.0f}"), flush=True)


def installed() -> Installed:
    """Install this tree into a fresh environment, as `make run` does, and look at it."""
    with tempfile.TemporaryDirectory(prefix="liaochat-bench-") as folder:
        venv.create(folder, with_pip=False)
        python = Path(folder) / "bin" / "python"
        pip = [sys.executable, "-m", "pip", "--python", str(python), "--quiet"]
        subprocess.run([*pip, "install", "--disable-pip-version-check", str(_HERE)], check=True)
        packages = next(Path(folder).glob("lib/python*/site-packages"))
        return Installed(
            len(list(packages.glob("*.dist-info"))),
            sum(file.stat().st_blocks * 512 for file in packages.rglob("*")) / 1e6,
        )


if __name__ == "__main__":
    main()
