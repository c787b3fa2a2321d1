"""Frames and bodies made up by chance, at a real server: it refuses them, stays, and stays small.

Hypothesis tries the same in this process, where it can look for the smallest that fails.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from websocket import WebSocketException

from tests.faults.test_attacks import memory
from tests.security.asking import ask, askable
from tests.security.mutator import Mutator
from tests.security.person import add_person
from tests.security.routes import Route, all_fields, frame_fields, frame_names
from tests.security.size import size
from tests.security.things import KEYS, KINDS, STREAMS
from tests.security.world import World
from tests.support.server import Browser, Server
from tests.upstream import Upstream
from webapp.errors import CannotSave
from webapp.store.database import Database
from webapp.store.ids import new_token
from webapp.store.vault import Vault

_FRAMES = size(1_500, 50_000)
_REQUESTS = size(600, 50_000)
"""How many the server has read and answered, at least: more are sent."""

_SECONDS = size(100, 3_400)
"""By when it has to be that many."""

_AT_ONCE = 40
_PEOPLE = 3
_GROWTH = 12 * 1024 * 1024
_UNKNOWN = dict.fromkeys(KEYS.values(), new_token())


@pytest.fixture(scope="module")
def fuzzed(tmp_path_factory: pytest.TempPathFactory, liaobots: Upstream) -> Iterator[Server]:
    chosen = {"liaobots_url": liaobots.url, "public_sharing": "on", "import_limit": "1"}
    with Server(tmp_path_factory.mktemp("fuzzed"), chosen) as server:
        yield server
    assert "Traceback" not in server.log
    assert "should not" not in server.log


class Fuzzer:
    """Somebody who owns one of everything, and sends what no page would."""

    def __init__(self, server: Server, number: int) -> None:
        self._server = server
        self.name = f"Fuzzer {number} {uuid.uuid4().hex[:6]}"
        database = Database(server.data_dir / "liaochat.db")
        with contextlib.closing(database):
            role = "owner" if number == 0 else "member"
            vault = Vault.at(server.data_dir / "secret.key")
            person = add_person(database, vault, self.name, "fuzz", role)
        own = {**person.ids, "stream": "0" * 43, **_UNKNOWN}
        none = {kind: uuid.uuid4().hex for kind in own}
        assert own.keys() >= set(KINDS)
        self.mutator = Mutator(number, [own, own, none])
        self.counts: Counter[str] = Counter()
        self.failures: list[str] = []
        self._cookie = f"liaochat-{urlsplit(server.url).port}={person.cookie}"

    def send_frames(self, count: int, until: float) -> None:
        """Send frames by the handful, and wait each time until all were read."""
        with Browser(self._server, sign_in=False) as browser:
            while self.counts["frames"] < count and time.monotonic() < until:
                try:
                    self._send_some(browser, min(count - self.counts["frames"], 2_000))
                except (WebSocketException, OSError):  # closed, as it may be for what was sent
                    self.counts["closed"] += 1
                    self._sign_in_again()

    def _send_some(self, browser: Browser, count: int) -> None:
        with contextlib.closing(browser.connect(cookie=self._cookie)) as socket:
            for _ in range(0, count, _AT_ONCE):
                for _ in range(_AT_ONCE):
                    socket.send_binary(self.mutator.frame())
                last = str(uuid.uuid4())
                asked = {"type": "regenerate", "client_id": last, "message": "0" * 32}
                socket.send(json.dumps(asked))
                while last not in (heard := str(socket.recv())):
                    if not heard:
                        raise ConnectionError
                self.counts["frames"] += _AT_ONCE

    def send_requests(self, routes: list[Route], count: int, until: float) -> None:
        host = urlsplit(self._server.url).netloc
        line = http.client.HTTPConnection(host, timeout=30)
        while self.counts["requests"] < count and time.monotonic() < until:
            route = self.mutator.chance.choice(routes)
            method, target, headers, body = self.mutator.request(route)
            headers |= {"Cookie": self._cookie, "Origin": self._server.url}
            try:
                line.request(method, target, body, headers)
                answer = line.getresponse()
                answer.read()
            except (http.client.HTTPException, OSError):  # closed for what came before
                self.counts["closed"] += 1
                line.close()
                continue
            except (ValueError, UnicodeError):  # what no client can send
                line.close()
                continue
            self.counts["requests"] += 1
            self.counts[f"{answer.status}"] += 1
            if answer.status >= 500 and answer.status != 503:
                self.failures.append(f"{answer.status} for {method} {target} {headers} {body!r}")
            if answer.status == 401:
                self._sign_in_again()
        line.close()

    def _sign_in_again(self) -> None:
        """Some of what it sends ends its sessions: this one, too, by the time that it begins."""
        name = None if "Fuzzer 0" in self.name else self.name
        with (
            contextlib.suppress(OSError, CannotSave),  # too busy: the next round comes here again
            Browser(self._server, sign_in=False) as again,
        ):
            token = self._server.fresh_link(name).rpartition("/")[2]
            address = f"{self._server.url}/sign-in"
            again.http.post(address, data={"token": token}, allow_redirects=False, timeout=20)
            self._cookie = again.cookie()


def test_no_frame_and_no_body_brings_the_server_down(fuzzed: Server, routes: list[Route]) -> None:
    asked = [route for route in routes if route.endpoint not in STREAMS]
    people = [Fuzzer(fuzzed, number) for number in range(_PEOPLE)]
    workers = fuzzed.workers()

    begun = time.monotonic()
    _all_at_once(people, asked, part=10, until=begun + _SECONDS)
    before = memory(fuzzed)
    _all_at_once(people, asked, part=1, until=begun + _SECONDS)
    after, seconds = memory(fuzzed), time.monotonic() - begun

    counts = sum((one.counts for one in people), Counter[str]())
    print(f"\n{dict(counts)} in {seconds:.0f} s; {(after - before) / 2**20:+.1f} MB")  # noqa: T201
    assert [failure for one in people for failure in one.failures] == []
    assert fuzzed.workers() == workers
    assert counts["frames"] >= _FRAMES
    assert counts["requests"] >= _REQUESTS
    assert after - before < _GROWTH
    with Browser(fuzzed, link=fuzzed.link_of_a_newcomer()) as browser:
        assert browser.get("/").status_code == 200


def _all_at_once(people: list[Fuzzer], routes: list[Route], *, part: int, until: float) -> None:
    """Have everybody go on until they have sent a part of it, each on two threads."""
    frames, requests = (-(-count // part // _PEOPLE) for count in (_FRAMES, _REQUESTS))
    with ThreadPoolExecutor(2 * len(people)) as pool:
        done = [
            way
            for one in people
            for way in (
                pool.submit(one.send_frames, frames, until),
                pool.submit(one.send_requests, routes, requests, until),
            )
        ]
    for one in done:
        one.result()  # who fell would send nothing more, and the rest would look like all


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=12,
)
_EXAMPLES = settings(
    max_examples=size(50, 2_000),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@_EXAMPLES
@given(
    st.sampled_from(frame_names()), st.dictionaries(st.sampled_from(sorted(frame_fields())), _JSON)
)
def test_any_frame_is_obeyed_or_refused(world: World, name: str, fields: dict[str, object]) -> None:
    heard = world.tell(world.mallory, [json.dumps({**fields, "type": name})])

    assert b'"code":"error"' not in b"".join(heard)


_ODD = ("ß中🙂%s{0}", "\0", "\u202e ", "", "1e999", "9" * 40, "../.[" * 600)


@pytest.mark.parametrize("odd", _ODD)
def test_every_field_of_every_route_takes_odd_words(
    world: World, routes: list[Route], odd: str
) -> None:
    fields = dict.fromkeys(all_fields(), odd)
    assert {"title", "message", "q", "days", "client_id"} <= fields.keys()

    for route in askable(routes):
        world.restore()
        response = ask(world.client(world.owner), route, world.owner.ids | world.ended, fields)
        assert response.status_code < 500, f"{route} with {odd!r}"


@_EXAMPLES
@given(st.data())
def test_any_body_is_taken_or_refused(
    world: World, routes: list[Route], data: st.DataObject
) -> None:
    route = data.draw(st.sampled_from([one for one in routes if one.method == "POST"]))
    body = data.draw(st.binary(max_size=300) | st.dictionaries(st.text(), st.text()))
    kind = data.draw(st.sampled_from([None, "multipart/form-data; boundary=b", "text/plain"]))
    ids = world.mallory.ids | world.ended
    kind = None if isinstance(body, dict) else kind

    response = world.client(world.mallory).post(route.path(ids), data=body, content_type=kind)

    assert response.status_code < 500
