"""A real Chromium, and people who look at the real server with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.person import Person, Tab
from tests.support.chromium import running_chromium
from tests.support.server import Server

# A machine that has other work, too, is slow and not wrong.
expect.set_options(timeout=15_000)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One Chromium for all tests."""
    with running_chromium() as browser:
        yield browser


@pytest.fixture
def meet(
    chromium: Browser,
    server: Server,
    start_server: Callable[..., Server],  # noqa: ARG001 - its servers outlive their visitors
) -> Iterator[Callable[..., Person]]:
    """Bring people to a server, each with a browser of their own, and see that all was well.

    Whoever they are, their pages must not say an error in the console, break their own
    policy, ask anything of anybody but the server, or open a dialog.
    """
    people: list[Person] = []

    def bring(to: Server = server, **options: object) -> Person:
        people.append(Person(chromium, to, **options))
        return people[-1]

    yield bring
    for person in people:
        person.leave()
    assert [fault for person in people for fault in person.faults] == []


@pytest.fixture
def tab(meet: Callable[..., Person]) -> Tab:
    """A page with a new chat, whose reader has signed in and talks to the scripted GPT-4."""
    return meet().sign_in(model="liaobots/gpt-4", auth_code="test-code-4321")
