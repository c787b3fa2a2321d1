"""A real Chromium, and people who look at the real server with it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.browser.person import Person, Tab
from tests.support.chromium import VARIABLE, find_chromium
from tests.support.server import Server

# A machine that has other work, too, is slow and not wrong.
expect.set_options(timeout=15_000)

_QUIET = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One Chromium for all tests. Where there is none they fail: a skip would hide it."""
    executable = find_chromium()
    assert executable, (
        "The browser tests need a Chromium: run “make chromium”, "
        f"or set {VARIABLE} to the path of one."
    )
    # Chromium's sandbox refuses to start under root, which containers run as.
    arguments = [*_QUIET, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=arguments)
        yield browser
        browser.close()


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
