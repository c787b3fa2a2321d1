"""What the counted promises need: a server of one's own, and figures in words."""

from __future__ import annotations

import sqlite3
import statistics
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.server import Browser, Server
from tests.upstream import Upstream, upstream


@dataclass(frozen=True)
class Scene:
    """A server of one's own before a scripted upstream."""

    server: Server
    liaobots: Upstream
    browser: Browser


@contextmanager
def scene(**settings: str) -> Iterator[Scene]:
    with (
        tempfile.TemporaryDirectory(prefix="liaochat-counted-") as folder,
        upstream(pace=0.002) as liaobots,
        Server(Path(folder), {"liaobots_url": liaobots.url, **settings}) as server,
        Browser(server) as browser,
    ):
        browser.use("liaobots/gpt-4", "test-code-4321")
        yield Scene(server, liaobots, browser)


def memory(server: Server) -> int:
    """The resident bytes of the server's worker."""
    (worker,) = server.workers()
    status = Path(f"/proc/{worker}/status").read_text("ascii")
    line = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) * 1024


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the write lock of a data folder's database, as another program would."""
    with closing(sqlite3.connect(folder / "liaochat.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


def spread(values: Sequence[float], unit: str) -> str:
    """Min, median and max."""
    low, middle, high = min(values), statistics.median(values), max(values)
    return f"{low:.3g} / {middle:.3g} / {high:.3g} {unit}"


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
