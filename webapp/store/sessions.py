"""Browser sessions: one row for each signed-in browser, found by its cookie's id."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, insert, select, update

from webapp.store.ids import new_token, token_hash
from webapp.store.tables import browser_sessions, users
from webapp.store.users import User

LIFETIME = timedelta(days=90)
"""How long a browser that is not used stays signed in."""

_SEEN_EVERY = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class BrowserSession:
    """A row. `id_hash` names it inside the server; the id itself is in the cookie alone."""

    id_hash: str
    user: User
    model: str | None
    sealed_auth_code: str | None
    seen_at: datetime

    def should_touch(self, now: datetime) -> bool:
        return now - self.seen_at >= _SEEN_EVERY


def find(connection: Connection, id_hash: str, *, now: datetime) -> BrowserSession | None:
    row = connection.execute(
        select(
            browser_sessions.c.id_hash,
            browser_sessions.c.model,
            browser_sessions.c.sealed_auth_code,
            browser_sessions.c.seen_at,
            users.c.id.label("user_id"),
            users.c.name,
            users.c.role,
        )
        .join(users, users.c.id == browser_sessions.c.user_id)
        .where(browser_sessions.c.id_hash == id_hash, browser_sessions.c.seen_at > now - LIFETIME)
    ).one_or_none()
    if row is None:
        return None
    return BrowserSession(
        id_hash=row.id_hash,
        user=User(row.user_id, row.name, row.role),
        model=row.model,
        sealed_auth_code=row.sealed_auth_code,
        seen_at=row.seen_at,
    )


def still_there(connection: Connection, id_hashes: Iterable[str], *, now: datetime) -> set[str]:
    """Tell which of these browser sessions are signed in at this moment."""
    rows = connection.execute(
        select(browser_sessions.c.id_hash).where(
            browser_sessions.c.id_hash.in_(list(id_hashes)),
            browser_sessions.c.seen_at > now - LIFETIME,
        )
    )
    return set(rows.scalars())


def sign_in(connection: Connection, user: User, *, previous: str | None, now: datetime) -> str:
    """Begin a browser session and return its id, for the cookie.

    The id is new at every sign-in. A browser that was already signed in as the same
    user (`previous` is its hash) keeps its row, and with it its model and auth code.
    """
    session_id = new_token()
    connection.execute(delete(browser_sessions).where(browser_sessions.c.seen_at <= now - LIFETIME))
    kept = connection.execute(
        update(browser_sessions)
        .where(browser_sessions.c.id_hash == previous, browser_sessions.c.user_id == user.id)
        .values(id_hash=token_hash(session_id), seen_at=now)
    )
    if not kept.rowcount:
        connection.execute(
            insert(browser_sessions).values(
                id_hash=token_hash(session_id), user_id=user.id, created_at=now, seen_at=now
            )
        )
    return session_id


def touch(connection: Connection, id_hash: str, *, now: datetime) -> None:
    _set(connection, id_hash, seen_at=now)


def choose_model(connection: Connection, id_hash: str, model: str) -> None:
    _set(connection, id_hash, model=model)


def keep_auth_code(connection: Connection, id_hash: str, sealed: str | None) -> None:
    """Keep a sealed auth code, or forget it (None)."""
    _set(connection, id_hash, sealed_auth_code=sealed)


def _set(connection: Connection, id_hash: str, **values: object) -> None:
    connection.execute(
        update(browser_sessions).where(browser_sessions.c.id_hash == id_hash).values(**values)
    )
