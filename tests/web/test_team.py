"""The owner's pages through the real server, without a script: and nobody else's."""

from __future__ import annotations

import html
import re
import time
from collections.abc import Iterator

import pytest

from tests.support.server import Browser, Server
from tests.support.timing import in_time

_ENTRY = re.compile(r'<li class="team__member">.*?</li>', re.DOTALL)
_LINK = re.compile(r'value="([^"]*/sign-in/[^"]*)"')


@pytest.fixture(scope="module")
def server(fresh_server: Server) -> Server:
    """A server of our own: what the owner changes, others would see."""
    return fresh_server


@pytest.fixture
def owner(server: Server) -> Iterator[Browser]:
    with Browser(server) as signed_in:
        yield signed_in


def _member(server: Server, name: str) -> Browser:
    return Browser(server, link=server.fresh_link(name))


def _entry(page: str, name: str) -> str:
    """The part of the page that is about somebody."""
    found = [one for one in _ENTRY.findall(page) if f"<bdi>{name}</bdi>" in one]
    assert len(found) == 1, page
    return found[0]


def _id(page: str, name: str) -> str:
    found = re.search(r'id="member-(\w+)"', _entry(page, name))
    assert found
    return found[1]


def test_the_owner_sees_who_is_a_member(server: Server, owner: Browser) -> None:
    with _member(server, "Ann"):
        page = owner.get("/team").text

    assert "Owner" in _entry(page, "Owner")
    assert "you" in _entry(page, "Owner")
    assert "last seen" in _entry(page, "Ann")
    assert "Make owner" in _entry(page, "Ann")
    for refused in ("Make member", "Disable"):
        assert refused not in _entry(page, "Owner")  # the last owner, and oneself


@pytest.mark.parametrize("path", ["/team", "/team/", "//team", "/team/settings", "/team/nothing"])
@pytest.mark.parametrize("method", ["GET", "POST", "PUT"])
def test_a_member_finds_nothing_there(server: Server, method: str, path: str) -> None:
    with _member(server, "Mallory") as mallory:
        seen = mallory.http.request(method, server.url + path, timeout=20)
        unknown = mallory.http.request("GET", f"{server.url}/nothing-at-all", timeout=20)

    assert (seen.status_code, seen.text) == (unknown.status_code, unknown.text)
    assert seen.status_code == 404


def test_no_page_of_a_members_speaks_of_the_owners(server: Server) -> None:
    with _member(server, "Mallory") as mallory:
        for path in ("/", "/conversations", "/prompts", "/shared", "/import", "/account", "/usage"):
            assert "/team" not in mallory.get(path).text, path


def test_who_is_made_an_owner_can_do_the_same(server: Server, owner: Browser) -> None:
    with _member(server, "Olga") as olga:
        there = _id(owner.get("/team").text, "Olga")

        owner.post(f"/team/members/{there}/role", role="owner")
        page = olga.get("/team")
        assert page.status_code == 200
        back = olga.post(f"/team/members/{there}/role", role="member")

        assert back.status_code == 200
        assert back.url == f"{server.url}/"
        assert olga.get("/team").status_code == 404


def test_the_last_owner_is_told_what_to_do(owner: Browser) -> None:
    own = _id(owner.get("/team").text, "Owner")

    stepped = owner.post(f"/team/members/{own}/role", role="member")
    disabled = owner.post(f"/team/members/{own}/disable")

    assert (stepped.status_code, disabled.status_code) == (422, 422)
    assert "Make another member an owner first." in stepped.text
    assert "You cannot disable yourself." in disabled.text
    assert owner.get("/team").status_code == 200


@pytest.mark.parametrize("action", ["role", "disable", "enable", "link"])
def test_nobody_by_that_id_is_not_found(owner: Browser, action: str) -> None:
    answer = owner.post(f"/team/members/{'0' * 32}/{action}", role="member")

    assert answer.status_code == 404


@pytest.mark.parametrize("role", ["", "admin", "OWNER"])
def test_a_role_that_is_none_is_refused(owner: Browser, role: str) -> None:
    own = _id(owner.get("/team").text, "Owner")

    assert owner.post(f"/team/members/{own}/role", role=role).status_code == 400


def test_a_fresh_link_is_shown_once_and_signs_in(server: Server, owner: Browser) -> None:
    with _member(server, "Lost"):
        there = _id(owner.get("/team").text, "Lost")

    made = owner.post(f"/team/members/{there}/link")

    (link,) = (html.unescape(one) for one in _LINK.findall(made.text))
    assert "signs Lost in once" in made.text
    assert not _LINK.findall(owner.get("/team").text)
    with Browser(server, link=link) as lost:
        assert lost.get("/").status_code == 200


def test_who_is_disabled_is_out_at_once_until_enabled(server: Server, owner: Browser) -> None:
    with _member(server, "Dora") as dora:
        there = _id(owner.get("/team").text, "Dora")
        waiting = server.fresh_link("Dora")
        page = dora.open()

        shown = owner.post(f"/team/members/{there}/disable").text
        ended = time.monotonic()

        assert page.wait_closed(timeout=5) == 4401
        in_time(time.monotonic() - ended, 1)
        assert dora.get("/").status_code == 401
        assert "disabled" in _entry(shown, "Dora")
        refused = dora.post("/sign-in", token=waiting.rpartition("/")[2])
        assert refused.status_code == 410
        assert owner.post(f"/team/members/{there}/link").status_code == 422

        owner.post(f"/team/members/{there}/enable")

        assert dora.get("/").status_code == 200


def test_an_invitation_is_shown_once_and_revoked(server: Server, owner: Browser) -> None:
    made = owner.post("/team/invitations", role="member")

    (link,) = re.findall(r'value="([^"]*/invite/[^"]*)"', made.text)
    assert not re.findall("/invite/", owner.get("/team").text)
    with Browser(server, sign_in=False) as guest:
        assert guest.get(link.removeprefix(server.url)).status_code == 200
        (revoke,) = re.findall(r'action="([^"]*/revoke)"', owner.get("/team").text)

        assert owner.post(revoke).status_code == 200

        assert guest.get(link.removeprefix(server.url)).status_code == 410
        assert owner.post(revoke).status_code == 404
    assert "None is open." in owner.get("/team").text


def test_who_comes_with_an_invitation_has_its_role(server: Server, owner: Browser) -> None:
    made = owner.post("/team/invitations", role="owner")
    (token,) = re.findall(r"/invite/([\w-]+)", made.text)

    with Browser(server, sign_in=False) as guest:
        guest.post("/invite", token=token, name="Guest", password="of many a long day")

        page = guest.get("/team")

    assert page.status_code == 200
    assert "Owner" in _entry(page.text, "Guest")


@pytest.mark.parametrize("role", ["", "admin"])
def test_an_invitation_needs_a_role(owner: Browser, role: str) -> None:
    assert owner.post("/team/invitations", role=role).status_code == 400


def test_names_are_shown_as_text(server: Server, owner: Browser) -> None:
    with _member(server, "<b>Bold</b>"):
        page = owner.get("/team").text

    assert "<bdi>&lt;b&gt;Bold&lt;/b&gt;</bdi>" in page
