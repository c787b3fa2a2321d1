"""The tree of messages: its branches in order, and its owner in every statement."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import Connection, event, insert
from sqlalchemy.exc import IntegrityError

from tests.store.conftest import NOW
from webapp.errors import Failure
from webapp.store import branches, conversations, generations, lists, messages
from webapp.store.conversations import Conversation
from webapp.store.database import Database
from webapp.store.lists import ACTIVE
from webapp.store.tables import messages as table
from webapp.store.users import User


@pytest.fixture
def conversation(database: Database, owner: User) -> Conversation:
    with database.writing() as connection:
        return conversations.create(connection, owner.id, title="A title", now=NOW)


def _say(
    connection: Connection, owner: User, conversation: Conversation, text: str, parent: str | None
) -> str:
    return messages.add(
        connection,
        owner.id,
        conversation.id,
        parent_id=parent,
        role="user",
        state="complete",
        text=text,
        now=NOW,
    ).id


def _versions(
    connection: Connection, owner: User, conversation: Conversation, ids: Sequence[str]
) -> None:
    """Write many first questions of a conversation, one beside the other."""
    common = {
        "owner_id": owner.id,
        "conversation_id": conversation.id,
        "role": "user",
        "state": "complete",
        "text": "",
        "created_at": NOW,
    }
    connection.execute(insert(table), [{"id": one, **common} for one in ids])


@contextmanager
def _statements(connection: Connection) -> Iterator[list[str]]:
    seen: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_: object) -> None:
        seen.append(statement)

    event.listen(connection, "before_cursor_execute", note)
    yield seen
    event.remove(connection, "before_cursor_execute", note)


def test_a_branch_is_read_in_order_and_leaves_its_siblings_out(
    database: Database, owner: User, conversation: Conversation
) -> None:
    with database.writing() as connection:
        root = _say(connection, owner, conversation, "root", None)
        left = _say(connection, owner, conversation, "left", root)
        right = _say(connection, owner, conversation, "right", root)
        leaf = _say(connection, owner, conversation, "leaf", left)

        branch = messages.path(connection, owner.id, leaf)
        other = messages.path(connection, owner.id, right)
        none = messages.path(connection, owner.id, None)

    assert [message.text for message in branch] == ["root", "left", "leaf"]
    assert [message.text for message in other] == ["root", "right"]
    assert none == []


def test_versions_of_a_question_cost_what_they_are_and_not_their_square(
    database: Database, owner: User, conversation: Conversation
) -> None:
    ids = [f"{number:032x}" for number in range(40_000)]
    with database.writing() as connection:
        _versions(connection, owner, conversation, ids)

    with database.reading() as connection:
        began = time.thread_time()
        (shown,) = branches.read(connection, owner.id, ids[-1:])
        took = time.thread_time() - began

    assert shown.siblings == tuple(ids)
    assert took < 1


def test_a_branch_of_a_tree_of_3000_messages_is_three_statements(
    database: Database, owner: User, conversation: Conversation
) -> None:
    rows = [
        {
            "id": f"{kind}{number:05}",
            "conversation_id": conversation.id,
            "owner_id": owner.id,
            "parent_id": f"a{number - 1:05}" if number else None,
            "role": "user",
            "state": "complete",
            "text": f"{kind} {number}",
            "created_at": NOW,
        }
        for number in range(1500)
        for kind in "ab"
    ]
    with database.writing() as connection:
        connection.execute(insert(table), rows)

    with database.reading() as connection, _statements(connection) as statements:
        branch = messages.path(connection, owner.id, "b01499")

    assert len(statements) == 3
    assert [message.text for message in branch] == [
        *(f"a {number}" for number in range(1499)),
        "b 1499",
    ]


def test_a_message_becomes_the_head_and_brings_its_conversation_up(
    database: Database, owner: User, conversation: Conversation
) -> None:
    later = NOW + timedelta(minutes=5)
    with database.writing() as connection:
        conversations.create(connection, owner.id, title="Newer", now=NOW + timedelta(minutes=1))
        message_id = messages.add(
            connection,
            owner.id,
            conversation.id,
            parent_id=None,
            role="user",
            state="complete",
            text="text",
            now=later,
        ).id

        recent = lists.page(connection, owner.id, ACTIVE, limit=9).conversations
        first = lists.page(connection, owner.id, ACTIVE, limit=1).conversations

    assert [one.title for one in recent] == ["A title", "Newer"]
    assert [one.title for one in first] == ["A title"]
    assert (recent[0].head_id, recent[0].updated_at) == (message_id, later)


def test_what_is_somebody_elses_is_not_found(
    database: Database, owner: User, other: User, conversation: Conversation
) -> None:
    with database.writing() as connection:
        root = messages.add(
            connection,
            owner.id,
            conversation.id,
            parent_id=None,
            role="user",
            state="complete",
            text="private",
            client_id="11111111-1111-4111-8111-111111111111",
            now=NOW,
        ).id
        leaf = _say(connection, owner, conversation, "private too", root)

        def seen_by(user: User) -> list[object]:
            return [
                conversations.find(connection, user.id, conversation.id),
                messages.find(connection, user.id, root),
                messages.of_client(connection, user.id, "11111111-1111-4111-8111-111111111111"),
                messages.children(connection, user.id, root),
                messages.path(connection, user.id, leaf),
                lists.page(connection, user.id, ACTIVE, limit=9).conversations,
            ]

        own, foreign = seen_by(owner), seen_by(other)

    assert all(own)
    assert foreign == [None, None, None, [], [], []]


def test_nobody_moves_the_head_of_a_foreign_conversation(
    database: Database, owner: User, other: User, conversation: Conversation
) -> None:
    with database.writing() as connection:
        head = _say(connection, owner, conversation, "own", None)
        _say(connection, other, conversation, "foreign", None)

        found = conversations.find(connection, owner.id, conversation.id)

    assert found is not None
    assert found.head_id == head


def test_one_client_id_is_stored_once_for_each_user(
    database: Database, owner: User, conversation: Conversation
) -> None:
    def add(connection: Connection) -> None:
        messages.add(
            connection,
            owner.id,
            conversation.id,
            parent_id=None,
            role="user",
            state="complete",
            text="text",
            client_id="11111111-1111-4111-8111-111111111111",
            now=NOW,
        )

    with database.writing() as connection:
        add(connection)

    with pytest.raises(IntegrityError), database.writing() as connection:
        add(connection)


def test_an_answer_ends_with_text_state_and_failure(
    database: Database, owner: User, conversation: Conversation
) -> None:
    failure = Failure("broken_off", {"host": "“Liaobots” \U0001f600"})
    with database.writing() as connection:
        message_id = _say(connection, owner, conversation, "", None)

        messages.end_answer(
            connection, message_id, state="interrupted", text="so far", failure=failure
        )
        message = messages.find(connection, owner.id, message_id)

    assert message is not None
    assert (message.state, message.text, message.failure) == ("interrupted", "so far", failure)


def test_a_conversation_is_live_while_an_answer_runs(
    database: Database, owner: User, conversation: Conversation
) -> None:
    with database.writing() as connection:
        message_id = _say(connection, owner, conversation, "", None)
        name = generations.begin(connection, conversation.id, message_id, server_id="here", now=NOW)
        running = conversations.find(connection, owner.id, conversation.id)
        message = messages.find(connection, owner.id, message_id)

        generations.end(connection, name)
        ended = conversations.find(connection, owner.id, conversation.id)

    assert running is not None
    assert running.live
    assert message is not None
    assert message.generation_id == name
    assert ended is not None
    assert not ended.live
