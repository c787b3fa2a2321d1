"""The schema's version: brought up to date at every start."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import DatabaseError

from webapp.errors import ConfigurationError
from webapp.store.database import Database

_SCRIPTS = Path(__file__).parent / "migrations"


def is_current(database: Database) -> bool:
    """Tell whether a database is of this version's schema, without changing it."""
    with database.reading() as connection:
        return _current(connection) == _revisions(_SCRIPTS)[-1]


def migrate(database: Database, *, scripts: Path = _SCRIPTS) -> None:
    """Bring the database to this version's schema, after a snapshot of the file.

    Alembic is loaded only when there is something to do, because it costs a third
    of a start. Raises `ConfigurationError` for a database of a newer version, and for
    a file that cannot be opened as one.
    """
    revisions = _revisions(scripts)
    try:
        with database.reading() as connection:
            current = _current(connection)
    except DatabaseError as error:
        raise ConfigurationError(
            reason=f"{database.file} cannot be opened as a database: {error.orig}. "
            "Correct the folder, or restore the file from a backup."
        ) from error
    if current == revisions[-1]:
        return
    if current is not None:
        if current not in revisions:
            raise ConfigurationError(
                reason=f"{database.file} was written by a newer Liaochat (schema {current}). "
                "Install that version, or restore the snapshot that lies beside the file."
            )
        _snapshot(database.file, current)

    from alembic import command  # noqa: PLC0415 - see the docstring
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(scripts))
    with database.writing() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _revisions(scripts: Path) -> list[str]:
    return sorted(file.stem for file in (scripts / "versions").glob("[0-9]*.py"))


def _current(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    version: str | None = connection.execute(
        text("SELECT version_num FROM alembic_version")
    ).scalar_one_or_none()
    return version


def _snapshot(file: Path, version: str) -> None:
    with (
        closing(sqlite3.connect(file)) as source,
        closing(sqlite3.connect(file.with_name(f"{file.stem}-before-{version}.db"))) as copy,
    ):
        source.backup(copy)
