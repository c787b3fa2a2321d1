"""Leaving: shut out at once, deleted in portions, by whichever run of the server."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import pairwise

import pytest
from sqlalchemy import func, select

from tests.support.clock import FakeClock
from webapp.errors import LastOwner
from webapp.store import conversations, generations, members, messages, sessions, users
from webapp.store.database import Database
from webapp.store.ids import token_hash
from webapp.store.tables import conversations as conversation_table
from webapp.store.tables import messages as message_table
from webapp.store.users import User
from webapp.team.audit import Audit
from webapp.team.leaving import Departures


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def other(database: Database, clock: FakeClock) -> User:
    with database.writing() as connection:
        return users.add(connection, "Eve", "member", now=clock.now())


@pytest.fixture
def departures(database: Database, clock: FakeClock) -> Iterator[Departures]:
    made = Departures(database, clock, Audit(database, clock))
    yield made
    made.close(5)


def _talk(database: Database, user: User, clock: FakeClock, length: int) -> str:
    with database.writing() as connection:
        chat = conversations.create(connection, user.id, title="long", now=clock.now())
        parent = None
        for number in range(length):
            parent = messages.add(
                connection,
                user.id,
                chat.id,
                parent_id=parent,
                role="user",
                state="complete",
                text=f"message {number}",
                now=clock.now(),
            ).id
    assert parent is not None
    return parent


def _count(database: Database) -> tuple[int, int, int]:
    with database.reading() as connection:
        return (
            connection.execute(select(func.count()).select_from(message_table)).scalar_one(),
            connection.execute(select(func.count()).select_from(conversation_table)).scalar_one(),
            connection.execute(select(func.count()).select_from(users.users)).scalar_one(),
        )


def test_who_leaves_is_nobody_at_once(
    departures: Departures, database: Database, clock: FakeClock, owner: User, other: User
) -> None:
    with database.writing() as connection:
        session_id = sessions.sign_in(connection, other, previous=None, now=clock.now())
        token = users.make_link(connection, other, now=clock.now())

    departures.begin(other, address="192.0.2.1")

    with database.writing() as connection:
        assert sessions.find(connection, token_hash(session_id), now=clock.now()) is None
        assert users.use_link(connection, token, now=clock.now()) is None
        assert users.find_by_name(connection, other.name) is None
        assert users.find_by_id(connection, other.id) is None
        assert [one.name for one in members.all_of(connection)] == [owner.name]
        users.add(connection, other.name, "member", now=clock.now())  # the name is free
    (row,) = Audit(database, clock).page().rows
    assert (row.actor, row.action, row.subject) == (other.name, "account.deleted", other.name)


def test_a_hundred_messages_go_at_once_and_in_the_end_the_member(
    departures: Departures, database: Database, clock: FakeClock, owner: User, other: User
) -> None:
    _talk(database, owner, clock, 3)
    for length in (250, 20):
        _talk(database, other, clock, length)
    departures.begin(other, address="")

    left = []
    while departures.delete_some() == "more":
        left.append(_count(database))

    steps = [before[0] - after[0] for before, after in pairwise(left)]
    assert max(steps) <= 100
    assert left[-1] == (3, 1, 1)  # what is the owner's


def test_a_thread_finishes_what_a_restart_cut_off(
    departures: Departures, database: Database, clock: FakeClock, owner: User, other: User
) -> None:
    _talk(database, other, clock, 250)
    departures.begin(other, address="")
    departures.delete_some()

    again = Departures(database, clock, Audit(database, clock))
    again.start()
    until = time.monotonic() + 20
    while _count(database) != (0, 0, 1):
        assert time.monotonic() < until
        time.sleep(0.01)
    again.close(5)

    with database.reading() as connection:
        assert users.find_by_id(connection, owner.id) == owner


def test_what_is_being_answered_goes_when_the_answer_has_ended(
    departures: Departures, database: Database, clock: FakeClock, owner: User, other: User
) -> None:
    message_id = _talk(database, other, clock, 1)
    with database.writing() as connection:
        message = messages.find(connection, other.id, message_id)
        assert message is not None
        running = generations.begin(
            connection, message.conversation_id, message_id, server_id="here", now=clock.now()
        )
        assert generations.running_of(connection, other.id) == [running]
        assert generations.running_of(connection, owner.id) == []
    departures.begin(other, address="")

    assert departures.delete_some() == "answering"
    with database.writing() as connection:
        generations.end(connection, running)
    while departures.delete_some() == "more":
        pass

    assert _count(database) == (0, 0, 1)


def test_the_only_owner_cannot_leave(
    departures: Departures, database: Database, owner: User, other: User
) -> None:
    with pytest.raises(LastOwner):
        departures.begin(owner, address="")

    with database.writing() as connection:
        members.set_role(connection, other.id, "owner")
    departures.begin(owner, address="")
