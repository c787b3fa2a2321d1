"""Lists, folders, and many conversations at once, through the real server."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
import requests

from tests.support.listed import listed, newcomer
from tests.support.page import Page
from tests.support.server import Browser, Server

Have = Callable[..., Sequence[str]]

PART = {"Accept": "text/vnd.liaochat"}
_FOREIGN = "0" * 32


@dataclass(frozen=True)
class Person:
    user_id: str
    browser: Browser


@pytest.fixture
def person(server: Server) -> Iterator[Person]:
    """Somebody whose lists are this test's alone."""
    user_id, link = newcomer(server)
    with Browser(server, link=link) as browser:
        yield Person(user_id, browser)


@pytest.fixture
def browser(person: Person) -> Browser:
    return person.browser


@pytest.fixture
def have(server: Server, person: Person) -> Callable[..., Sequence[str]]:
    """Give them conversations, and return their ids, the last one first."""
    return partial(listed, server, owner_id=person.user_id)


def _entries(html: str) -> Sequence[str]:
    return re.findall(r'<li class="entry" data-conversation="(\w+)"', html)


def _rows(html: str) -> Sequence[str]:
    return re.findall(r'name="conversation" value="(\w+)"', html)


def _more(html: str) -> str | None:
    found = re.search(r'<a class="more" href="([^"]+)"', html)
    return None if found is None else found[1]


def _part(browser: Browser, path: str) -> requests.Response:
    return browser.http.get(browser.server.url + path, headers=PART, timeout=20)


def _post(browser: Browser, path: str, fields: Any) -> requests.Response:
    return browser.http.post(browser.server.url + path, data=fields, timeout=20)


def _arrange(browser: Browser, ids: Sequence[str], action: str, **more: str) -> requests.Response:
    fields = [("conversation", one) for one in ids]
    return _post(browser, "/conversations", [*fields, ("action", action), *more.items()])


def _folder(browser: Browser, name: str) -> str:
    return browser.post("/folders", name=name).url.rpartition("=")[2]


def test_the_side_begins_with_fifty_and_its_pages_give_the_rest_once(
    browser: Browser, have: Have
) -> None:
    ids = have(130)
    page = browser.get("/").text
    assert _entries(page) == ids[:50]

    seen, address = list(_entries(page)), _more(page)
    while address:
        part = _part(browser, address)
        assert part.headers["Vary"]
        seen += _entries(part.text)
        address = _more(part.text)

    assert seen == ids


def test_without_script_the_link_to_more_leads_to_a_page(browser: Browser, have: Have) -> None:
    ids = have(60)
    address = _more(browser.get("/").text)
    assert address

    response = browser.get(address)

    assert "/conversations?after=" in response.url
    assert _rows(response.text) == ids[50:]


def test_a_month_that_goes_on_is_one_group_on_each_page(browser: Browser, have: Have) -> None:
    have(120, apart=timedelta(minutes=1))
    address = _more(browser.get("/").text)
    assert address

    part = _part(browser, address).text

    assert part.count("<section") <= 2
    assert len(_entries(part)) == 50


@pytest.mark.parametrize("after", ["x", "1-", "9" * 40, "%00", "1-" + "z" * 32])
def test_a_broken_address_is_refused_in_a_sentence(browser: Browser, after: str) -> None:
    for path in (f"/list?after={after}", f"/conversations?after={after}"):
        response = _part(browser, path)
        assert response.status_code == 400
        assert "Open the list from its beginning" in response.text
    assert browser.get("/conversations?in=nowhere").status_code == 404
    assert browser.get(f"/conversations?in={_FOREIGN}").status_code == 404
    assert _part(browser, f"/folders/{_FOREIGN}/list").status_code == 404


@pytest.mark.parametrize("name", ["x%0d%0aSet-Cookie:a=b", "x", "%00", "é", "A" * 32])
def test_a_folder_that_cannot_be_is_not_there(browser: Browser, name: str) -> None:
    for ask in (browser.get, partial(_part, browser)):
        response = ask(f"/folders/{name}/list")
        assert response.status_code == 404
        assert "There is nothing here." in response.text
        assert "Set-Cookie" not in response.headers


def test_a_conversation_moves_into_a_folder_and_all_pages_hear_of_it(
    browser: Browser, have: Have
) -> None:
    (one,) = have(1)
    page, other = browser.open(), browser.open(one)
    folder = _folder(browser, "Work")

    browser.post(f"/c/{one}/move", folder=folder)

    for each in (page, other):
        _wait_for(each, "folders", 'folder__count">1<')
        frame = each.wait("list", conversation=one)
        assert f'data-group="folder-{folder}"' in frame["html"]
    assert f'value="{folder}" selected' in _wait_for(other, "menu", "selected")
    assert _entries(_part(browser, f"/folders/{folder}/list").text) == [one]
    assert _entries(browser.get("/").text) == []
    opened = browser.get(f"/c/{one}").text
    assert _entries(opened) == [one]
    assert re.search(rf'data-folder="{folder}" data-pages open', opened)


def test_a_move_takes_the_pin_off_and_a_pin_puts_above_the_folder(
    browser: Browser, have: Have
) -> None:
    (one,) = have(1)
    browser.post(f"/c/{one}/pin")

    browser.post(f"/c/{one}/move", name="Work")
    assert f'data-conversation="{one}" data-group="folder-' in browser.get(f"/c/{one}").text
    browser.post(f"/c/{one}/pin")

    assert f'data-conversation="{one}" data-group="pinned"' in browser.get("/").text
    browser.post(f"/c/{one}/unpin")
    assert f'data-conversation="{one}" data-group="folder-' in browser.get(f"/c/{one}").text


def test_a_new_name_makes_a_folder_and_a_known_one_is_used(browser: Browser, have: Have) -> None:
    one, two = have(2)

    browser.post(f"/c/{one}/move", name="Ideas")
    browser.post(f"/c/{two}/move", name=" ideas ")

    page = browser.get("/").text
    assert page.count('class="folder"') == 1
    assert 'folder__count">2<' in page


def test_a_folder_is_renamed_and_deleted_and_what_is_in_it_stays(
    browser: Browser, have: Have
) -> None:
    ids = have(3)
    folder = _folder(browser, "Work")
    _arrange(browser, ids, "move", folder=folder)
    page = browser.open()
    page.wait("saving")

    browser.post(f"/folders/{folder}/rename", name="Play")
    _wait_for(page, "folders", ">Play<")
    browser.post(f"/folders/{folder}/delete")

    _wait_for(page, "list", "data-group")
    assert _entries(browser.get("/").text) == ids
    assert browser.get(f"/conversations?in={folder}").status_code == 404


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("a/b\\c", "a/b\\c"),
        ("evil\u202eexe.txt", "evilexe.txt"),
        ("  two\nlines\t", "two lines"),
        ("x" * 10_000, "x" * 79 + "…"),
        ("nul\x00", "nul\ufffd"),
        ("<b>bold</b>", "&lt;b&gt;bold&lt;/b&gt;"),
    ],
    ids=["slashes", "override", "lines", "long", "nul", "markup"],
)
def test_a_name_is_taken_in_as_one_harmless_line(browser: Browser, name: str, kept: str) -> None:
    response = browser.post("/folders", name=name)

    assert response.status_code == 200
    assert f'<h1 class="shelf__title" dir="auto">{kept}</h1>' in response.text


@pytest.mark.parametrize("name", ["", " \n ", "\u202e", "\u200b", "\u2066\u2069"])
def test_a_name_of_nothing_is_refused(browser: Browser, name: str) -> None:
    response = browser.post("/folders", name=name)

    assert response.status_code == 422
    assert "nothing to be seen in this name" in response.text


def test_a_name_that_is_taken_is_refused(browser: Browser) -> None:
    folder = _folder(browser, "Work")
    other = _folder(browser, "Play")

    for response in (
        browser.post("/folders", name="WORK"),
        browser.post(f"/folders/{other}/rename", name="work"),
    ):
        assert response.status_code == 409
        assert "called “Work” already" in response.text
    assert browser.post(f"/folders/{folder}/rename", name="work").status_code == 200


def test_a_title_of_ten_thousand_characters_is_cut(browser: Browser, have: Have) -> None:
    (one,) = have(1)

    browser.post(f"/c/{one}/rename", title="\u202e" + "ab/" * 3_000)

    title = re.search(r"<h1[^>]*>([^<]*)</h1>", browser.get(f"/c/{one}").text)
    assert title
    assert title[1] == ("ab/" * 70)[:199] + "…"


@pytest.mark.parametrize(
    ("action", "place"),
    [("archive", "archived"), ("trash", "trashed")],
)
def test_many_are_put_away_and_brought_back_at_once(
    browser: Browser, have: Have, action: str, place: str
) -> None:
    ids = have(60)
    back = {"archive": "unarchive", "trash": "restore"}[action]

    response = _arrange(browser, ids[:40], action)
    assert _rows(response.text) == ids[40:]
    shelf = browser.get(f"/conversations?in={place}").text
    assert set(_rows(shelf)) == set(ids[:40])
    response = _arrange(browser, ids[:40], back, **{"in": place})

    assert response.url.endswith(f"/conversations?in={place}")
    assert _rows(response.text) == []
    assert _rows(browser.get("/conversations").text) == ids[:50]


def test_the_form_leads_back_to_its_page(browser: Browser, have: Have) -> None:
    ids = have(60)
    address = re.search(r'rel="next" href="([^"]+)"', browser.get("/conversations").text)
    assert address
    path = address[1].replace("&amp;", "&")
    after = path.rpartition("=")[2]
    assert _rows(browser.get(path).text) == ids[50:]

    response = _arrange(browser, ids[50:52], "pin", after=after)

    assert _rows(response.text) == ids[50:]


@pytest.mark.parametrize("action", ["archive", "trash", "pin", "move", "delete"])
def test_one_that_is_not_there_stops_all(browser: Browser, have: Have, action: str) -> None:
    ids = have(3)
    if action == "delete":
        _arrange(browser, ids, "trash")

    response = _arrange(browser, [*ids, _FOREIGN], action, name="New" if action == "move" else "")

    assert response.status_code == 404
    place = "trashed" if action == "delete" else "active"
    page = browser.get(f"/conversations?in={place}").text
    assert sorted(_rows(page)) == sorted(ids)
    assert ">New<" not in page
    assert 'shelf__note">Pinned' not in page


def test_only_the_trash_is_deleted_for_good(browser: Browser, have: Have) -> None:
    ids = have(3)
    assert _arrange(browser, ids, "delete").status_code == 404
    _arrange(browser, ids[:2], "trash")
    assert _arrange(browser, ids, "delete").status_code == 404

    assert _arrange(browser, ids[:2], "delete", **{"in": "trashed"}).status_code == 200

    assert _rows(browser.get("/conversations?in=trashed").text) == []
    assert _rows(browser.get("/conversations").text) == ids[2:]


def test_none_and_nonsense_are_refused(browser: Browser, have: Have) -> None:
    (one,) = have(1)

    assert "Tick at least one" in _arrange(browser, [], "archive").text
    assert _arrange(browser, [one], "explode").status_code == 400
    assert _arrange(browser, [one], "move", folder=_FOREIGN).status_code == 404
    assert browser.post(f"/c/{one}/move", folder=_FOREIGN).status_code == 404
    assert browser.post(f"/c/{_FOREIGN}/move", folder="").status_code == 404


def test_nothing_that_is_being_answered_is_deleted(browser: Browser) -> None:
    browser.use("liaobots/gpt-4", "test-1234567890")
    page = browser.open()
    page.send("#stall")
    page.wait_for_text("This is all that")
    conversation = page.conversation or ""
    browser.post(f"/c/{conversation}/trash")

    assert browser.post(f"/c/{conversation}/delete").status_code == 409

    page.stop()
    page.wait("ended")
    assert browser.post(f"/c/{conversation}/delete").status_code == 200


def test_the_menu_of_an_open_page_follows_what_is_done_elsewhere(
    browser: Browser, have: Have
) -> None:
    (one,) = have(1)
    page = browser.open(one)
    page.wait("menu", conversation=one, trashed=False)

    browser.post(f"/c/{one}/pin")
    assert f"/c/{one}/unpin" in page.wait("menu")["html"]
    browser.post(f"/c/{one}/rename", title="Another")
    assert page.wait("menu", title="Another")
    browser.post(f"/c/{one}/trash")
    assert f"/c/{one}/restore" in page.wait("menu", trashed=True)["html"]
    browser.post(f"/c/{one}/delete")

    assert page.wait("menu", html=None)["trashed"] is True


def test_a_new_chat_gets_its_menu_when_it_becomes_a_conversation(browser: Browser) -> None:
    browser.use("liaobots/gpt-4", "test-1234567890")
    page = browser.open()

    page.send("#echo hello")

    assert f'action="/c/{page.wait("menu")["conversation"]}/rename"' in page.frames[-1]["html"]


def _wait_for(page: Page, frame_type: str, text: str) -> str:
    """Wait for a frame of this type with this text in its HTML."""
    while True:
        html: str = page.wait(frame_type)["html"] or ""
        if text in html:
            return html
