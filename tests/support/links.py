"""Sign-in links as `liaochat link` makes them, without the second that a process of its own takes.

The command itself is tested in `tests/test_cli.py`.
"""

from __future__ import annotations

import uuid
from pathlib import Path

from webapp.clock import SystemClock
from webapp.store import users
from webapp.store.database import Database


def sign_in_token(data_dir: Path, name: str | None = None) -> str:
    """Make a token for the owner, or for a member, who is made where there is none."""
    database, now = Database(data_dir / "liaochat.db"), SystemClock().now()
    try:
        with database.writing() as connection:
            if name is None:
                user = users.ensure_owner(connection, now=now)
            else:
                user = users.find_by_name(connection, name) or users.add(
                    connection, name, "member", now=now
                )
            return users.make_link(connection, user, now=now)
    finally:
        database.close()


def name_of_a_newcomer() -> str:
    """Name somebody of whom no server knows anything yet."""
    return f"Newcomer {uuid.uuid4().hex[:8]}"
