"""The doorkeeper looks as long as pages are open, and no more often for every one that comes."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Iterable, Iterator

import pytest

from tests.web.test_hub import Page
from webapp.web.connection import SIGNED_OUT
from webapp.web.doorkeeper import ROUND, Doorkeeper
from webapp.web.hub import Hub

_SOON = 10


class House:
    """A hub, its doorkeeper, and which sessions are asked after in each round."""

    def __init__(self) -> None:
        self.hub = Hub(limit=99, limit_per_user=99)
        self.signed_in = {"ada", "ben"}
        self.asked: queue.SimpleQueue[set[str]] = queue.SimpleQueue()
        self.doorkeeper = Doorkeeper(self.hub, lambda _ids: set(), self._ask)

    def come(self, name: str) -> Page:
        page = Page(name, session_hash=name)
        self.hub.add(page)  # type: ignore[arg-type] - all that the hub knows of a connection
        self.doorkeeper.look()
        return page

    def _ask(self, ids: Iterable[str]) -> set[str]:
        self.asked.put(set(ids))
        return self.signed_in & set(ids)


@pytest.fixture
def house() -> Iterator[House]:
    made = House()
    made.doorkeeper.start()
    yield made
    made.doorkeeper.close(_SOON)


def test_a_page_whose_session_has_ended_is_closed(house: House) -> None:
    page, other = house.come("ada"), house.come("ben")
    house.asked.get(timeout=_SOON)

    house.signed_in.remove("ada")
    while not page.closed:
        house.asked.get(timeout=_SOON)

    assert [code for code, _ in page.closed] == [SIGNED_OUT]
    assert other.closed == []


def test_who_comes_while_it_looks_is_looked_at_in_the_next_round(house: House) -> None:
    started = time.monotonic()
    house.come("ada")
    for _ in range(50):
        house.come("ben")
        threading.Event().wait(0.005)

    rounds = 1
    while house.asked.get(timeout=_SOON) != {"ada", "ben"}:
        rounds += 1
    rounds += house.asked.qsize()
    assert rounds <= 2 + (time.monotonic() - started) / ROUND


def test_it_looks_again_when_somebody_comes_to_an_empty_house(house: House) -> None:
    page = house.come("ada")
    house.asked.get(timeout=_SOON)
    house.hub.remove(page)  # type: ignore[arg-type]
    while house.doorkeeper.looking:
        threading.Event().wait(0.01)

    house.come("ben")

    assert house.asked.get(timeout=_SOON) == {"ben"}
