"""Somebody new on the team, of whom the server knows nothing yet."""

from __future__ import annotations

import uuid

from tests.support.server import Server
from webapp.clock import SystemClock
from webapp.store import users
from webapp.store.database import Database
from webapp.store.tables import users as users_table
from webapp.store.users import User


def link_of_a_newcomer(server: Server) -> str:
    """Make a user with a name of their own, and a link that signs them in."""
    database, now = Database(server.data_dir / "liaochat.db"), SystemClock().now()
    newcomer = User(uuid.uuid4().hex, f"Newcomer {uuid.uuid4().hex[:8]}", "member")
    try:
        with database.writing() as connection:
            connection.execute(
                users_table.insert().values(
                    id=newcomer.id, name=newcomer.name, role=newcomer.role, created_at=now
                )
            )
            token = users.make_link(connection, newcomer, now=now)
    finally:
        database.close()
    return f"{server.url}/sign-in/{token}"
