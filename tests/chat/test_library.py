"""The library: what is put into the trash stays there for its time, and no longer."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from tests.support.clock import FakeClock
from tests.support.databases import migrated
from webapp.chat.library import IN_TRASH, Library
from webapp.store import conversations, messages, users
from webapp.store.database import Database
from webapp.store.tables import messages as table
from webapp.store.users import User


@pytest.fixture
def database(tmp_path: Path) -> Database:
    return migrated(tmp_path / "library.db")


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


def test_a_long_conversation_is_copied_and_deleted_whole_in_portions(
    database: Database, clock: FakeClock, owner: User
) -> None:
    library = Library(database=database, clock=clock)
    texts = [f"No. {number}" for number in range(350)]
    with database.writing() as connection:
        long = conversations.create(connection, owner.id, title="Long", now=clock.now())
        head = None
        for number, text in enumerate(texts):
            head = messages.add(
                connection,
                owner.id,
                long.id,
                parent_id=head,
                role="assistant" if number % 2 else "user",
                state="complete",
                text=text,
                now=clock.now(),
            ).id
    assert head is not None

    copied = library.branch(owner.id, head)
    library.mark(owner.id, [long.id], "trashed", on=True)
    library.remove(owner.id, [long.id])

    with database.reading() as connection:
        shown = conversations.find(connection, owner.id, copied.id)
        assert shown is not None
        branch = messages.path(connection, owner.id, shown.head_id)
        gone = conversations.find(connection, owner.id, long.id)
        left = connection.execute(
            select(table.c.id).where(table.c.conversation_id == long.id)
        ).all()
    database.close()
    assert [message.text for message in branch] == texts
    assert (gone, left) == (None, [])
