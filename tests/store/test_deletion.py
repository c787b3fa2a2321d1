"""Deleting takes all that hangs below, however long the chain."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import delete, func, select

from webapp.store import conversations, messages, users
from webapp.store.database import Database
from webapp.store.schema import migrate
from webapp.store.tables import conversations as conversation_table
from webapp.store.tables import messages as message_table


def test_a_conversation_of_thousands_of_messages_can_be_deleted(tmp_path: Path) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    database = Database(tmp_path / "liaochat.db")
    migrate(database)
    with database.writing() as connection:
        owner = users.ensure_owner(connection, now=now)
        chat = conversations.create(connection, owner.id, title="long", now=now)
        parent = None
        for number in range(3000):
            parent = messages.add(
                connection,
                owner.id,
                chat.id,
                parent_id=parent,
                role="user",
                state="complete",
                text=str(number),
                now=now,
            ).id

    with database.writing() as connection:
        connection.execute(delete(conversation_table).where(conversation_table.c.id == chat.id))

    with database.reading() as connection:
        left = connection.execute(select(func.count()).select_from(message_table)).scalar_one()
    assert left == 0
    database.close()
