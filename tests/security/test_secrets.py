"""The auth code in a running server: where it goes, and where it never shows.

`tests/support/canary.py` looks for the codes of all other tests; here all loggers speak,
and the environment of the server tempts it to send things elsewhere.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.security.listener import Listener
from tests.security.routes import frame_names
from tests.security.things import CLIENT_ID
from tests.support import canary
from tests.support.page import Page
from tests.support.server import Browser, Server
from tests.upstream import SCENARIOS, Upstream, upstream

CODE = "test-CANARY-4f1c-9e77-b02d"
_PROXIES = ("http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy", "ALL_PROXY")


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[Listener]:
    listener = Listener()
    yield listener
    listener.close()


@pytest.fixture(scope="module")
def own_upstream() -> Iterator[Upstream]:
    with upstream(pace=0.001) as running:
        yield running


@pytest.fixture(scope="module", params=["classic", "official"])
def tempted(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    elsewhere: Listener,
    own_upstream: Upstream,
) -> Iterator[Server]:
    """A server whose environment names proxies and passwords, and whose loggers say all."""
    home = tmp_path_factory.mktemp("home")
    (home / ".netrc").write_text("default login stranger password stranger\n")
    settings = {
        "liaobots_door": request.param,
        "liaobots_url": own_upstream.url,
        "public_sharing": "on",
    }
    with pytest.MonkeyPatch.context() as environment:
        for name in _PROXIES:
            environment.setenv(name, elsewhere.url)
        environment.setenv("HOME", str(home))
        environment.setenv("NETRC", str(home / ".netrc"))
        server = Server(tmp_path_factory.mktemp("tempted"), settings, log_all=True)
    with server:
        yield server


@pytest.fixture
def careful(tempted: Server) -> Iterator[Browser]:
    with Browser(tempted) as signed_in:
        signed_in.use("liaobots/gpt-4", CODE)
        yield signed_in


def test_the_listener_and_the_canary_notice_what_they_are_for(tmp_path: Path) -> None:
    canary.note(CODE)
    (tmp_path / "log").write_text(f"x-auth-code: {CODE}")
    with closing(sqlite3.connect(tmp_path / "some.db")) as database:
        database.execute("CREATE TABLE t (text)")
        database.execute("INSERT INTO t VALUES (?)", ["x" * 4050 + CODE])
        database.commit()

    for place in (tmp_path / "log", tmp_path / "some.db"):
        with pytest.raises(AssertionError, match="an auth code shows"):
            canary.expect_none(str(place), *canary.contents(place))
        place.unlink()
    with pytest.raises(AssertionError, match="an auth code shows"):
        canary.expect_none("a page", f"<p>{CODE}</p>")


def test_the_code_is_sealed_and_shows_nowhere(
    tempted: Server, careful: Browser, own_upstream: Upstream, tmp_path: Path
) -> None:
    page = careful.open()
    for scenario in sorted(SCENARIOS.keys() & {"default", "unauthorised", "cut", "overloaded"}):
        _ask(page, f"#{scenario}")
    own_upstream.enqueue(lambda call: call.answer(f"no {call.received.auth_code} here", 500))
    _ask(page, "tell me my code")
    path = f"/c/{page.conversation}"
    careful.post(f"{path}/share", audience="public", kind="live", days="7")
    for place in ("/", path, f"{path}/share", f"{path}/export.md", f"{path}/export.html"):
        assert careful.get(place).status_code == 200  # `Browser` looks for codes in all of them
    assert CODE not in careful.get("/export.json").text
    assert own_upstream.received[-1].auth_code == CODE

    with closing(sqlite3.connect(tempted.data_dir / "liaochat.db")) as database:
        with closing(sqlite3.connect(tmp_path / "backup.db")) as backup:
            database.backup(backup)
        sealed = database.execute("SELECT sealed_auth_code FROM browser_sessions").fetchall()

    assert any(one for (one,) in sealed)
    assert "sqlalchemy" in tempted.log
    canary.expect_none("the log", tempted.log)
    canary.expect_none_in_files(tmp_path)
    canary.expect_none_in_files(tempted.data_dir)
    canary.expect_none_in_processes([tempted.process.pid, *tempted.workers()])


def test_the_servers_traffic_goes_to_the_configured_host_alone(
    careful: Browser, own_upstream: Upstream, elsewhere: Listener
) -> None:
    """Proxies, passwords of the environment, redirects, and whatever a page names."""
    names = ("base_url", "url", "host", "endpoint", "proxy", "liaobots_url", "callback", "image")
    hostile = dict.fromkeys(names, elsewhere.url)
    asked = len(own_upstream.received)
    page = careful.open()
    for status in (301, 302, 303, 307, 308):
        _ask(page, f"#redirect:{elsewhere.port},{status}")
    for name in frame_names():
        page.put(type=name, client_id=CLIENT_ID, text=f"See {elsewhere.url}", **hostile)
    own_upstream.wait_for(asked + 6)
    careful.post("/session/model", model="liaobots/gpt-4", **hostile)
    careful.post("/session/auth-code", auth_code=CODE, **hostile)
    for method in ("get", "post"):
        careful.http.request(
            method,
            careful.server.url + "/messages",
            params=hostile,
            json=hostile,
            headers={"X-Forwarded-Host": f"127.0.0.1:{elsewhere.port}", "Forwarded": "host=evil"},
            timeout=20,
        )

    calls = own_upstream.received[asked:]
    assert len(calls) == 6
    passed = {call.headers.get("authorization") for call in calls}
    assert passed in ({None}, {f"Bearer {CODE}"})
    assert all("proxy-authorization" not in call.headers for call in calls)
    assert all(elsewhere.url not in json.dumps(call.body["model"]) for call in calls)
    assert elsewhere.count() == 0


def _ask(page: Page, text: str) -> None:
    """Ask, and wait for the end: some fail so soon that no frame of its own says it."""
    count, until = len(page.articles) + 2, time.monotonic() + 20
    page.send(text)
    while len(page.articles) < count or page.running:
        assert time.monotonic() < until
        page.read(1)
