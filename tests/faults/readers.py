"""Readers who are cut off at random moments and come back, as phones and laptops do."""

from __future__ import annotations

import random
import socket
import struct
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from tests.support.events import EventWire
from tests.support.page import Page
from tests.support.server import Browser

_RESET = struct.pack("ii", 1, 0)
_PATIENCE = 180
_BY_EVENTS = 0.25
"""The share of readers who have no WebSocket, but events."""


@dataclass(frozen=True)
class Reading:
    """What a reader was shown at the end, and how often they were cut off."""

    text: str
    cuts: int
    cuts_while_running: int
    seconds: float


def cut(page: Page) -> None:
    """End a page's socket as a lost network does: no goodbye in either direction."""
    page.socket.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    page.socket.sock.close()


def come_back(browser: Browser, page: Page, *, by_events: bool = False) -> None:
    """Open a socket anew, and tell the server what the page shows, as ours does."""
    wire: Any = EventWire(browser) if by_events else browser.connect()
    page.socket = wire
    page.closed = None
    for article in page.articles:
        article.version = None
    page.watch()


def read_with_cuts(
    browser: Browser,
    page: Page,
    cuts: int,
    chance: random.Random,
    *,
    between: float,
    by_events: bool,
) -> Reading:
    """Read an answer to its end, cut off so many times, about every so many seconds."""
    done = running = 0
    started = time.monotonic()
    while not page.articles or page.answer.state == "running" or done < cuts:
        assert time.monotonic() < started + _PATIENCE, f"no end: {page.text()[-200:]!r}"
        until = time.monotonic() + chance.expovariate(1 / between)
        while (left := until - time.monotonic()) > 0 and page.closed is None:
            page.read(left)
        if done < cuts:
            running += not page.articles or page.answer.state == "running"
            cut(page)
            done += 1
            come_back(browser, page, by_events=by_events)
        elif page.closed is not None:
            come_back(browser, page, by_events=by_events)
    return Reading(page.text(), done, running, time.monotonic() - started)


def shown_to_all(
    browsers: Sequence[Browser],
    conversation: str,
    *,
    readers: int,
    cuts: int,
    seed: int,
    between: float = 0.03,
) -> list[Reading]:
    """Have readers watch a conversation, each cut off so often, on several devices.

    Who reconnects very often uses up their allowance of processor time, and then waits.
    """

    def read(number: int) -> Reading:
        chance = random.Random(seed + number)  # noqa: S311 - a seed that can be repeated
        browser = browsers[number % len(browsers)]
        by_events = chance.random() < _BY_EVENTS
        wire: Any = EventWire(browser) if by_events else browser.connect()
        page = Page(wire, conversation)
        page.wait("messages")
        try:
            return read_with_cuts(browser, page, cuts, chance, between=between, by_events=by_events)
        finally:
            page.close()

    with ThreadPoolExecutor(readers) as pool:
        return list(pool.map(read, range(readers)))
