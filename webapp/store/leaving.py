"""Members who leave: shut out at once, and then deleted with all they have, in portions."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from sqlalchemy import Connection, delete, exists, select, update

from webapp.store import conversations, keys, sessions
from webapp.store.tables import conversations as table
from webapp.store.tables import generations, users

Left = Literal["more", "answering", "nothing"]
"""What is left of who leaves: something to delete now, or when an answer has ended."""


def begin(connection: Connection, user_id: str, *, now: datetime) -> None:
    """Note that somebody leaves who is disabled. Their name is free, and their secrets are gone."""
    connection.execute(
        update(users)
        .where(users.c.id == user_id)
        .values(
            leaving_at=now,
            name=user_id,
            name_key=user_id,
            password_hash=None,
            sealed_auth_code=None,
        )
    )
    keys.forget_for_all(connection, user_id)
    sessions.end_all(connection, user_id)


def next_one(connection: Connection) -> str | None:
    """Find somebody who leaves."""
    found = select(users.c.id).where(users.c.leaving_at.is_not(None)).limit(1)
    user_id: str | None = connection.execute(found).scalar_one_or_none()
    return user_id


def delete_some(connection: Connection, user_id: str, *, at_most: int) -> Left:
    """Delete up to so many messages of somebody; themselves when nothing else is left.

    A conversation that is being answered stays until that has ended.
    """
    theirs = select(table.c.id).where(table.c.owner_id == user_id)
    running = exists().where(
        generations.c.conversation_id == table.c.id, generations.c.state == "running"
    )
    idle = connection.execute(theirs.where(~running).limit(1)).scalar_one_or_none()
    if idle is not None:
        conversations.delete_some(connection, idle, at_most=at_most)
        return "more"
    if connection.execute(theirs.limit(1)).scalar_one_or_none() is not None:
        return "answering"
    connection.execute(delete(users).where(users.c.id == user_id))
    return "nothing"
