"""Under a path of its host: all that leads on leads there, and beside it there is nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
import requests

from tests.support.events import EventWire
from tests.support.page import Page
from tests.support.server import Browser, Server
from tests.upstream import Upstream
from webapp import cli

_ADDRESS = re.compile(r'(?<![\w-])(?:href|action|formaction|src|data-address)="([^"]*)"')
_LINK = re.compile(r'href="(/[^"]*)"')


def _addresses(html: str) -> list[str]:
    return [found for found in _ADDRESS.findall(html) if found.startswith("/")]


@pytest.fixture(scope="module")
def under(tmp_path_factory: pytest.TempPathFactory, liaobots: Upstream) -> Iterator[Server]:
    """A server under /chat, with a trusted proxy."""
    settings = {
        "url_prefix": "/chat",
        "trusted_proxies": "127.0.0.1",
        "public_sharing": "on",
        "liaobots_url": liaobots.url,
    }
    with Server(tmp_path_factory.mktemp("under"), settings) as running:
        yield running


@pytest.fixture
def person(under: Server) -> Iterator[Browser]:
    with Browser(under, link=under.link_of_a_newcomer()) as signed_in:
        signed_in.use("liaobots/gpt-4", "test-1234567890")
        yield signed_in


def _asked(person: Browser) -> Page:
    page = person.open()
    page.send("Hello")
    page.wait("ended")
    return page


def test_the_link_of_the_start_leads_under_the_path(under: Server) -> None:
    assert under.link.startswith(under.origin + "/chat/sign-in/")
    assert requests.get(under.link, timeout=10).status_code == 200


def test_all_that_the_pages_of_an_owner_lead_to_is_under_the_path(under: Server) -> None:
    with Browser(under) as owner:
        owner.use("liaobots/gpt-4", "test-1234567890")
        conversation = _asked(owner).conversation
        owner.post("/prompts", name="Mail", text="Write", shared="")
        known = {"/chat/", "/chat/account", "/chat/team", f"/chat/c/{conversation}/share"}
        todo = sorted(known)

        while todo:
            page = owner.http.get(under.origin + (address := todo.pop()), timeout=10)
            assert page.status_code == 200, address
            if not page.headers["Content-Type"].startswith("text/html"):
                continue
            addresses = _addresses(page.text)
            assert [one for one in addresses if not re.match("/chat(/|$)", one)] == [], address
            links = {one.partition("#")[0] for one in _LINK.findall(page.text)} - known - {""}
            known |= links
            todo += sorted(links)

    assert {"/chat/conversations", "/chat/connection", "/chat/prompts"} <= known
    assert len(known) > 20


def test_what_the_pages_name_is_there(person: Browser) -> None:
    html = person.get("/").text

    style = re.search(r'<link rel="stylesheet" href="([^"]*)"', html)

    assert style
    assert requests.get(person.server.origin + style[1], timeout=10).status_code == 200


def test_what_a_script_places_begins_at_our_own_root(person: Browser) -> None:
    page = _asked(person)
    part = person.http.get(
        f"{person.server.url}/list", headers={"Accept": "text/vnd.liaochat"}, timeout=10
    )

    assert page.wait("list")["html"]
    placed = [
        part.text,
        page.answer.footer,
        *(one["html"] for one in page.frames if one["type"] == "list"),
    ]
    found = [one for html in placed for one in _addresses(html)]
    assert found
    assert not any(one.startswith("/chat") for one in found)


def test_a_form_of_one_page_draws_no_path_into_the_frames_of_another(person: Browser) -> None:
    page = _asked(person)

    person.post(f"/c/{page.conversation}/rename", title="Another name")

    while "Another name" not in (html := page.wait("list")["html"]):
        pass
    assert _addresses(html) == [f"/c/{page.conversation}"]


def test_forms_lead_back_under_the_path(person: Browser) -> None:
    conversation = f"/c/{_asked(person).conversation}"
    referer = {"Referer": person.server.url + conversation}

    answer = person.http.post(
        f"{person.server.url}/session/model",
        data={"model": "liaobots/gpt-4"},
        headers=referer,
        allow_redirects=False,
        timeout=10,
    )

    assert answer.headers["Location"] == f"/chat{conversation}"


def test_a_link_that_is_shared_leads_under_the_path(person: Browser) -> None:
    conversation = f"/c/{_asked(person).conversation}"
    fields = {"audience": "public", "kind": "live", "days": ""}
    html = person.post(f"{conversation}/share", **fields).text

    address = re.search(r'value="(http[^"]*)"', html)

    assert address
    assert address[1].startswith(f"{person.server.url}/shared/")
    assert requests.get(address[1], timeout=10).status_code == 200


def test_events_say_where_frames_go(person: Browser) -> None:
    page = Page(EventWire(person))  # type: ignore[arg-type]
    person.pages.append(page)

    page.send("Hello")

    page.wait("ended")


def test_the_cookie_is_for_the_path_alone(person: Browser) -> None:
    (cookie,) = person.http.cookies

    assert cookie.path == "/chat"
    assert cookie.name.endswith("+chat")


def test_a_trusted_proxy_may_take_the_path_off_or_name_another(person: Browser) -> None:
    bare = person.server.origin

    taken_off = requests.get(f"{bare}/healthz", timeout=10)
    named = requests.get(
        f"{bare}/sign-in/x", headers={"X-Forwarded-Prefix": "/team/chat/"}, timeout=10
    )

    assert taken_off.text == "ok"
    assert 'action="/team/chat/sign-in"' in named.text


@pytest.mark.parametrize("path", ["//evil.example", "evil", "/a b", '/"><b>', "http://evil"])
def test_what_is_no_path_is_not_taken_for_one(under: Server, path: str) -> None:
    page = requests.get(
        f"{under.origin}/sign-in/x", headers={"X-Forwarded-Prefix": path}, timeout=10
    )

    assert 'action="/chat/sign-in"' in page.text


def test_others_find_nothing_beside_the_path(start_server: Callable[..., Server]) -> None:
    server = start_server(url_prefix="/chat/")

    beside = requests.get(f"{server.origin}/healthz", timeout=10)
    alike = requests.get(f"{server.origin}/chatter", timeout=10)
    forged = requests.get(
        f"{server.url}/sign-in/x",
        headers={"X-Forwarded-Prefix": "/evil", "Script_Name": "/chat/sign-in"},
        timeout=10,
    )

    assert (beside.status_code, alike.status_code) == (404, 404)
    assert "LIAOCHAT_URL_PREFIX" in beside.text
    assert 'action="/chat/sign-in"' in forged.text
    assert requests.get(f"{server.origin}/chat", timeout=10).status_code == 401


def test_the_doctor_asks_under_the_path(under: Server, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["doctor", "--url", f"{under.url}/"]) == 0
    assert cli.main(["doctor", "--url", under.origin]) == 1

    assert "believes to stand under /chat/" in capsys.readouterr().out
