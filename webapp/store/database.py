"""The database: one writer at a time, readers beside it, and where its schema stands."""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DatabaseError, IntegrityError

from webapp.errors import CannotSave

BUSY_TIMEOUT = 5.0
"""Seconds that a statement waits for another process's transaction."""

TURN_TIMEOUT = 15.0
"""Seconds that a write waits for its turn among those of this process."""

_logger = logging.getLogger(__name__)


class Database:
    """A SQLite file in WAL mode.

    All writes of the process go through one connection, one transaction at a time:
    `BEGIN IMMEDIATE` never fails half-way as a deferred transaction does, and SQLite's
    rare WAL-reset bug needs two connections that write.
    """

    def __init__(self, file: Path) -> None:
        self.file = file
        self._writer = _engine(file, begin="BEGIN IMMEDIATE", pool_size=1)
        self._readers = _engine(file, begin="BEGIN", pool_size=8)
        self._write_lock = threading.Lock()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Give a connection whose statements all see the same moment."""
        with self._readers.begin() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Give the writing connection; commit at the end, roll back at an exception.

        Keep it short, and never hold it while waiting for anything else: every
        other write of the process waits for its turn meanwhile. Raises `CannotSave`
        where the database takes no writes; then nothing was written.
        """
        if not self._write_lock.acquire(timeout=TURN_TIMEOUT):
            raise CannotSave
        try:
            with self._writer.begin() as connection:
                yield connection
        except IntegrityError:
            raise
        except DatabaseError as error:
            # Not the statement: it would show what people wrote.
            _logger.error("the database cannot be written: %s", error.orig)  # noqa: TRY400
            raise CannotSave from error
        finally:
            self._write_lock.release()

    def close(self) -> None:
        self._readers.dispose()
        self._writer.dispose()


def _engine(file: Path, *, begin: str, pool_size: int) -> Engine:
    engine = create_engine(
        f"sqlite+pysqlite:///{file}",
        pool_size=pool_size,
        max_overflow=0 if pool_size == 1 else 24,
        hide_parameters=True,  # an error is logged, and what people wrote is not for logs
        connect_args={"timeout": BUSY_TIMEOUT, "check_same_thread": False},
    )

    @event.listens_for(engine, "connect")
    def configure(connection: sqlite3.Connection, _record: Any) -> None:  # noqa: ANN401
        connection.isolation_level = (
            None  # transactions begin where we say, not where pysqlite does
        )
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")
        connection.execute("PRAGMA foreign_keys=ON")

    @event.listens_for(engine, "begin")
    def start(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine
