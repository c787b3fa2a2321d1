"""How often a password may be tried, for one name and from one address."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from math import ceil

from sqlalchemy import Connection

from webapp.clock import Clock
from webapp.errors import TooManyTries
from webapp.store import attempts
from webapp.store.database import Database
from webapp.store.text import name_key

TRIES = 10
WINDOW = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Try:
    """A password that is being tried: counted as wrong until it proves right."""

    name: str
    rows: tuple[int, int]
    """Of the name and of the network."""


class Attempts:
    """Counts tries in the database: neither a restart nor many at once give more of them."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def begin(self, name: str, network: str) -> Try:
        """Count a try before the password is looked at. Raises `TooManyTries`.

        It makes no difference whether anybody has the name.
        """
        now = self._clock.now()
        named, placed = _subject("name", name_key(name)), _subject("network", network)
        with self._database.writing() as connection:
            attempts.sweep(connection, before=now - WINDOW)
            for subject in (named, placed):
                past = attempts.last(connection, subject, limit=TRIES)
                if len(past) == TRIES:
                    wait = ceil((past[-1] + WINDOW - now).total_seconds())
                    raise TooManyTries(minutes=ceil(wait / 60), seconds=wait)
            return Try(
                named,
                (
                    attempts.add(connection, named, now=now),
                    attempts.add(connection, placed, now=now),
                ),
            )

    def right(self, connection: Connection, tried: Try) -> None:
        """Forget what was tried for a name once its password was right.

        Of the address this try alone: who knows one password must not have more tries at
        all others.
        """
        attempts.forget_all(connection, tried.name)
        attempts.forget(connection, tried.rows)

    def untold(self, connection: Connection, tried: Try) -> None:
        """Forget a try whose password was never looked at."""
        attempts.forget(connection, tried.rows)


def _subject(kind: str, text: str) -> str:
    """Name a subject by a hash: into the field of the name people type their passwords, too."""
    return hashlib.sha256(f"{kind}:{text}".encode("utf-8", "surrogatepass")).hexdigest()
