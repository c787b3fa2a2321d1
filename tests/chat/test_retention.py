"""Retention: what is old goes to the trash by portions, and the rest stays."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterator
from datetime import timedelta

import pytest
from sqlalchemy import insert, update

from tests.store.conftest import database, other, owner
from tests.support.clock import FakeClock
from webapp.chat.library import IN_TRASH, Library
from webapp.chat.retention import Forecast, Retention
from webapp.store import conversations, lists
from webapp.store.database import Database
from webapp.store.lists import ACTIVE, ARCHIVED, TRASHED, Place
from webapp.store.tables import conversations as table
from webapp.store.tables import imports
from webapp.store.users import User
from webapp.team.audit import Audit

__all__ = ["database", "other", "owner"]

Make = Callable[..., Retention]


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def told() -> list[tuple[str, int]]:
    """Whose pages were told of how many conversations."""
    return []


@pytest.fixture
def make(database: Database, clock: FakeClock, told: list[tuple[str, int]]) -> Iterator[Make]:
    def tell(user_id: str, ids: Collection[str]) -> None:
        told.append((user_id, len(ids)))

    made: list[Retention] = []

    def build(days: Callable[[], int], *, audit_days: int = 0) -> Retention:
        library = Library(database=database, clock=clock)
        made.append(
            Retention(
                database=database,
                clock=clock,
                library=library,
                days=days,
                on_retired=tell,
                audit=Audit(database, clock),
                audit_days=audit_days,
            )
        )
        return made[-1]

    yield build
    for one in made:
        one.close(5)


def _said(
    database: Database, user: User, clock: FakeClock, *, days_ago: int, count: int = 1
) -> str:
    at = clock.now() - timedelta(days=days_ago)
    with database.writing() as connection:
        for _ in range(count):
            new = conversations.create(connection, user.id, title="", now=at)
    return new.id


def _in(database: Database, user: User, place: Place) -> set[str]:
    with database.reading() as connection:
        return {one.id for one in lists.page(connection, user.id, place).conversations}


def test_what_is_old_and_kept_by_nothing_goes(
    database: Database, clock: FakeClock, make: Make, owner: User, other: User
) -> None:
    old, fresh = (_said(database, owner, clock, days_ago=days) for days in (91, 89))
    pinned, archived = (_said(database, owner, clock, days_ago=100) for _ in range(2))
    theirs = _said(database, other, clock, days_ago=200)
    with database.writing() as connection:
        conversations.mark(connection, owner.id, {pinned}, "pinned", clock.now())
        conversations.mark(connection, owner.id, {archived}, "archived", clock.now())
    retention = make(lambda: 90)

    forecast = retention.forecast(90)
    retention.tidy()

    assert forecast == Forecast(conversations=3, members=2)
    assert _in(database, owner, TRASHED) == {old, archived}
    assert _in(database, other, TRASHED) == {theirs}
    assert _in(database, owner, ACTIVE) == {fresh, pinned}
    assert _in(database, owner, ARCHIVED) == set()
    assert retention.forecast(90) == Forecast(0, 0)


def test_the_trash_keeps_them_for_thirty_days(
    database: Database, clock: FakeClock, make: Make, owner: User
) -> None:
    _said(database, owner, clock, days_ago=100)
    retention = make(lambda: 90)
    retention.tidy()

    clock.advance((IN_TRASH - timedelta(hours=1)).total_seconds())
    retention.tidy()
    assert len(_in(database, owner, TRASHED)) == 1
    clock.advance(timedelta(hours=2).total_seconds())
    retention.tidy()

    assert _in(database, owner, TRASHED) == set()


def test_what_was_imported_lately_stays_for_as_long(
    database: Database, clock: FakeClock, make: Make, owner: User
) -> None:
    brought = _said(database, owner, clock, days_ago=1000)
    with database.writing() as connection:
        connection.execute(
            insert(imports).values(
                id="i", owner_id=owner.id, state="done", report="{}", created_at=clock.now()
            )
        )
        connection.execute(update(table).values(import_id="i"))
    retention = make(lambda: 90)

    retention.tidy()
    assert _in(database, owner, ACTIVE) == {brought}
    clock.advance(timedelta(days=91).total_seconds())
    retention.tidy()

    assert _in(database, owner, TRASHED) == {brought}


def test_with_no_days_nothing_goes(
    database: Database, clock: FakeClock, make: Make, owner: User
) -> None:
    kept = _said(database, owner, clock, days_ago=30_000)
    retention = make(lambda: 0)

    retention.tidy()

    assert retention.forecast(0) == Forecast(0, 0)
    assert _in(database, owner, ACTIVE) == {kept}


def test_many_go_by_portions_and_stop_when_the_owner_thinks_better_of_it(
    database: Database,
    clock: FakeClock,
    make: Make,
    owner: User,
    told: list[tuple[str, int]],
) -> None:
    _said(database, owner, clock, days_ago=100, count=250)
    asked = iter([90, 90, 0])

    make(lambda: next(asked)).tidy()

    assert told == [(owner.id, 100), (owner.id, 100)]
    make(lambda: 90).tidy()
    assert told[2:] == [(owner.id, 50)]


def test_a_thread_tidies_at_its_start_and_when_it_is_told_to(
    make: Make,
) -> None:
    asked: list[int] = []
    turn = threading.Semaphore(0)

    def days() -> int:
        asked.append(0)
        turn.release()
        return 0

    retention = make(days)
    retention.start()
    assert turn.acquire(timeout=10)

    retention.look()

    assert turn.acquire(timeout=10)
    retention.close(5)
    assert not [one for one in threading.enumerate() if one.name == "retention"]


def test_the_audit_log_forgets_what_is_older_and_with_no_days_nothing(
    database: Database, clock: FakeClock, make: Make, owner: User
) -> None:
    audit = Audit(database, clock)
    for count in (600, 2):
        with database.writing() as connection:
            for number in range(count):
                audit.record(connection, "export.made", str(number), actor=owner, address="")
        clock.advance(timedelta(days=20).total_seconds())

    make(lambda: 0).tidy()
    kept = len(list(audit.all()))
    make(lambda: 0, audit_days=30).tidy()
    left = [row.subject for row in audit.all()]
    clock.advance(timedelta(days=9).total_seconds())
    make(lambda: 0, audit_days=30).tidy()

    assert kept == 602
    assert left == ["1", "0"]
    assert len(list(audit.all())) == 2
