"""Tabs of a real Chromium that are cut off, reloaded and without a network, again and again."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence

from playwright.sync_api import expect

from tests.browser.person import Person, Tab
from tests.support.cuts import CuttableWay
from tests.support.server import Server

MAY_SAY = ("net::ERR_", "WebSocket connection to", "a status of 404")
"""What the console of a page may say whose connections are cut: a frame that is posted to a
stream of events which was just cut finds none."""

_LONGEST_ANSWER = 600_000
_PATIENCE = 60_000
_FAULTS = {"cut": 12, "reload": 2, "offline": 1}


def cut_off(way: CuttableWay, tabs: Sequence[Tab], cuts: int, chance: random.Random) -> int:
    """Cut all connections of tabs until so many streams of news were cut; how many they were.

    Between two cuts a tab may be reloaded, or lose its network for a moment.
    """
    done = 0
    while done < cuts:
        (fault,) = chance.choices(list(_FAULTS), list(_FAULTS.values()))
        tab = chance.choice(tabs)
        tab.page.wait_for_timeout(chance.expovariate(1 / 150))
        if fault == "reload":
            tab.page.reload(wait_until="commit")
        elif fault == "offline":
            tab.person.context.set_offline(True)
            tab.page.wait_for_timeout(chance.uniform(20, 200))
            tab.person.context.set_offline(False)
        elif chance.random() < 0.7:
            _wait_for_stream(way, tab)
        done += way.cut()
    return done


def _wait_for_stream(way: CuttableWay, tab: Tab) -> None:
    until = time.monotonic() + 30
    while not way.streams and time.monotonic() < until:
        tab.page.wait_for_timeout(20)


def expect_text(tab: Tab, words: str) -> None:
    """Wait for the end; what the page shows is what was sent, no more and no less."""
    expect(tab.answer).to_have_attribute("data-state", "complete", timeout=_LONGEST_ANSWER)
    shown = tab.text().strip()
    assert shown == words, f"{len(shown)} and not {len(words)}: {shown[-80:]!r}"
    shown_once = tab.answers.count(), tab.questions.count()
    # A page that was loaded late begins with the answer, where that is long.
    assert shown_once in {(1, 1), (1, 0)}, shown_once


def meet_by(person: Person, question: str, *, tabs: int) -> list[Tab]:
    """Open tabs by a way that can be cut: the first asks, the others watch."""
    for line in MAY_SAY:
        person.expects(line)
    asking = person.sign_in(model="liaobots/gpt-4", auth_code="test-code-4321")
    asking.send(question)
    expect(asking.words).to_contain_text("0000001", timeout=_PATIENCE)
    return [asking, *(person.open(f"/c/{asking.conversation}") for _ in range(tabs - 1))]


def seconds_to_come_back(tabs: Sequence[Tab], server: Server, away: float) -> list[float]:
    """Restart the server by its signal while each tab has an answer, and keep it away so long.

    How long after the new start each tab shows what became of its answer.
    """
    for tab in tabs:
        tab.page.goto("/")
        tab.send("#stall")
        expect(tab.words).to_contain_text("This is all that", timeout=_PATIENCE)
    assert server.stop() == 0
    tabs[0].page.wait_for_timeout(1000 * away)
    server.start(port=server.url.rpartition(":")[2])
    started, took = time.monotonic(), {}
    while len(took) < len(tabs):
        assert time.monotonic() < started + 60, f"only {len(took)} tabs came back"
        for tab in tabs:
            if tab not in took and tab.answer.get_attribute("data-state") == "interrupted":
                took[tab] = time.monotonic() - started
    return list(took.values())
