"""Text files beside drafts and with messages."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.store.conftest import NOW
from webapp.store import branches, conversations, files, messages, sessions
from webapp.store.database import Database
from webapp.store.files import Attachment
from webapp.store.ids import token_hash
from webapp.store.users import User

A, B, C = Attachment("a.txt", "aé"), Attachment("b.py", "pass\n"), Attachment("c", "ccc")


@pytest.fixture
def session(database: Database, owner: User) -> str:
    return _sign_in(database, owner)


def test_files_wait_beside_their_draft_in_their_order(database: Database, session: str) -> None:
    with database.writing() as connection:
        files.add(connection, session, "", [C, A], now=NOW)
        files.add(connection, session, "", [B], now=NOW + timedelta(seconds=1))
        files.add(connection, session, "f" * 32, [A], now=NOW)

        waiting = files.waiting(connection, session, "")

    assert [(one.name, one.length) for one in waiting] == [("c", 3), ("a.txt", 2), ("b.py", 5)]


def test_a_file_is_taken_away_by_its_own_session_alone(
    database: Database, owner: User, session: str
) -> None:
    laptop = _sign_in(database, owner)
    with database.writing() as connection:
        files.add(connection, session, "", [A, B], now=NOW)
        first, second = files.waiting(connection, session, "")

        foreign = files.remove(connection, laptop, first.id)
        own = files.remove(connection, session, second.id)
        again = files.remove(connection, session, second.id)
        left = files.waiting(connection, session, "")

    assert (foreign, own, again) == (None, "", None)
    assert left == [first]


def test_waiting_files_are_read_by_their_user_alone(
    database: Database, owner: User, other: User, session: str
) -> None:
    with database.writing() as connection:
        files.add(connection, session, "", [A, B], now=NOW)
        a, b = (one.id for one in files.waiting(connection, session, ""))

        own = files.drafted(connection, owner.id, [b, a, b])
        unknown = files.drafted(connection, owner.id, [a, "f" * 32])
        foreign = files.drafted(connection, other.id, [a])
        files.forget(connection, other.id, [a, b])
        left = files.waiting(connection, session, "")
        files.forget(connection, owner.id, [a, b])
        gone = files.waiting(connection, session, "")

    assert own == {a: A, b: B}
    assert unknown == {a: A}
    assert foreign == {}
    assert len(left) == 2
    assert gone == []


def test_what_waits_too_long_or_is_too_much_is_forgotten_the_oldest_first(
    database: Database, session: str
) -> None:
    with database.writing() as connection:
        for days in range(6):
            file = Attachment(f"{days}", "x" * 10)
            files.add(connection, session, str(days), [file], now=NOW + timedelta(days=days))

        def left(**limits: int) -> list[int]:
            old = NOW + timedelta(days=1)
            files.clean_up(connection, session, added_before=old, **{**_MUCH, **limits})
            return [days for days in range(6) if files.waiting(connection, session, str(days))]

        by_age = left()
        by_count = left(most=4)
        by_length = left(length=29)

    assert by_age == [1, 2, 3, 4, 5]
    assert by_count == [2, 3, 4, 5]
    assert by_length == [4, 5]


def test_signing_in_again_keeps_what_waits(database: Database, owner: User, session: str) -> None:
    with database.writing() as connection:
        files.add(connection, session, "", [A], now=NOW)

        session_id = sessions.sign_in(connection, owner, previous=session, now=NOW)
        waiting = files.waiting(connection, token_hash(session_id), "")

    assert [one.name for one in waiting] == ["a.txt"]


def test_messages_have_their_files_in_every_branch_and_copy(
    database: Database, owner: User, other: User
) -> None:
    with database.writing() as connection:
        conversation = conversations.create(connection, owner.id, title="One", now=NOW)
        copied = conversations.create(connection, owner.id, title="Two", now=NOW)
        question = _say(connection, owner, conversation.id, None)
        plain = _say(connection, owner, conversation.id, question)
        files.attach(connection, question, [B, A, C])

        path = messages.path(connection, owner.id, plain)
        shown = branches.read(connection, owner.id, [question, plain])
        last = branches.copy(
            connection, owner.id, path, conversation_id=copied.id, after=None, now=NOW
        )
        copy = messages.path(connection, owner.id, last)
        one = files.attached(connection, owner.id, question, 1)
        foreign = files.attached(connection, other.id, question, 1)

    for branch in (path, shown, copy):
        assert [message.attachments for message in branch] == [(B, A, C), ()]
    assert one == A
    assert foreign is None


def test_of_a_big_file_the_beginning_is_read_to_be_shown_and_never_sent(
    database: Database, owner: User
) -> None:
    with database.writing() as connection:
        conversation = conversations.create(connection, owner.id, title="One", now=NOW)
        question = _say(connection, owner, conversation.id, None)
        files.attach(connection, question, [Attachment("big", "é" * 50_000), A])

        (shown,) = branches.read(connection, owner.id, [question])
        (whole,) = messages.path(connection, owner.id, question)

    assert [(len(one.text), one.length) for one in shown.attachments] == [(20_000, 50_000), (2, 2)]
    assert whole.content.count("é") == 50_001
    with pytest.raises(ValueError, match="big"):
        _ = shown.content


def test_files_go_with_their_message(database: Database, owner: User) -> None:
    with database.writing() as connection:
        conversation = conversations.create(connection, owner.id, title="One", now=NOW)
        question = _say(connection, owner, conversation.id, None)
        files.attach(connection, question, [A])

        messages.remove(connection, owner.id, question)
        left = connection.exec_driver_sql("SELECT count(*) FROM attachments").scalar_one()

    assert left == 0


_MUCH = {"most": 100, "length": 1000}


def _sign_in(database: Database, user: User) -> str:
    with database.writing() as connection:
        return token_hash(sessions.sign_in(connection, user, previous=None, now=NOW))


def _say(connection, owner: User, conversation_id: str, parent_id: str | None) -> str:
    return messages.add(
        connection,
        owner.id,
        conversation_id,
        parent_id=parent_id,
        role="user",
        state="complete",
        text="text",
        now=NOW,
    ).id
