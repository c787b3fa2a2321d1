"""Whatever happens to a browser's connections: it ends with the text that was sent."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

import pytest

from tests.browser.person import Person, Tab
from tests.faults.tabs import cut_off, expect_text, meet_by
from tests.support.cuts import CuttableWay
from tests.support.server import Address, Server
from tests.upstream.texts import numbered

WORDS = 400


@pytest.fixture
def way(server: Server) -> Iterator[CuttableWay]:
    with CuttableWay(int(server.url.rpartition(":")[2])) as one:
        yield one


def test_tabs_that_are_cut_off_and_reloaded_end_with_the_text_that_was_sent(
    way: CuttableWay, meet: Callable[..., Person], server: Server
) -> None:
    person = meet(Address(way.url, server.data_dir))
    chance = random.Random(5)  # noqa: S311 - a seed that can be repeated
    tabs = meet_by(person, f"#scattered:{WORDS},5,5", tabs=2)

    cut_off(way, tabs, 6, chance)

    for tab in tabs:
        expect_text(tab, numbered(WORDS).strip())


def test_a_page_that_was_asleep_does_not_trust_the_socket_that_it_had(
    way: CuttableWay, meet: Callable[..., Person], server: Server
) -> None:
    tab = meet(Address(way.url, server.data_dir)).sign_in(
        model="liaobots/gpt-4", auth_code="test-code-4321"
    )
    tab.page.clock.install()
    tab.page.reload()
    tab.ask("#echo before")
    _show(tab, "hidden")
    way.lose()
    tab.page.clock.fast_forward(60_000)

    _show(tab, "visible")

    tab.until(lambda: way.streams)
    tab.ask("#echo after")


def _show(tab: Tab, state: str) -> None:
    tab.page.evaluate(
        """(state) => {
          Object.defineProperty(document, "visibilityState", { value: state, configurable: true });
          document.dispatchEvent(new Event("visibilitychange"));
        }""",
        state,
    )
