"""A long conversation comes in windows: the end first, what is before it when it is wanted."""

from __future__ import annotations

import re
import uuid

import requests

from tests.support.page import Page
from tests.support.past import held
from tests.support.server import Browser, Server

PART = {"Accept": "text/vnd.liaochat"}


def test_a_long_conversation_opens_at_its_end(browser: Browser, server: Server) -> None:
    past = held(server, _numbered(120))

    page = browser.get(f"/c/{past.id}").text

    assert _ids(page) == past.messages[70:]
    assert _way(page, "older") == f"/c/{past.id}?at={past.messages[69]}#message-{past.messages[69]}"
    assert _way(page, "newer") is None


def test_a_window_holds_fewer_messages_where_they_are_long(
    browser: Browser, server: Server
) -> None:
    past = held(server, ["why?", "word " * 2000] * 10)
    huge = held(server, ["why?", "word " * 20_000])

    few = _ids(browser.get(f"/c/{past.id}").text)
    one = _ids(browser.get(f"/c/{huge.id}").text)

    assert few == past.messages[-2:]
    assert one == huge.messages[-1:]


def test_the_parts_before_it_add_up_to_the_whole_branch(browser: Browser, server: Server) -> None:
    past = held(server, _numbered(120))
    shown = _ids(browser.get(f"/c/{past.id}").text)
    more = True

    while more:
        part = _part(browser, past.id, shown[0]).text
        shown = [*_ids(part), *shown]
        more = _way(part, "older") is not None
        assert part.startswith("<div>")
        assert _way(part, "newer") is None

    assert shown == past.messages


def test_a_page_opens_round_the_message_that_is_wanted(browser: Browser, server: Server) -> None:
    past = held(server, _numbered(200))

    page = browser.get(f"/c/{past.id}?at={past.messages[100]}").text

    assert _ids(page) == past.messages[75:125]
    assert _way(page, "older") is not None
    assert _way(page, "newer") == (
        f"/c/{past.id}?at={past.messages[125]}#message-{past.messages[125]}"
    )
    assert f'data-begin="{past.messages[100]}"' in page
    assert f'data-head="{past.messages[-1]}"' in page


def test_the_ways_lead_through_all_of_it_without_script(browser: Browser, server: Server) -> None:
    past = held(server, _numbered(120))
    address, seen = f"/c/{past.id}", set(past.messages)

    while address:
        page = browser.get(address).text
        seen -= set(_ids(page))
        address = _way(page, "older") or ""

    assert seen == set()


def test_a_place_that_is_not_in_the_branch_is_not_looked_for(
    browser: Browser, server: Server
) -> None:
    past, other = held(server, _numbered(60)), held(server, _numbered(4))

    for place in (other.messages[0], "0" * 32, "../../etc", "", "x" * 3000):
        page = browser.get(f"/c/{past.id}?at={place}")
        assert _ids(page.text) == past.messages[10:], place
        assert "data-begin" not in page.text


def test_there_are_no_messages_before_one_that_is_not_there(
    browser: Browser, server: Server
) -> None:
    past, other = held(server, _numbered(4)), held(server, _numbered(4))

    for before in (other.messages[2], "0" * 32, "", "é"):
        assert _part(browser, past.id, before).status_code == 404, before
    assert _part(browser, "0" * 32, past.messages[2]).status_code == 404
    assert _part(browser, past.id, past.messages[0]).text.strip() == "<div></div>"


def test_what_comes_above_a_reader_comes_in_parts_that_are_put_in_quickly(
    browser: Browser, server: Server
) -> None:
    short, long = held(server, _numbered(120)), held(server, ["x" * 2000] * 30)

    parts = [_part(browser, past.id, past.messages[25]).text for past in (short, long)]

    assert _ids(parts[0]) == list(short.messages[9:25])
    assert _ids(parts[1]) == list(long.messages[23:25])


def test_what_is_before_a_message_is_a_page_to_who_loads_one(
    browser: Browser, server: Server
) -> None:
    past = held(server, _numbered(120))

    page = browser.get(f"/c/{past.id}/older?before={past.messages[70]}")

    assert (
        page.url == f"{server.url}/c/{past.id}?at={past.messages[70]}#message-{past.messages[70]}"
    )
    assert page.text.startswith("<!doctype html>")


def test_a_page_that_shows_nothing_is_sent_the_end_and_the_way_back(
    browser: Browser, server: Server
) -> None:
    past = held(server, _numbered(120))

    page = browser.open(past.id)
    page.wait("messages", after=None)

    assert [one.id for one in page.articles] == past.messages[70:]
    assert _way(page.older or "", "older") is not None
    assert page.newer is None


def test_a_page_in_the_middle_is_sent_what_follows_by_and_by(
    browser: Browser, server: Server
) -> None:
    past = held(server, _numbered(160))
    page = _page_at(browser, past.id, past.messages[40])
    rounds = 0

    while page.articles[-1].id != past.messages[-1]:
        page.watch()
        page.wait("messages")
        rounds += 1

    shown = [one.id for one in page.articles]
    assert shown == past.messages[past.messages.index(shown[0]) :]
    assert rounds == 2
    assert page.newer is None


def test_a_reader_in_the_middle_is_sent_no_more_than_can_be_put_in_quickly(
    browser: Browser, server: Server
) -> None:
    past = held(server, _numbered(160))
    page = _page_at(browser, past.id, past.messages[40])
    last = page.articles[-1].id

    page.put(type="watch", conversation=past.id, last=last, state="complete", part=True)
    frame = page.wait("messages")

    at = past.messages.index(last) + 1
    assert [one.id for one in page.articles][-len(frame["html"]) :] == past.messages[at : at + 16]
    assert _way(page.newer or "", "newer") is not None


def test_a_step_to_another_version_sends_what_stands_behind_its_parent_alone(
    browser: Browser, server: Server
) -> None:
    past = held(server, [*_numbered(59), "#echo the last question"])
    page = browser.open(past.id)
    page.wait("messages")
    page.put(type="regenerate", client_id=str(uuid.uuid4()), message=past.messages[-1])
    page.wait("ended")

    page.put(type="show", message=past.messages[-1])
    frame = page.wait("messages")

    assert frame["after"] == past.messages[-2]
    assert len(frame["html"]) == 1
    assert [one.id for one in page.articles] == past.messages[10:]


def test_a_page_that_lacks_the_parent_asks_for_the_end_anew(
    browser: Browser, server: Server
) -> None:
    past = held(server, ["#echo first", "an answer", *_numbered(118)])
    page = browser.open(past.id)
    page.wait("messages")
    early = _page_at(browser, past.id, past.messages[1])

    early.put(
        type="edit", client_id=str(uuid.uuid4()), message=past.messages[0], text="#echo otherwise"
    )
    early.wait("ended")
    page.wait("messages", after=None)
    while page.answer.state == "running":
        page.wait("ended")

    assert [one.id for one in page.articles] == [one.id for one in early.articles]
    assert len(page.articles) == 2


def test_a_step_early_in_a_long_branch_sends_no_more_than_a_window(
    browser: Browser, server: Server
) -> None:
    past = held(server, ["#echo first", "an answer", *_numbered(118)])
    early = _page_at(browser, past.id, past.messages[1])
    early.put(type="regenerate", client_id=str(uuid.uuid4()), message=past.messages[1])
    early.wait("ended")

    early.put(type="show", message=past.messages[1])
    early.wait("messages", after=past.messages[0])

    assert [one.id for one in early.articles] == past.messages[:51]
    assert _way(early.newer or "", "newer") is not None


def test_showing_a_message_with_a_form_leads_to_it(browser: Browser, server: Server) -> None:
    past = held(server, _numbered(160))

    page = browser.post(f"/messages/{past.messages[30]}/show")

    assert (
        page.url == f"{server.url}/c/{past.id}?at={past.messages[30]}#message-{past.messages[30]}"
    )
    assert past.messages[30] in _ids(page.text)


def test_what_follows_the_head_of_a_long_branch_is_answered(
    browser: Browser, server: Server
) -> None:
    past = held(server, _numbered(120))
    page = browser.open(past.id)
    page.wait("messages")

    page.send("#echo and now?")
    page.wait("ended", state="complete")

    assert page.text() == "#echo and now?"
    assert len(page.articles) == 52


def _numbered(count: int) -> list[str]:
    return [f"message {number}" for number in range(count)]


def _page_at(browser: Browser, conversation: str, message: str) -> Page:
    """A page that was opened at a message: it has its articles from the address."""
    html = browser.get(f"/c/{conversation}?at={message}").text
    page = browser.open()
    page.conversation = conversation
    page.take(html)
    return page


def _part(browser: Browser, conversation: str, before: str) -> requests.Response:
    address = f"{browser.server.url}/c/{conversation}/older"
    return browser.http.get(address, params={"before": before}, headers=PART, timeout=20)


def _ids(html: str) -> list[str]:
    return re.findall(r'<article[^>]* id="message-([0-9a-f]{32})"', html)


def _way(html: str, way: str) -> str | None:
    found = re.search(rf'<a class="further further--{way}" href="([^"]*)"', html)
    return found and found[1].replace("&amp;", "&")
