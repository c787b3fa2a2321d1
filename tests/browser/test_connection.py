"""When the server goes, comes back, or does not want the page: what the strip says."""

from __future__ import annotations

import re
import signal
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest
from playwright.sync_api import expect

from tests.browser.person import Person, Tab
from tests.support.server import Server

Meet = Callable[..., Person]
StartServer = Callable[..., Server]


@pytest.fixture
def own_server(start_server: StartServer) -> Iterator[Server]:
    """A server that a test may stop."""
    return start_server()


@pytest.fixture
def guest(meet: Meet, own_server: Server) -> Tab:
    """A page of that server. That it cannot be reached is what its console may say."""
    person = meet(own_server)
    person.expects("net::ERR_")
    return person.sign_in(model="liaobots/gpt-4", auth_code="test-code-4321")


def test_a_restart_in_mid_answer_keeps_the_text_and_the_page_comes_back_by_itself(
    guest: Tab, own_server: Server
) -> None:
    guest.ask("#echo before")
    guest.send("#stall")
    expect(guest.words).to_contain_text("This is all that")

    own_server.stop(signal.SIGTERM)
    own_server.start(port=own_server.url.rpartition(":")[2])

    guest.expect_end("interrupted")
    expect(guest.words).to_contain_text("This is all that")
    expect(guest.answer).to_contain_text("The server was restarted while it was answering.")
    expect(guest.strip).to_be_hidden()
    expect(guest.send_button).to_be_visible()
    guest.ask("#echo after")
    guest.page.reload()
    expect(guest.questions).to_have_text([re.compile(w) for w in ("before", "stall", "after")])
    expect(guest.model).to_have_value("liaobots/gpt-4")


def test_a_lost_connection_is_said_with_a_way_to_try_at_once(
    guest: Tab, own_server: Server
) -> None:
    # The page's own clock stands still: what is tried then is tried by the button.
    _stop_the_clock(guest)
    expect(guest.strip).to_be_hidden()
    own_server.stop()
    expect(guest.page.locator(".connection__when")).to_have_text(re.compile(r"\d"))
    guest.page.clock.run_for(1300)
    expect(guest.strip).to_contain_text("The connection was lost.")
    expect(guest.strip).to_contain_text(re.compile(r"Trying again in \d+ s\."))
    expect(guest.status).to_have_text("The connection was lost.")
    guest.message.fill("written meanwhile")
    own_server.start(port=own_server.url.rpartition(":")[2])

    retry = guest.page.get_by_role("button", name="Try now")
    retry.focus()
    retry.press("Enter")

    expect(guest.strip).to_be_hidden()
    expect(guest.status).to_have_text("Connected again")
    expect(guest.message).to_be_focused()
    expect(guest.message).to_have_value("written meanwhile")


_STEP = 10
# When the page made a socket, by its own clock: Playwright hears of it later.
_NOTE_TRIES = """() => {
  window.tries = [];
  window.WebSocket = class extends WebSocket {
    constructor(...how) {
      window.tries.push(Date.now());
      super(...how);
    }
  };
}"""


def _stop_the_clock(tab: Tab) -> None:
    heard: list[str | bytes] = []

    def note(frame: str | bytes) -> None:
        heard.append(frame)

    tab.page.clock.install()
    tab.page.once("websocket", lambda socket: socket.on("framereceived", note))
    tab.page.reload()
    tab.until(lambda: heard)
    expect(tab.message).to_be_focused()
    tab.page.evaluate(_NOTE_TRIES)
    tab.page.clock.pause_at(time.time() + 60)


def _wait_before_a_try(tab: Tab) -> float:
    """Let the page's own clock run until it tries to connect again; how long that was."""
    expect(tab.page.locator(".connection__when")).to_have_text(re.compile(r"\d"))
    began = tab.page.evaluate("() => Date.now()")
    while tab.page.evaluate("began => window.tries.every((at) => at < began)", began):
        tab.page.clock.run_for(_STEP)
    return (tab.page.evaluate("() => window.tries.at(-1)") - began) / 1000


@pytest.mark.parametrize(
    ("end", "longest"),
    [(signal.SIGTERM, [1, 1.5, 1.5, 1.5]), (signal.SIGKILL, [1, 2, 4, 8])],
    ids=["it said that it restarts", "it was lost"],
)
def test_the_waits_between_two_tries_grow_and_are_scattered(
    guest: Tab, own_server: Server, end: signal.Signals, longest: list[float]
) -> None:
    _stop_the_clock(guest)
    own_server.stop() if end == signal.SIGTERM else own_server.kill()

    waits = [_wait_before_a_try(guest) for _ in longest]

    parts = [wait / most for wait, most in zip(waits, longest, strict=True)]
    # It may begin while the clock runs: then it has run for less than a step already.
    assert all(0.48 < part < 1.01 for part in parts), waits
    assert max(parts) - min(parts) > 0.02, f"not scattered: {waits}"


@pytest.mark.parametrize("event", ["online", "visible"])
def test_who_comes_back_does_not_wait_for_the_next_try(
    guest: Tab, own_server: Server, event: str
) -> None:
    _stop_the_clock(guest)
    own_server.stop()
    _wait_before_a_try(guest)
    expect(guest.page.locator(".connection__when")).to_have_text(re.compile(r"\d"))
    own_server.start(port=own_server.url.rpartition(":")[2])

    target = "window" if event == "online" else "document"
    name = "online" if event == "online" else "visibilitychange"
    guest.page.evaluate(f"() => {target}.dispatchEvent(new Event('{name}'))")

    expect(guest.strip).to_be_hidden()
    guest.ask("#echo back")


def test_what_cannot_be_deleted_or_shown_without_a_connection_is_said(
    guest: Tab, own_server: Server
) -> None:
    guest.ask("#echo before")
    more = guest.answer.get_by_role("button", name="More")
    own_server.stop()
    expect(guest.strip).to_be_visible()
    more.click()  # what it opens was never loaded
    expect(guest.alert).to_contain_text("Nothing was done: the connection was lost.")
    own_server.start(port=own_server.url.rpartition(":")[2])
    expect(guest.strip).to_be_hidden()
    guest.page.reload()
    more.click()
    branch = guest.log.get_by_role("button", name="Branch from here")
    expect(branch).to_be_visible()
    guest.page.keyboard.press("Escape")
    expect(branch).to_be_hidden()
    own_server.stop()
    expect(guest.strip).to_be_visible()

    more.click()
    for name in ("Delete this and what follows", "Delete"):
        guest.log.get_by_role("button", name=name, exact=True).click()

    expect(guest.alert).to_contain_text("Nothing was done: the connection was lost.")
    expect(guest.articles).to_have_count(2)


def test_a_message_sent_while_the_server_is_away_is_sent_when_it_is_back(
    guest: Tab, own_server: Server
) -> None:
    own_server.stop()
    expect(guest.strip).to_be_visible()

    guest.send("#echo patience")
    expect(guest.questions).to_have_attribute("data-state", "pending")
    own_server.start(port=own_server.url.rpartition(":")[2])

    guest.expect_end()
    expect(guest.questions).to_have_count(1)
    expect(guest.words).to_have_text("#echo patience")


def test_being_offline_is_said_and_ends_by_itself(guest: Tab, own_server: Server) -> None:
    own_server.stop()

    guest.person.context.set_offline(True)

    expect(guest.strip).to_contain_text("You are offline. What you write is kept here.")
    own_server.start(port=own_server.url.rpartition(":")[2])
    guest.person.context.set_offline(False)
    expect(guest.strip).to_be_hidden()


def test_a_page_that_loses_its_network_asks_at_once_whether_the_server_is_there(
    meet: Meet,
) -> None:
    person = meet()
    tab = person.sign_in(model="liaobots/gpt-4", auth_code="test-code-4321")
    tab.ask("#echo one")
    sockets = len(person.sockets)

    tab.page.evaluate("() => dispatchEvent(new Event('offline'))")

    tab.until(lambda: len(person.sockets) == sockets + 1)
    tab.ask("#echo two")
    expect(tab.strip).to_be_hidden()


def test_whoever_is_signed_out_is_told_and_finds_the_draft_again(meet: Meet) -> None:
    person = meet()
    tab = person.sign_in()
    with closing(sqlite3.connect(person.server.data_dir / "liaochat.db")) as database:
        database.execute("DELETE FROM browser_sessions WHERE id_hash = ?", [person.session_hash])
        database.commit()

    tab.send("what I wanted to say")

    expect(tab.strip).to_contain_text("You are signed out.")
    expect(tab.page.get_by_role("button", name="Try now")).to_be_hidden()
    tab.strip.get_by_role("link", name="Sign in").click()
    expect(tab.page.get_by_role("textbox", name="Password")).to_be_visible()
    tab.page.goto(person.server.fresh_link())
    expect(tab.message).to_have_value("what I wanted to say")


def test_one_page_too_many_says_so_and_comes_in_when_another_is_closed(
    meet: Meet, start_server: StartServer
) -> None:
    person = meet(start_server(max_sockets_per_user="1"))
    tab = person.sign_in()
    expect(tab.strip).to_be_hidden()

    second = person.open()
    expect(second.strip).to_contain_text("Liaochat is open in too many tabs. Close one of them.")
    tab.page.close()
    second.page.get_by_role("button", name="Try now").click()

    expect(second.strip).to_be_hidden()
