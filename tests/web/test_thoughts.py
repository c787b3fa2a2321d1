"""What a model thinks comes before its answer, for its owner alone, and is there again later."""

from __future__ import annotations

import html
import re
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest

from tests.browser.scripts import Gate, thinks
from tests.support.page import Page
from tests.support.server import Browser, Server
from tests.upstream import Upstream, upstream

_LINK = re.compile(r'value="[^"]*(/shared/[^"]*)"')


@pytest.fixture(scope="module")
def official() -> Iterator[Upstream]:
    with upstream(pace=0.002) as running:
        yield running


@pytest.fixture(scope="module")
def thinking(tmp_path_factory: pytest.TempPathFactory, official: Upstream) -> Iterator[Browser]:
    """The browser of somebody whose model thinks before it answers."""
    settings = {
        "liaobots_door": "official",
        "liaobots_url": official.url,
        "public_sharing": "on",
    }
    with Server(tmp_path_factory.mktemp("thinking"), settings) as server, Browser(server) as one:
        one.use("liaobots/gpt-4", "test-th1nk1ng")
        yield one


def _wait_for_thoughts(page: Page, text: str) -> None:
    while text not in page.answer.thoughts:
        page.wait("thinking")


def test_thoughts_come_live_to_all_pages_of_their_owner_and_are_there_again(
    thinking: Browser, official: Upstream
) -> None:
    gate, page = Gate(), thinking.open()
    official.enqueue(thinks("First \U0001f600 this. ", gate, "Then that.", "The answer."))
    page.send("Why?")
    page.wait("messages")
    _wait_for_thoughts(page, "this. ")

    second = thinking.open(page.conversation)
    second.wait("messages")
    _wait_for_thoughts(second, "this. ")
    so_far = _read(thinking, page)
    gate.open()
    for one in (page, second):
        one.wait("ended", state="complete")

    assert so_far == "First \U0001f600 this. "
    for one in (page, second):
        assert one.answer.thoughts == "First \U0001f600 this. Then that."
        assert one.answer.thoughts_label.startswith("Thought")
        assert one.text() == "The answer."
    again = thinking.get(f"/c/{page.conversation}").text
    assert '<details class="thoughts">' in again
    assert "Then that" not in again
    assert _read(thinking, page) == "First \U0001f600 this. Then that."


def test_thoughts_are_restored_after_a_kill_as_far_as_they_were_journaled(
    start_server: Callable[..., Server], official: Upstream
) -> None:
    server, gate = start_server(liaobots_door="official", liaobots_url=official.url), Gate()
    with Browser(server) as browser:
        browser.use("liaobots/gpt-4", "test-th1nk1ng")
        page = browser.open()
        official.enqueue(thinks("Half a thought", gate, " and more.", "The answer."))
        page.send("Why?")
        page.wait("messages")
        _wait_for_thoughts(page, "Half a thought")
        _wait_journaled(server, "Half a thought")
        port = server.url.rpartition(":")[2]

        server.kill()
        server.start(port=port)

        again = browser.get(f"/c/{page.conversation}").text
        thoughts = _read(browser, page)
        gate.open()
    assert 'data-state="interrupted"' in again
    assert re.search(r'<span class="thoughts__label">Thoughts</span>', again)
    assert thoughts == "Half a thought"


def test_who_reads_by_a_link_sees_no_thoughts_live_or_later(
    thinking: Browser, official: Upstream
) -> None:
    page = thinking.open()
    page.send("#echo one")
    page.wait_answered()
    fields = {"audience": "public", "kind": "live", "days": ""}
    made = thinking.post(f"/c/{page.conversation}/share", **fields).text
    link = _LINK.search(made)
    assert link
    gate = Gate()
    with Browser(thinking.server, sign_in=False) as stranger:
        reader = stranger.open(page.conversation, path=f"{link[1]}/socket")
        official.enqueue(thinks("A secret. ", gate, "Another secret.", "The answer."))
        page.send("And?")
        page.wait("messages")
        _wait_for_thoughts(page, "A secret. ")
        gate.open()
        page.wait("ended", state="complete")
        reader.wait("ended", state="complete")

        assert page.answer.thoughts == "A secret. Another secret."
        assert reader.text() == "The answer."
        everything = str(reader.frames) + stranger.get(link[1]).text
        assert "secret" not in everything
        assert "thoughts" not in re.sub(r"'thoughts': ''", "", everything)


def _read(browser: Browser, page: Page) -> str:
    """Unfold the thoughts before the last answer, with a script and without one."""
    address = f"{browser.server.url}/messages/{page.answer.id}/thoughts"
    part = browser.http.get(address, headers={"Accept": "text/vnd.liaochat"}, timeout=20)
    whole = browser.http.get(address, timeout=20)
    place = re.compile(r'<div class="thoughts__text" dir="auto">(.*?)</div>', re.DOTALL)
    (text,), (same,) = place.findall(part.text), place.findall(whole.text)
    assert text == same
    return html.unescape(text)


def _wait_journaled(server: Server, text: str) -> None:
    with closing(sqlite3.connect(server.data_dir / "liaochat.db")) as database:
        for _ in range(1000):
            rows = database.execute("SELECT text FROM thought_chunks ORDER BY position").fetchall()
            if text in "".join(row[0] for row in rows):
                return
            threading.Event().wait(0.02)
    raise AssertionError("the journal did not get so far")
