"""Runs and their journal."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import pytest
from sqlalchemy import Connection, select
from sqlalchemy.exc import IntegrityError

from tests.store.conftest import NOW
from webapp.store import conversations, generations, messages
from webapp.store.database import Database
from webapp.store.generations import Chunk, Orphan
from webapp.store.tables import generations as rows
from webapp.store.tables import journal_chunks
from webapp.store.users import User


@dataclass
class Running:
    id: str
    message_id: str
    conversation_id: str


def _message(connection: Connection, owner: User, conversation_id: str) -> str:
    return messages.add(
        connection,
        owner.id,
        conversation_id,
        parent_id=None,
        role="assistant",
        state="running",
        text="",
        now=NOW,
    ).id


@pytest.fixture
def running(database: Database, owner: User) -> Running:
    with database.writing() as connection:
        conversation = conversations.create(connection, owner.id, title="A title", now=NOW)
        message_id = _message(connection, owner, conversation.id)
        name = generations.begin(connection, conversation.id, message_id, server_id="one", now=NOW)
    return Running(name, message_id, conversation.id)


def test_a_conversation_has_one_running_answer(
    database: Database, owner: User, running: Running
) -> None:
    with database.writing() as connection:
        second = _message(connection, owner, running.conversation_id)

    with pytest.raises(IntegrityError), database.writing() as connection:
        generations.begin(connection, running.conversation_id, second, server_id="two", now=NOW)


def test_after_the_end_another_answer_can_run(
    database: Database, owner: User, running: Running
) -> None:
    with database.writing() as connection:
        generations.end(connection, running.id)

        second = _message(connection, owner, running.conversation_id)
        name = generations.begin(
            connection, running.conversation_id, second, server_id="two", now=NOW
        )

    assert name != running.id


def test_of_two_who_end_a_run_the_second_is_told_no(database: Database, running: Running) -> None:
    with database.writing() as connection:
        first = generations.end(connection, running.id)
        second = generations.end(connection, running.id)
        unknown = generations.end(connection, "0" * 32)

    assert first is not None
    assert (second, unknown) == (None, None)


@pytest.mark.parametrize(
    ("chunks", "text"),
    [
        ([], ""),
        ([(0, "ab"), (2, "c")], "abc"),
        ([(2, "c"), (0, "ab")], "abc"),
        ([(0, "a\U0001f600"), (2, "e\u0301"), (4, "!")], "a\U0001f600e\u0301!"),
        ([(0, "ab"), (3, "d"), (4, "e")], "ab"),
        ([(1, "b")], ""),
    ],
    ids=["nothing", "in order", "out of order", "code points", "a gap", "no beginning"],
)
def test_the_journal_is_read_up_to_its_first_gap(
    database: Database, running: Running, chunks: list[tuple[int, str]], text: str
) -> None:
    with database.writing() as connection:
        generations.write_journal(connection, [Chunk(running.id, at, part) for at, part in chunks])

        read = generations.journaled_text(connection, running.id)

    assert read == text


def test_an_end_drops_the_journal(database: Database, running: Running) -> None:
    with database.writing() as connection:
        generations.write_journal(connection, [Chunk(running.id, 0, "text")])

        generations.end(connection, running.id)

        assert connection.execute(select(journal_chunks)).all() == []


def test_the_journal_passes_over_a_run_that_is_not_running(
    database: Database, running: Running
) -> None:
    with database.writing() as connection:
        generations.write_journal(
            connection, [Chunk("0" * 32, 0, "nobody's"), Chunk(running.id, 0, "text")]
        )
        kept = generations.journaled_text(connection, running.id)
        generations.end(connection, running.id)

        generations.write_journal(connection, [Chunk(running.id, 4, " late")])

        assert connection.execute(select(journal_chunks)).all() == []
    assert kept == "text"


def test_orphans_are_the_silent_runs_of_other_servers(database: Database, running: Running) -> None:
    with database.writing() as connection:
        own = generations.orphans(connection, "one", silent_since=NOW)
        too_early = generations.orphans(
            connection, "two", silent_since=NOW - timedelta(microseconds=1)
        )
        orphaned = generations.orphans(connection, "two", silent_since=NOW)
        generations.end(connection, running.id)
        ended = generations.orphans(connection, "two", silent_since=NOW)

    assert own == too_early == ended == []
    assert orphaned == [Orphan(running.id, running.message_id, begins_at=0)]


def test_a_heartbeat_is_for_the_running_answers_of_one_server(
    database: Database, running: Running
) -> None:
    later = NOW + timedelta(seconds=5)
    with database.writing() as connection:
        generations.beat(connection, "two", now=later)
        foreign = connection.execute(select(rows.c.heartbeat_at)).scalar_one()

        generations.beat(connection, "one", now=later)
        own = connection.execute(
            select(rows.c.heartbeat_at).where(rows.c.id == running.id)
        ).scalar_one()

    assert (foreign, own) == (NOW, later)
