"""Measure a library of years: `python -m bench.library`.

Makes a data folder with many conversations (the same ones every time), starts the server on
it, and measures as a browser does, over HTTP on loopback: the page with its list, pages of the
list, and searches of several kinds. The first answer of a kind is told by itself.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from bench.history import History, Size
from bench.serving import Serving
from bench.table import head, quantile, row
from tests.support.server import Browser
from webapp.clock import SystemClock
from webapp.store import users
from webapp.store.database import Database
from webapp.store.schema import migrate
from webapp.store.tables import messages

_PART = {"Accept": "text/vnd.liaochat"}


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench.library", description=__doc__)
    parser.add_argument("--conversations", type=int, default=10_000)
    parser.add_argument("--messages", type=int, default=200_000)
    parser.add_argument("--runs", type=int, default=15, help="requests of each kind")
    parser.add_argument("--keep", type=Path, help="a folder to make it in, or where it is already")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="liaochat-bench-") as fresh:
        folder = given.keep or Path(fresh)
        _make(folder, Size(given.conversations, given.messages))
        load = os.getloadavg()[0]
        with Serving(folder) as server, Browser(server) as browser:
            print(
                head("request", "found", "first ms", "min / median / p95 / max ms", "load before")
            )
            for title, address in _requests(folder):
                print(row(title, *_measured(browser, address, given.runs), f"{load:.1f}"))


def _make(folder: Path, size: Size) -> None:
    file = folder / "liaochat.db"
    if file.exists():
        return
    folder.mkdir(exist_ok=True)
    with closing(Database(file)) as database:
        migrate(database)
        started = time.monotonic()
        with database.writing() as connection:
            now = SystemClock().now()
            owner = users.ensure_owner(connection, now=now)
            History(size, until=now).write(connection, owner.id)
    took = time.monotonic() - started
    print(f"{size.messages} messages written in {took:.0f} s: {file.stat().st_size / 1e6:.0f} MB\n")


def _requests(folder: Path) -> Iterator[tuple[str, str]]:
    yield "`GET /`", "/"
    yield "`GET /list`", "/list"
    yield "`GET /conversations`", "/conversations"
    for title, query in _searches(folder):
        yield f"search: {title}", f"/search?q={quote(query)}"


def _searches(folder: Path) -> Sequence[tuple[str, str]]:
    """Take words from what was written, so that each finds what its name says."""
    with closing(Database(folder / "liaochat.db")) as database, database.reading() as connection:
        texts = connection.execute(messages.select().with_only_columns(messages.c.text)).scalars()
        chosen = random.Random(5).sample(texts.all(), 4000)  # noqa: S311
    now = SystemClock().now()
    latin = next(text for text in chosen if text.isascii() and len(text) > 400).split()
    han = next(text for text in chosen if not text.isascii() and len(text) > 100)
    rare = max((word.strip(".").lower() for word in latin), key=len)
    return (
        ("a rare word", rare),
        ("a common word", "number"),
        ("the most common word", "the"),
        ("its first letter", "t"),
        ("its first two letters", "th"),
        ("the beginning of a rare word", rare[: len(rare) // 2]),
        ("two common words", "question error"),
        ("a phrase", f'"{" ".join(latin[3:6])}"'),
        ("a phrase of common words, nowhere", '"what which then than"'),
        ("a word that is nowhere", "zqqxzy"),
        ("one Chinese character", han[3]),
        ("two Chinese characters", han[3:5]),
        ("three Chinese characters", han[3:6]),
        ("two that are nowhere", "龘靐"),
        ("a word, a model", "number model:claude"),
        ("a word, a model that is nowhere", "the model:nowhere"),
        ("a word that a rare model did not say", "zq model:rare"),
        ("a word, a rare model", "the model:rare"),
        ("a word, before two years ago", f"number before:{now.year - 2}-{now.month}"),
        ("a word, of this month", f"number after:{now.year}-{now.month}"),
        ("a word, in the trash", "number in:trash"),
        ("a model alone", "model:gpt-4"),
    )


def _measured(browser: Browser, address: str, runs: int) -> tuple[str, str, str]:
    """Ask for it several times: how many were found, the first time, and how all were."""
    took: list[float] = []
    for _ in range(runs + 1):
        started = time.perf_counter()
        response = browser.http.get(browser.server.url + address, headers=_PART, timeout=60)
        took.append((time.perf_counter() - started) * 1000)
        assert response.status_code == 200, response.text  # noqa: S101 - else it is no figure
    first, *later = took
    spread = (min(later), statistics.median(later), quantile(later, 0.95), max(later))
    found = response.text.count("/show") if "/search" in address else response.text.count("<li")
    return str(found), f"{first:.0f}", " / ".join(f"{one:.1f}" for one in spread)


if __name__ == "__main__":
    main()
