"""Conversations that a server or a database has, as a person with a past does."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, insert

from tests.support.server import Server
from webapp.clock import SystemClock
from webapp.store import users
from webapp.store.database import Database
from webapp.store.ids import new_id
from webapp.store.tables import conversations
from webapp.store.users import User


def list_many(
    connection: Connection,
    owner_id: str,
    count: int,
    *,
    until: datetime,
    apart: timedelta = timedelta(hours=5),
    **values: object,
) -> Sequence[str]:
    """Write conversations without messages, the last one first; return their ids."""
    rows = [
        {
            "id": new_id(),
            "owner_id": owner_id,
            "title": f"Conversation {number}",
            "created_at": until - apart * number,
            "updated_at": until - apart * number,
            **values,
        }
        for number in range(count)
    ]
    connection.execute(insert(conversations), rows)
    return [str(row["id"]) for row in rows]


def listed(
    server: Server, count: int, *, owner_id: str | None = None, **values: Any
) -> Sequence[str]:
    """Write conversations into the database of a server: the owner's, or another user's."""
    now = SystemClock().now()
    database = Database(server.data_dir / "liaochat.db")
    with closing(database), database.writing() as connection:
        owner_id = owner_id or users.ensure_owner(connection, now=now).id
        return list_many(connection, owner_id, count, until=now, **values)


def newcomer(server: Server) -> tuple[str, str]:
    """Make a user of whom nothing is known yet. Return their id and a link to sign in."""
    now, user_id = SystemClock().now(), new_id()
    database = Database(server.data_dir / "liaochat.db")
    with closing(database), database.writing() as connection:
        connection.execute(
            insert(users.users).values(
                id=user_id, name=user_id, name_key=user_id, role="member", created_at=now
            )
        )
        link = users.make_link(connection, User(user_id, user_id, "member"), now=now)
    return user_id, f"{server.url}/sign-in/{link}"
