"""Pages and questions come in one after the other, and whoever is held up holds up no other."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from types import SimpleNamespace
from uuid import uuid4

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from webapp.app import create_app
from webapp.chat.asking import Send
from webapp.config import Settings
from webapp.store.tables import browser_sessions
from webapp.store.users import ensure_owner, make_link
from webapp.web.services import EXTENSION, Services
from webapp.web.turnstile import Turnstile
from webapp.web.websocket import obey

_SOON = 10
_COUNT = 30


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(_COUNT) as threads:
        yield threads


class Visits:
    """Threads that go through a turnstile, each staying inside until it is told to leave."""

    def __init__(self, turnstile: Turnstile, pool: ThreadPoolExecutor) -> None:
        self._turnstile = turnstile
        self._pool = pool
        self.inside: list[int] = []
        self.entered = threading.Semaphore(0)

    def come(self, number: int, leave: threading.Event) -> Future[None]:
        """Have one more come; return when they are inside, or have been seen to wait."""
        before = self._turnstile.waiting
        visit = self._pool.submit(self._go_through, number, leave)
        while number not in self.inside and self._turnstile.waiting == before:
            threading.Event().wait(0.001)
        return visit

    def _go_through(self, number: int, leave: threading.Event) -> None:
        with self._turnstile.turn():
            self.inside.append(number)
            self.entered.release()
            assert leave.wait(_SOON)


def test_turns_come_one_at_a_time_in_the_order_of_coming(pool: ThreadPoolExecutor) -> None:
    visits = Visits(Turnstile(longest=_SOON), pool)
    leave = [threading.Event() for _ in range(_COUNT)]
    coming = [visits.come(number, leave[number]) for number in range(_COUNT)]

    seen = []
    for number in range(_COUNT):
        assert visits.entered.acquire(timeout=_SOON)
        seen.append(list(visits.inside))
        leave[number].set()

    for visit in coming:
        visit.result(_SOON)
    assert seen == [list(range(number + 1)) for number in range(_COUNT)]


def test_a_turn_that_lasts_too_long_goes_to_the_next_one_alone(pool: ThreadPoolExecutor) -> None:
    visits, never, leave = (
        Visits(Turnstile(longest=0.1), pool),
        threading.Event(),
        [threading.Event() for _ in range(3)],
    )
    held_up = visits.come(0, never)
    assert visits.entered.acquire(timeout=_SOON)
    coming = [visits.come(number, leave[number]) for number in (1, 2)]

    assert visits.entered.acquire(timeout=_SOON)
    first = list(visits.inside)
    leave[1].set()
    assert visits.entered.acquire(timeout=_SOON)
    leave[2].set()
    never.set()

    for visit in (held_up, *coming):
        visit.result(_SOON)
    assert first == [0, 1]
    assert visits.inside == [0, 1, 2]


def test_who_was_pushed_out_lets_nobody_in_when_they_leave(pool: ThreadPoolExecutor) -> None:
    now = 0.0
    turnstile = Turnstile(longest=0.05, now=lambda: now)
    visits, late, leave = Visits(turnstile, pool), threading.Event(), threading.Event()
    held_up = visits.come(0, late)
    assert visits.entered.acquire(timeout=_SOON)
    pushing = visits.come(1, leave)
    now = 1.0
    assert visits.entered.acquire(timeout=_SOON)
    waiting = visits.come(2, leave)

    late.set()
    held_up.result(_SOON)

    assert not visits.entered.acquire(timeout=0.2)
    leave.set()
    for visit in (pushing, waiting):
        visit.result(_SOON)


def test_leaving_twice_or_without_having_entered_changes_nothing(
    pool: ThreadPoolExecutor,
) -> None:
    turnstile, leave = Turnstile(longest=_SOON), threading.Event()
    visits = Visits(turnstile, pool)
    inside = visits.come(0, leave)
    assert visits.entered.acquire(timeout=_SOON)
    next_one = visits.come(1, leave)

    turnstile.leave()
    turnstile.leave()

    assert not visits.entered.acquire(timeout=0.05)
    leave.set()
    for visit in (inside, next_one):
        visit.result(_SOON)


class Watched(Turnstile):
    """Knows how often somebody wanted to come in."""

    comers = 0

    def enter(self) -> None:
        self.comers += 1
        super().enter()


@pytest.fixture(scope="module")
def strangers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[FlaskClient, Watched]]:
    """A browser that is not signed in, and the turnstile of the server that it asks."""
    application = create_app(Settings(data_dir=tmp_path_factory.mktemp("turnstile")))
    application.start()
    watched = Watched()
    application.flask.extensions[EXTENSION] = replace(application.services, turnstile=watched)
    yield application.flask.test_client(), watched
    application.close()


@pytest.mark.parametrize("path", ["/socket", "/events", "/shared/x/socket", "/shared/x/events"])
@pytest.mark.parametrize("origin", ["http://localhost", "http://elsewhere"])
def test_who_is_not_let_in_has_left_it_again(
    strangers: tuple[FlaskClient, Watched], path: str, origin: str
) -> None:
    client, turnstile = strangers
    before = turnstile.comers
    headers = {"Origin": origin, "Sec-Fetch-Site": "cross-site"}
    if path.endswith("socket"):
        headers |= {"Upgrade": "websocket", "Connection": "Upgrade"}

    response = client.get(path, headers=headers)

    assert response.status_code >= 400
    assert turnstile.comers == before + 1
    assert turnstile.free


def test_a_question_is_asked_in_its_turn(strangers: tuple[FlaskClient, Watched]) -> None:
    _, turnstile = strangers
    client, services = _signed_in(strangers)
    with services.database.reading() as connection:
        session_hash = connection.execute(select(browser_sessions.c.id_hash)).scalar_one()
    page = SimpleNamespace(session_hash=session_hash, send=lambda _frame: None)
    before = turnstile.comers

    obey(services, page, Send(str(uuid4()), None, None, ""))  # type: ignore[arg-type]
    assert turnstile.comers == before + 1
    assert turnstile.free

    form = {"client_id": str(uuid4()), "text": ""}
    refused = client.post("/messages", data=form, headers={"Origin": "http://localhost"})
    assert refused.status_code == 422
    assert turnstile.comers == before + 2
    assert turnstile.free


def _signed_in(strangers: tuple[FlaskClient, Watched]) -> tuple[FlaskClient, Services]:
    client = strangers[0].application.test_client()
    services: Services = client.application.extensions[EXTENSION]
    with services.database.writing() as connection:
        owner = ensure_owner(connection, now=services.clock.now())
        token = make_link(connection, owner, now=services.clock.now())
    headers = {"Origin": "http://localhost"}
    answer = client.post("/sign-in", data={"token": token}, headers=headers)
    assert answer.status_code == 303
    return client, services
