"""The server killed while it streams: what had come and is not stored, in seconds of text."""

from __future__ import annotations

import random
import sqlite3
import time
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.support.page import Page
from tests.support.server import Browser, Server
from tests.upstream import Upstream
from tests.upstream.texts import numbered

MAY_BE_LOST = 0.1

_COUNT = 2000
_PACE = 0.005
_LAST = 0.3
_WORDS = numbered(_COUNT)


@dataclass(frozen=True)
class Loss:
    """Seconds of text before the kill that are not stored.

    `shown` is of what a page had shown, `sent` of what the upstream had sent, which may have
    been on its way; `saved` counts the answers that were called complete before. `starved`
    is for how many of the last seconds the server could not run: others had the processor.
    """

    shown: float
    sent: float
    saved: int
    starved: float

    @property
    def own(self) -> float:
        """What was lost by the server's own doing."""
        return max(0.0, self.shown - self.starved)


def kill_while_streaming(browser: Browser, liaobots: Upstream, chance: random.Random) -> Loss:
    """Kill the server at a random moment of an answer, start it again, and look what is left."""
    page, other = browser.open(), browser.open()
    page.send(f"#slow:{_COUNT},{_PACE * 1000:g}")
    page.wait("patch")
    seen, saved = _watch(page, other, 0.3 + chance.random(), chance)
    waited = _waited(browser.server)
    last, more = _watch(page, other, _LAST, chance)
    running = next(one for one in reversed(liaobots.received) if str(_COUNT) in one.last_message)

    starved = _waited(browser.server) - waited
    killed = time.monotonic()
    browser.server.kill()
    browser.server.start(port=browser.server.url.rpartition(":")[2])
    for one in (page, other):
        browser.pages.remove(one)
        one.socket.sock.close()

    answer = _answer(browser, page.conversation)
    assert answer["state"] == "interrupted"
    assert _WORDS.startswith(answer["text"])
    assert 'data-frame="continue"' in browser.get(f"/c/{page.conversation}").text
    for conversation, text in (saved | more).items():
        whole = _answer(browser, conversation)
        assert (whole["state"], whole["text"].strip()) == ("complete", text)
    with closing(sqlite3.connect(browser.server.data_dir / "liaochat.db")) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    return Loss(
        _missing(killed, seen + last, len(answer["text"].strip())),
        _missing(killed, _totals(running.sent), len(answer["text"].encode())),
        len(saved) + len(more),
        starved,
    )


def _watch(
    page: Page, other: Page, seconds: float, chance: random.Random
) -> tuple[list[tuple[float, int]], dict[str, str]]:
    """Read an answer, while short ones end beside it: how long it was when, and what was saved."""
    seen, saved = [], {}
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if not other.frames or other.frames[-1]["type"] == "ended":
            other.conversation, other.articles, other.frames = None, [], [{"type": "asked"}]
            other.send(f"#slow:{chance.randint(1, 20)},3")
        page.read(0.005)
        seen.append((time.monotonic(), len(page.text())))
        frame = other.read(0.001)
        if frame and frame["type"] == "ended" and frame["state"] == "complete":
            saved[str(other.conversation)] = other.text()
    return seen, saved


def _waited(server: Server) -> float:
    """Seconds that the worker's threads were ready to run, and did not, so far."""
    (worker,) = server.workers()
    delays = 0
    for thread in Path(f"/proc/{worker}/task").iterdir():
        with suppress(OSError):  # it has ended
            delays += int((thread / "schedstat").read_text("ascii").split()[1])
    return delays / 1e9


def _totals(pieces: list[tuple[float, int]]) -> list[tuple[float, int]]:
    total, totals = 0, []
    for at, length in pieces:
        total += length
        totals.append((at, total))
    return totals


def _missing(killed: float, lengths: list[tuple[float, int]], stored: int) -> float:
    """How long before the kill there was more than what is stored."""
    return next((killed - at for at, length in lengths if at < killed and length > stored), 0.0)


def _answer(browser: Browser, conversation: str | None) -> dict[str, str]:
    (told,) = browser.get(f"/c/{conversation}/export.json").json()["conversations"]
    found: dict[str, str] = told["messages"][1]
    return found
