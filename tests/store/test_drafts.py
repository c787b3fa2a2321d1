"""Drafts and instructions: one of each in its place, and nobody else's."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import Connection

from webapp.store import conversations, drafts, instructions, sessions, users
from webapp.store.database import Database
from webapp.store.ids import token_hash

_NOW = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.fixture
def session(database: Database) -> str:
    with database.writing() as connection:
        user = users.ensure_owner(connection, now=_NOW)
        return token_hash(sessions.sign_in(connection, user, previous=None, now=_NOW))


def _keep(connection: Connection, session: str, conversation: str, text: str) -> None:
    drafts.keep(connection, session, conversation, text, now=_NOW)


def test_a_draft_takes_the_place_of_the_one_before(database: Database, session: str) -> None:
    with database.writing() as connection:
        _keep(connection, session, "", "one")
        _keep(connection, session, "", "two")
        _keep(connection, session, "other", "beside it")

    with database.reading() as connection:
        assert drafts.find(connection, session, "") == "two"
        assert drafts.find(connection, session, "other") == "beside it"


def test_an_empty_draft_is_none(database: Database, session: str) -> None:
    with database.writing() as connection:
        _keep(connection, session, "", "one")
        _keep(connection, session, "", "")
        _keep(connection, session, "never was", "")

    with database.reading() as connection:
        assert drafts.find(connection, session, "") == ""


def test_drafts_go_along_when_the_session_gets_a_new_id(database: Database, session: str) -> None:
    with database.writing() as connection:
        _keep(connection, session, "", "still here")
        user = users.ensure_owner(connection, now=_NOW)
        new = sessions.sign_in(connection, user, previous=session, now=_NOW)

    with database.reading() as connection:
        assert drafts.find(connection, token_hash(new), "") == "still here"
        assert drafts.find(connection, session, "") == ""


def test_instructions_belong_to_a_conversation_and_its_owner(database: Database) -> None:
    with database.writing() as connection:
        user = users.ensure_owner(connection, now=_NOW)
        own = conversations.create(connection, user.id, title="Own", now=_NOW)
        kept = instructions.keep(connection, user.id, own.id, "Be brief.")
        foreign = instructions.keep(connection, "eve", own.id, "Be rude.")

    assert (kept, foreign) == (True, False)
    with database.reading() as connection:
        assert instructions.find(connection, user.id, own.id) == "Be brief."
        assert instructions.find(connection, "eve", own.id) is None
