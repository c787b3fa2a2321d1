"""Behind a proxy that lets no socket through: the page goes on, and nobody has to do anything."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from playwright.sync_api import expect

from tests.browser.person import Person, Tab
from tests.support.proxy import Proxy
from tests.support.server import Address, Server

Enter = Callable[..., Tab]


@pytest.fixture
def enter(meet: Callable[..., Person], server: Server) -> Iterator[Enter]:
    """Come to the server through a proxy, signed in, ready to ask the scripted GPT-4."""
    with ExitStack() as proxies:

        def come(upgrade: str, to: Server = server) -> Tab:
            port = int(to.url.rpartition(":")[2])
            proxy = proxies.enter_context(Proxy(port, upgrade))
            person = meet(Address(proxy.url, to.data_dir))
            proxies.callback(person.leave)  # before the proxy goes, which their pages would say
            person.expects("WebSocket connection to")
            return person.sign_in(model="liaobots/gpt-4", auth_code="test-code-4321")

        yield come


@pytest.mark.parametrize("upgrade", ["strip", "refuse"])
def test_where_no_socket_can_be_opened_a_question_is_answered_all_the_same(
    enter: Enter, upgrade: str
) -> None:
    tab = enter(upgrade)

    tab.ask("#default")

    expect(tab.strip).to_be_hidden()
    shown = tab.text()
    tab.page.reload()
    expect(tab.words).to_have_text(shown)
    expect(tab.conversations.locator("li[data-conversation]").first).to_contain_text("#default")


def test_an_answer_streams_and_is_stopped_without_a_socket(enter: Enter) -> None:
    tab = enter("strip")
    tab.send("#stall")
    expect(tab.words).to_contain_text("This is all that")

    tab.page.reload()
    expect(tab.words).to_contain_text("This is all that")
    tab.stop_button.click()

    tab.expect_end("stopped")
    tab.ask("#echo and on")
    expect(tab.words).to_have_text("#echo and on")


def test_a_socket_that_opens_and_is_silent_is_given_up(enter: Enter) -> None:
    tab = enter("mute")

    tab.send("#echo is anybody there")

    tab.expect_end()
    expect(tab.words).to_have_text("#echo is anybody there")
    expect(tab.strip).to_be_hidden()


def test_a_page_that_goes_without_sockets_tries_them_no_more_for_a_while(enter: Enter) -> None:
    tab = enter("refuse")
    tab.ask("#echo one")
    tried = len(tab.person.sockets)

    tab.page.reload()
    tab.ask("#echo two")

    assert len(tab.person.sockets) == tried
    tab.page.evaluate("() => sessionStorage.setItem('liaochat-by-events', Date.now())")
    tab.page.reload()
    tab.ask("#echo three")
    assert len(tab.person.sockets) > tried


def test_where_sockets_get_through_no_events_are_asked_for(tab: Tab) -> None:
    tab.ask("#echo one")

    assert not [one for one in tab.person.requests if "events" in one.url]


def test_without_a_socket_a_restart_of_the_server_is_survived(
    enter: Enter, start_server: Callable[..., Server]
) -> None:
    own = start_server()
    tab = enter("refuse", own)
    tab.person.expects("net::ERR_")
    tab.person.expects("status of 404")  # a frame that comes when the stream has ended
    tab.ask("#echo before")

    own.stop()
    expect(tab.strip).to_contain_text("The connection was lost.")
    own.start(port=own.url.rpartition(":")[2])

    expect(tab.strip).to_be_hidden(timeout=30_000)
    tab.ask("#echo after")
    expect(tab.questions).to_have_count(2)
