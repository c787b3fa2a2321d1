"""Databases at this version's schema, copied from one: a migration takes a tenth of a second.

Migrations themselves are tested in `tests/store/test_schema.py`, and a first start that has to
make everything in `tests/test_life.py`.
"""

from __future__ import annotations

import os
import tempfile
from functools import cache
from pathlib import Path

from webapp.store.database import Database
from webapp.store.schema import migrate


def migrated(file: Path) -> Database:
    """Open a database at this version's schema, and make it where there is none."""
    lay(file)
    database = Database(file)
    migrate(database)
    return database


def lay(file: Path) -> None:
    """Lay an empty database at this version's schema, where there is none."""
    if not file.exists():
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as empty:
            empty.write(_empty())


@cache
def _empty() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        database = Database(Path(folder) / "empty.db")
        migrate(database)
        database.close()
        return database.file.read_bytes()
