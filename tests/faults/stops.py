"""Stops, measured where they matter: when the upstream saw its connection end."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from tests.support.events import EventWire
from tests.support.page import Page
from tests.support.server import Browser
from tests.upstream import Upstream

SCENARIOS = {"#silent": "", "#stall": "This is all that", "#slow:2000,10": "0000001"}
"""Upstreams that say nothing, fall silent, and talk; and what of them is waited for."""


class Stopper:
    """Somebody with a tab that asks, another one, and one without a WebSocket."""

    def __init__(self, browser: Browser, liaobots: Upstream) -> None:
        self._browser = browser
        self._liaobots = liaobots
        self._asking = browser.open()
        self._others = {"another tab": browser.open(), "a tab without a socket": self._by_events()}
        self.ways: dict[str, Callable[[], None]] = {
            "its own tab": self._asking.stop,
            **{name: page.stop for name, page in self._others.items()},
            "a form": self._by_form,
        }

    def stop(self, scenario: str, way: str) -> float:
        """Ask, and stop the answer in one of the ways; the seconds until the upstream knew."""
        page, count = self._asking, len(self._liaobots.received)
        page.conversation, page.articles = None, []
        page.send(f"{scenario} to be stopped")
        page.wait("messages")
        received = self._liaobots.wait_for(count + 1)
        for other in self._others.values():
            other.conversation, other.articles = page.conversation, []
            other.watch()
            other.wait("messages", conversation=page.conversation)
        page.wait_for_text(SCENARIOS[scenario])

        stopped = time.monotonic()
        self.ways[way]()

        for one in (page, *self._others.values()):
            one.wait("ended", state="stopped")
        assert received.disconnected.wait(10), "the upstream was never told"
        return received.disconnected_at - stopped

    def _by_events(self) -> Page:
        wire: Any = EventWire(self._browser)
        page = Page(wire)
        self._browser.pages.append(page)
        return page

    def _by_form(self) -> None:
        answer = self._asking.answer.id
        assert self._browser.post(f"/messages/{answer}/stop").status_code == 200
