"""A page can tell whether its lists are still true when its socket opens."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest

from tests.support.listed import listed, newcomer
from tests.support.server import Browser, Server, new_client_id


@pytest.fixture
def browser(server: Server) -> Iterator[Browser]:
    """Somebody whose lists are this test's alone."""
    user_id, link = newcomer(server)
    listed(server, 2, owner_id=user_id)
    with Browser(server, link=link) as person:
        yield person


def _version(html: str) -> str:
    found = re.search(r'data-version="([^"]+)"', html)
    assert found, html
    return found[1]


def _ids(html: str) -> list[str]:
    return re.findall(r'<li class="entry" data-conversation="(\w+)"', html)


def _said(browser: Browser) -> str:
    """Open a socket and hear of the version."""
    version: str = browser.open().wait("lists")["version"]
    return version


def test_a_page_that_missed_nothing_is_told_the_version_that_it_has(browser: Browser) -> None:
    page = browser.get("/").text

    assert _version(page) == _said(browser)


def _asked(browser: Browser) -> None:
    """Ask, and wait for the end: each is a change of the lists."""
    listening = browser.open()
    listening.wait("lists")
    browser.post("/messages", client_id=new_client_id(), text="#echo one")
    for _ in ("asked", "answered"):
        listening.wait("list")


_CHANGES: dict[str, Callable[[Browser, str], object]] = {
    "rename": lambda browser, one: browser.post(f"/c/{one}/rename", title="Otherwise"),
    "move": lambda browser, one: browser.post(f"/c/{one}/move", name="New"),
    "trash": lambda browser, one: browser.post(f"/c/{one}/trash"),
    "folder": lambda browser, _: browser.post("/folders", name="Empty"),
    "send": lambda browser, _: _asked(browser),
}


@pytest.mark.parametrize("change", _CHANGES)
def test_a_page_that_missed_something_is_told_another_version(
    browser: Browser, change: str
) -> None:
    browser.use("liaobots/gpt-4", "test-1234")
    page = browser.get("/").text
    other = browser.open()
    known = other.wait("lists")["version"]

    _CHANGES[change](browser, _ids(page)[0])

    assert _version(page) == known != _said(browser)
    part = browser.http.get(
        browser.server.url + "/lists", headers={"Accept": "text/vnd.liaochat"}, timeout=20
    )
    assert part.text.startswith('<div class="sidebar__list"')
    assert _version(part.text) == _said(browser)


def test_a_branch_is_listed_on_other_pages(browser: Browser) -> None:
    browser.use("liaobots/gpt-4", "test-1234")
    page = browser.open()
    page.send("#echo one")
    page.wait("ended", state="complete")

    made = browser.post(f"/messages/{page.answer.id}/branch").url.rpartition("/")[2]

    assert page.wait("list", conversation=made)["html"]


def test_what_others_do_leaves_ones_own_version(browser: Browser, server: Server) -> None:
    page = browser.get("/").text
    _, link = newcomer(server)
    with Browser(server, link=link) as other:
        other.post("/folders", name="Theirs")

    assert _version(page) == _said(browser)


def test_without_script_the_lists_are_a_page(browser: Browser) -> None:
    assert browser.get("/lists").url.endswith("/conversations")
