"""Sessions that are ended while their browser is busy, at a real server: none comes back."""

from __future__ import annotations

import contextlib
import random
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from websocket import WebSocketBadStatusException, WebSocketException

from tests.security.size import size
from tests.support.links import name_of_a_newcomer
from tests.support.page import Page
from tests.support.server import Browser, Server
from tests.upstream import Upstream
from webapp.clock import SystemClock
from webapp.store import sessions, users
from webapp.store.database import Database
from webapp.store.ids import token_hash
from webapp.store.users import User

_RACES = size(24, 1_000)
_MEMBERS = 4
_SECONDS = size(90, 3_400)
"""By when it has to be that many."""

_UNSEEN = timedelta(hours=2)
"""So long not used, a session is written to by whatever its browser does next."""


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory, liaobots: Upstream) -> Iterator[Server]:
    settings = {"liaobots_url": liaobots.url}
    with Server(tmp_path_factory.mktemp("busy"), settings) as server:
        yield server
    assert "Traceback" not in server.log


class Member:
    """Somebody with one browser that stays, and others that are signed out in the middle."""

    def __init__(self, server: Server, seed: int) -> None:
        self._server = server
        self._chance = random.Random(seed)  # noqa: S311 - a seed that can be repeated
        self._name = name_of_a_newcomer()
        self._password = "kettle-orbit-93"
        self._here = Browser(server, link=server.fresh_link(self._name))
        self._here.post("/account/password", new_password=self._password)
        self._database = Database(server.data_dir / "liaochat.db")
        self._user = self._find_user()
        self.counts: Counter[str] = Counter()
        self.came_back: list[str] = []

    def close(self) -> None:
        self._here.close()
        self._database.close()

    def race(self, ways: int, until: float) -> None:
        """End so many sessions, in each way in turn."""
        ends: list[Callable[[str], None]] = [
            self._revoke,
            self._revoke_others,
            self._sign_out,
            self._change_password,
        ]
        for number in range(ways):
            if time.monotonic() < until:
                self._end_one(ends[number % len(ends)])

    def _end_one(self, end: Callable[[str], None]) -> None:
        session_id = self._begin_session()
        with self._browser_of(session_id) as there:
            page = there.open()
            page.put(type="draft", conversation=None, text="alive", keep=True)
            page.wait("gauge")
            assert there.get("/healthz").status_code == 200
            begun, ended = threading.Semaphore(0), threading.Event()
            with ThreadPoolExecutor(2) as pool:
                frames = pool.submit(self._send_frames, page, begun)
                forms = pool.submit(self._send_forms, there, begun, ended)
                for _ in range(self._chance.randint(1, 6)):
                    assert begun.acquire(timeout=20)
                end(session_id)
                ended.set()
            frames.result()
            forms.result()
            self._look(there, session_id, end.__name__)

    def _send_frames(self, page: Page, begun: threading.Semaphore) -> None:
        """Write drafts, and ask for nothing, until the server closes."""
        with contextlib.suppress(OSError, WebSocketException):  # closed while it was sent
            while page.closed is None:
                for _ in range(3):
                    text = uuid.uuid4().hex
                    page.put(type="draft", conversation=None, text=text, keep=True)
                    page.put(type="regenerate", client_id=str(uuid.uuid4()), message="0" * 32)
                    self.counts["frames"] += 2
                begun.release()
                page.read(5)
        page.wait_closed(10)

    def _send_forms(
        self, there: Browser, begun: threading.Semaphore, ended: threading.Event
    ) -> None:
        """Choose models, which writes to the session's row, until nobody is signed in."""
        refused = 0
        while refused < 2:
            answer = there.post("/session/model", model="liaobots/gpt-4")
            self.counts["forms"] += 1
            begun.release()
            if answer.status_code == 401:
                refused += 1
            elif refused or (ended.is_set() and there.get("/account").status_code != 401):
                self.came_back.append("to a form")
                return

    def _look(self, there: Browser, session_id: str, way: str) -> None:
        """See that the session is gone, for requests, handshakes and in the database."""
        signed_in = there.get("/").status_code != 401
        with contextlib.suppress(WebSocketBadStatusException):
            there.connect()
            signed_in = True
        with self._database.reading() as connection:
            now = SystemClock().now()
            signed_in |= sessions.find(connection, token_hash(session_id), now=now) is not None
            left = len(sessions.of_user(connection, self._user.id, now=now))
        if signed_in or left != 1:
            self.came_back.append(way)
        self.counts[way] += 1

    def _revoke(self, session_id: str) -> None:
        handle = token_hash(session_id)[:32]
        assert self._here.post(f"/sessions/{handle}/revoke").status_code == 200

    def _revoke_others(self, _session_id: str) -> None:
        assert self._here.post("/sessions/revoke-others").status_code == 200

    def _sign_out(self, session_id: str) -> None:
        with self._browser_of(session_id) as also:
            assert also.post("/sign-out").status_code == 200

    def _change_password(self, _session_id: str) -> None:
        fields = {"password": self._password, "new_password": f"kettle-orbit-{uuid.uuid4().hex}"}
        assert self._here.post("/account/password", **fields).status_code == 200
        self._password = fields["new_password"]

    def _begin_session(self) -> str:
        with self._database.writing() as connection:
            then = SystemClock().now() - _UNSEEN
            return sessions.sign_in(connection, self._user, previous=None, now=then)

    def _browser_of(self, session_id: str) -> Browser:
        browser = Browser(self._server, sign_in=False)
        browser.http.cookies.set(f"liaochat-{urlsplit(self._server.url).port}", session_id)
        return browser

    def _find_user(self) -> User:
        with self._database.reading() as connection:
            user = users.find_by_name(connection, self._name)
        assert user is not None
        return user


def test_no_session_comes_back_that_is_ended_while_its_browser_is_busy(busy: Server) -> None:
    until = time.monotonic() + _SECONDS
    with contextlib.ExitStack() as stack:
        members = [Member(busy, seed) for seed in range(_MEMBERS)]
        for one in members:
            stack.callback(one.close)
        with ThreadPoolExecutor(_MEMBERS) as pool:
            done = [pool.submit(one.race, -(-_RACES // _MEMBERS), until) for one in members]
        for one in done:
            one.result()

    counts = sum((one.counts for one in members), Counter[str]())
    print(f"\n{dict(counts)}")  # noqa: T201
    assert [way for one in members for way in one.came_back] == []
    assert sum(count for way, count in counts.items() if way.startswith("_")) >= _RACES
