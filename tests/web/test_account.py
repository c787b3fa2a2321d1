"""One's own sessions: what they are called, and that an ended one stays so."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests.security.world import World
from tests.support.server import Browser, Server
from webapp.store import sessions
from webapp.store.ids import token_hash
from webapp.web.connection import SIGNED_OUT
from webapp.web.sessions import read_session
from webapp.web.user_agents import describe

_PASSWORD = "kettle-orbit-93"
_FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture
def link(server: Server) -> str:
    """Each test has a member of its own."""
    return server.link_of_a_newcomer()


@pytest.fixture
def here(server: Server, link: str) -> Iterator[Browser]:
    with Browser(server, link=link) as browser:
        yield browser


@pytest.fixture
def there(server: Server, here: Browser) -> Iterator[Browser]:
    """Another browser of the same member."""
    found = re.search(r'sidebar__name"[^>]*>([^<]+)<', here.get("/").text)
    assert found
    with Browser(server, sign_in=False) as browser:
        browser.http.headers["User-Agent"] = _FIREFOX
        browser.post("/sign-in", token=server.fresh_link(found[1]).rpartition("/")[2])
        yield browser


def _handle(browser: Browser) -> str:
    return token_hash(next(iter(browser.http.cookies)).value or "")[:32]


def test_sessions_are_listed_by_browser_and_address(here: Browser, there: Browser) -> None:
    page = here.get("/account").text

    assert "Firefox on Linux" in page
    assert "127.0.0.1" in page
    assert page.count("this browser") == 1
    assert _handle(there) in page
    for browser in (here, there):
        assert (next(iter(browser.http.cookies)).value or "") not in page


def test_a_revoked_session_is_out_within_a_second_and_stays_so(
    here: Browser, there: Browser
) -> None:
    open_page = there.open()

    here.post(f"/sessions/{_handle(there)}/revoke")

    assert open_page.wait_closed(timeout=1) == SIGNED_OUT
    assert there.get("/").status_code == 401
    assert here.get("/").status_code == 200


def test_all_others_can_be_revoked_at_once(server: Server, here: Browser, there: Browser) -> None:
    mine, theirs = here.open(), there.open()
    with Browser(server) as stranger:
        here.post("/sessions/revoke-others")

        assert theirs.wait_closed(timeout=1) == SIGNED_OUT
        assert stranger.get("/").status_code == 200
    mine.send("#echo still here")
    mine.wait("accepted")


def test_a_new_password_shows_all_others_out_and_renews_this_session(
    server: Server, here: Browser, there: Browser
) -> None:
    theirs, before = there.open(), here.cookie()

    refused = here.post("/account/password", new_password="password123")
    assert refused.status_code == 422
    assert "first that are guessed" in refused.text
    kept = here.post("/account/password", new_password=_PASSWORD)

    assert "Your password is kept." in kept.text
    assert theirs.wait_closed(timeout=1) == SIGNED_OUT
    assert here.cookie() != before
    with Browser(server, sign_in=False) as thief:
        thief.http.headers["Cookie"] = before
        assert thief.get("/").status_code == 401
    wrong = here.post("/account/password", password="wrong", new_password="lemon.tree.walks")
    assert wrong.status_code == 401
    assert "This is not your password." in wrong.text


@pytest.mark.timeout(60)
def test_in_a_thousand_races_no_command_brings_a_revoked_session_back(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """What a socket does for each command, an hour after it was last used, so that it is noted."""
    world = World(tmp_path_factory.mktemp("races"))
    own, user = world.application.services, world.mallory.user
    long_ago = own.clock.now() - timedelta(hours=2)
    begin, read, returned = threading.Barrier(2), threading.Barrier(2), []
    hashes: list[str] = []

    def command() -> None:
        for _ in range(1000):
            begin.wait(20)
            session = read_session(own, hashes[-1])
            read.wait(20)
            returned.append(session is not None)

    reader = threading.Thread(target=command, name="commands")
    reader.start()
    for _ in range(1000):
        with own.database.writing() as connection:
            hashes.append(
                token_hash(sessions.sign_in(connection, user, previous=None, now=long_ago))
            )
        begin.wait(20)
        with own.database.writing() as connection:
            assert sessions.end(connection, user.id, hashes[-1][:32])
        read.wait(20)
        with own.database.reading() as connection:
            assert sessions.find(connection, hashes[-1], now=own.clock.now()) is None
    reader.join(20)
    with own.database.reading() as connection:
        listed = sessions.of_user(connection, user.id, now=own.clock.now())
    world.close()

    assert [one.id_hash for one in listed] == [world.mallory.session_hash]
    assert len(returned) == 1000


@pytest.mark.parametrize(
    ("user_agent", "words"),
    [
        (_FIREFOX, "Firefox on Linux"),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/140.0 Safari/537.36 Edg/140.0",
            "Edge on Windows",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1",
            "Safari on iPhone",
        ),
        (
            "Mozilla/5.0 (Linux; Android 15) Chrome/140.0.0.0 Mobile Safari/537.36",
            "Chrome on Android",
        ),
        ("curl/8.5.0", "curl"),
        ("", "Unknown browser"),
    ],
)
def test_a_browser_is_named_as_people_know_it(user_agent: str, words: str) -> None:
    assert describe(user_agent) == words
