"""Two pages, and whatever they do by turns: both end with what the server has."""

from __future__ import annotations

import random
import re
import uuid

import pytest

from tests.support.page import Page
from tests.support.past import held
from tests.support.server import Browser, Server

_STEPS = 30


@pytest.mark.parametrize("seed", range(2))
def test_two_pages_agree_with_the_server_whatever_they_do(
    browser: Browser, server: Server, seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311 - for tests
    past = held(server, [f"#echo {number}" for number in range(64)])
    pages = [browser.open(past.id) for _ in range(2)]
    for page in pages:
        page.wait("messages")
    # The other one stands in the middle.
    pages[1].take(browser.get(f"/c/{past.id}?at={past.messages[9]}").text)

    for _ in range(_STEPS):
        _do_something(chance, chance.choice(pages))
        for page in pages:
            if chance.random() < 0.7:  # else it falls behind
                _settle(page)
    for page in pages * 3:  # a frame may make a page ask, and its command tell the other
        _settle(page)

    branch = _branch(browser, past.id)
    for page in pages:
        shown = [article.id for article in page.articles]
        start = branch.index(shown[0]) if shown else 0
        assert shown == branch[start : start + len(shown)]
        assert (page.newer is None) == (start + len(shown) == len(branch))
        assert all(article.state == "complete" for article in page.articles)


def _do_something(chance: random.Random, page: Page) -> None:
    if not page.articles:
        return
    article = chance.choice(page.articles)
    match chance.choice(("show", "show", "regenerate", "edit", "delete", "send", "watch")):
        case "show":
            beside = re.findall(r'data-frame="show" data-message="([0-9a-f]{32})"', article.html)
            page.put(type="show", message=chance.choice([article.id, *beside]))
        case "regenerate":
            page.put(type="regenerate", client_id=str(uuid.uuid4()), message=article.id)
        case "edit":
            fields = {"client_id": str(uuid.uuid4()), "message": article.id}
            page.put(type="edit", text=f"#echo {chance.random()}", **fields)
        case "delete" if chance.random() < 0.5:
            page.delete(article.id)
        case "send":
            page.send(f"#echo {chance.random()}")
        case _:
            page.watch()


def _settle(page: Page) -> None:
    """Read what the server had to say so far, and up to the end of an answer."""
    page.put(type="no such thing")
    page.wait("error")
    while page.running:
        assert page.read(20) is not None


def _branch(browser: Browser, conversation: str) -> list[str]:
    """All of the branch that the server shows, by the ways to older messages."""
    html = browser.get(f"/c/{conversation}").text
    ids = _ids(html)
    while "further--older" in html:
        html = browser.http.get(
            f"{browser.server.url}/c/{conversation}/older?before={ids[0]}",
            headers={"Accept": "text/vnd.liaochat"},
            timeout=20,
        ).text
        ids = [*_ids(html), *ids]
    return ids


def _ids(html: str) -> list[str]:
    return re.findall(r'<article[^>]* id="message-([0-9a-f]{32})"', html)
