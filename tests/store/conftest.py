"""A real database file at this version's schema, with a user in it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.support.databases import migrated
from webapp.store import users
from webapp.store.database import Database
from webapp.store.users import User

NOW = datetime(2026, 7, 15, 12, 0, tzinfo=UTC)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = migrated(tmp_path / "liaochat.db")
    yield opened
    opened.close()


@pytest.fixture
def owner(database: Database) -> User:
    with database.writing() as connection:
        return users.ensure_owner(connection, now=NOW)


@pytest.fixture
def other(database: Database) -> User:
    with database.writing() as connection:
        connection.execute(
            users.users.insert().values(
                id="eve", name="Eve", name_key="eve", role="member", created_at=NOW
            )
        )
    return User("eve", "Eve", "member")
