"""The library: what is put into the trash stays there for its time, and no longer."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.clock import FakeClock
from webapp.chat.library import IN_TRASH, Library
from webapp.store import conversations, users
from webapp.store.database import Database
from webapp.store.schema import migrate
from webapp.store.users import User


@pytest.fixture
def database(tmp_path: Path) -> Database:
    database = Database(tmp_path / "library.db")
    migrate(database)
    return database


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def owner(database: Database, clock: FakeClock) -> User:
    with database.writing() as connection:
        return users.ensure_owner(connection, now=clock.now())


def _trashed(database: Database, clock: FakeClock, owner: User, count: int) -> list[str]:
    with database.writing() as connection:
        ids = [
            conversations.create(connection, owner.id, title=f"No. {number}", now=clock.now()).id
            for number in range(count)
        ]
        conversations.mark(connection, owner.id, ids, "trashed", clock.now())
    return ids


def test_the_trash_keeps_what_is_young_and_deletes_what_is_old(
    database: Database, clock: FakeClock, owner: User
) -> None:
    library = Library(database=database, clock=clock)
    old = _trashed(database, clock, owner, 13)
    clock.advance(timedelta(days=2).total_seconds())
    young = _trashed(database, clock, owner, 3)
    clock.advance((IN_TRASH - timedelta(days=1)).total_seconds())

    library.empty_trash()

    with database.reading() as connection:
        left = [conversations.find(connection, owner.id, one) for one in (*old, *young)]
    database.close()
    assert [one is not None for one in left] == [False] * 13 + [True] * 3


def test_putting_something_into_the_trash_takes_out_what_is_old(
    database: Database, clock: FakeClock, owner: User
) -> None:
    library = Library(database=database, clock=clock)
    (old,) = _trashed(database, clock, owner, 1)
    with database.writing() as connection:
        new = conversations.create(connection, owner.id, title="New", now=clock.now()).id
    clock.advance(IN_TRASH.total_seconds())

    library.mark(owner.id, [new], "trashed", on=True)

    with database.reading() as connection:
        left = [conversations.find(connection, owner.id, one) for one in (old, new)]
    database.close()
    assert [one is not None for one in left] == [False, True]
