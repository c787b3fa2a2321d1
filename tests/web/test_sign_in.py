"""Signing in by name and password, coming with an invitation, and going out."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import func, select

from tests.support.server import Browser, Server
from webapp.clock import SystemClock
from webapp.store import users
from webapp.store.database import Database
from webapp.store.tables import messages
from webapp.team.audit import Audit
from webapp.team.invitations import Invitations
from webapp.web.connection import SIGNED_OUT

PASSWORD = "kettle-orbit-93"


def invite(server: Server) -> str:
    """Make an invitation as the owner's form does, and return its path."""
    database, clock = Database(server.data_dir / "liaochat.db"), SystemClock()
    try:
        with database.writing() as connection:
            owner = users.ensure_owner(connection, now=clock.now())
        made = Invitations(database, clock, Audit(database, clock)).make(
            owner, "member", address=""
        )
        return f"/invite/{made}"
    finally:
        database.close()


def come(server: Server, browser: Browser, name: str) -> None:
    token = invite(server).rpartition("/")[2]
    answer = browser.post("/invite", token=token, name=name, password=PASSWORD)
    assert answer.status_code == 200, answer.text


@pytest.fixture
def own(start_server: Callable[..., Server]) -> Server:
    """A server of one's own: tries are counted by address, and all tests have the same."""
    return start_server()


@pytest.fixture
def stranger(own: Server) -> Iterator[Browser]:
    with Browser(own, sign_in=False) as browser:
        yield browser


def test_who_is_invited_chooses_a_name_and_a_password_and_signs_in_with_them(
    own: Server, stranger: Browser
) -> None:
    path = invite(own)
    page = stranger.get(path)
    assert page.status_code == stranger.get(path).status_code == 200  # looking uses nothing up
    token = path.rpartition("/")[2]

    short = stranger.post("/invite", token=token, name="Ada", password="short")
    taken = stranger.post("/invite", token=token, name="owner", password=PASSWORD)
    assert (short.status_code, taken.status_code) == (422, 409)
    assert 'value="owner"' in taken.text  # what was written is there again
    came = stranger.post("/invite", token=token, name="Ada", password=PASSWORD)
    assert came.url == f"{own.url}/"
    assert stranger.get("/").status_code == 200

    with Browser(own, sign_in=False) as late:
        assert late.get(path).status_code == 410
        used = late.post("/invite", token=token, name="Eve", password=PASSWORD)
        assert used.status_code == 410
        assert late.post("/sign-in", name="ADA", password=PASSWORD).url == f"{own.url}/"
        assert late.get("/sign-in").url == f"{own.url}/"


def test_signing_out_closes_the_pages_of_this_browser_alone(own: Server, stranger: Browser) -> None:
    come(own, stranger, "Ada")
    page, cookie = stranger.open(), stranger.cookie()
    with Browser(own, sign_in=False) as other:
        other.post("/sign-in", name="Ada", password=PASSWORD)
        theirs = other.open()

        assert stranger.post("/sign-out").url == f"{own.url}/sign-in"

        assert page.wait_closed(timeout=2) == SIGNED_OUT
        assert stranger.cookie() == ""
        stranger.http.headers["Cookie"] = cookie
        assert stranger.get("/").status_code == 401
        theirs.send("#echo still here")
        theirs.wait("accepted")


def test_guesses_are_held_up_through_a_restart_and_whatever_they_say_of_their_address(
    own: Server, stranger: Browser
) -> None:
    come(own, stranger, "Ada")
    stranger.post("/sign-out")

    def guess(number: int) -> int:
        stranger.http.headers["X-Forwarded-For"] = f"198.51.100.{number}"
        answer = stranger.post("/sign-in", name=f"name-{number}", password=PASSWORD)
        if answer.status_code == 429:
            wait = int(answer.headers["Retry-After"])
            assert 0 < wait <= 900
            assert re.search(r"Wait \d+ min", answer.text)
        return answer.status_code

    before = [guess(number) for number in range(6)]
    port = own.url.rpartition(":")[2]
    own.stop()
    own.start(port=port)
    after = [guess(number) for number in range(6, 12)]

    assert before + after == [401] * 10 + [429] * 2
    held_up = stranger.post("/sign-in", name="Ada", password=PASSWORD)
    assert held_up.status_code == 429
    link = own.fresh_link("Ada").rpartition("/")[2]
    assert stranger.post("/sign-in", token=link).status_code == 200  # nobody is locked out


def test_no_password_and_no_token_is_in_the_log_or_the_database(
    own: Server, stranger: Browser
) -> None:
    path = invite(own)
    token = path.rpartition("/")[2]
    stranger.post("/invite", token=token, name="Ada", password=PASSWORD)
    stranger.post("/sign-out")
    stranger.post("/sign-in", name=PASSWORD, password=PASSWORD)
    own.stop()

    stored = b"".join(file.read_bytes() for file in own.data_dir.glob("liaochat.db*"))
    for secret in (PASSWORD, token):
        assert secret not in own.log
        assert secret.encode() not in stored


def test_who_deletes_their_account_is_out_and_all_of_theirs_goes(
    own: Server, stranger: Browser
) -> None:
    come(own, stranger, "Ada")
    page = stranger.open()
    page.send("#echo a word that goes")
    page.wait("ended")
    assert "/export.json" in stranger.get("/account").text

    refused = stranger.post("/account/delete", password="wrong")
    gone = stranger.post("/account/delete", password=PASSWORD)

    assert refused.status_code == 401
    assert "Your account is deleted" in gone.text
    assert page.wait_closed(timeout=2) == SIGNED_OUT
    assert stranger.get("/").status_code == 401
    assert stranger.post("/sign-in", name="Ada", password=PASSWORD).status_code == 401
    database = Database(own.data_dir / "liaochat.db")
    until = time.monotonic() + 20
    while True:
        with database.reading() as connection:
            if not connection.execute(select(func.count()).select_from(messages)).scalar_one():
                break
        assert time.monotonic() < until
        time.sleep(0.02)
    database.close()


def test_the_only_owner_stays_and_who_has_no_password_writes_their_name(own: Server) -> None:
    with Browser(own) as owner:
        unwritten = owner.post("/account/delete", name="somebody")
        last = owner.post("/account/delete", name="owner")

        assert (unwritten.status_code, last.status_code) == (422, 422)
        assert "Write “Owner” to say that you mean it" in unwritten.text
        assert "Nobody else is an owner" in last.text
        assert owner.get("/").status_code == 200
