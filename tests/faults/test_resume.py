"""Any number of lost connections, on any page: nothing is lost, doubled or out of order."""

from __future__ import annotations

from collections.abc import Callable

from tests.faults.readers import shown_to_all
from tests.support.server import Browser, Server
from tests.upstream.texts import numbered

StartServer = Callable[..., Server]


def test_readers_who_are_cut_off_again_and_again_end_with_the_text_that_was_sent(
    server: Server, browser: Browser
) -> None:
    page = browser.open()
    page.send("#slow:300,8")
    page.wait("accepted")
    conversation = str(page.conversation)

    shown = shown_to_all(browser, conversation, readers=6, cuts=40, seed=20261122)
    page.wait("ended", state="complete")

    words = numbered(300).strip()
    stored = browser.get(f"/c/{conversation}/export.json").json()
    assert all(text.count(words) == 1 for text in shown)
    assert all(text.count("0000150") == 1 for text in shown)
    assert page.text() == words
    (told,) = stored["conversations"]
    assert [message["text"].strip() for message in told["messages"]] == ["#slow:300,8", words]
    assert server.process.poll() is None
