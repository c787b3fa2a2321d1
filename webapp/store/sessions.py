"""Browser sessions: one row for each signed-in browser, found by its cookie's id."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    bindparam,
    delete,
    func,
    insert,
    select,
    update,
)

from webapp.store.ids import new_token, token_hash
from webapp.store.tables import Timestamp, browser_sessions, users
from webapp.store.text import one_line
from webapp.store.users import User

LIFETIME = timedelta(days=90)
"""How long a browser that is not used stays signed in."""

_SEEN_EVERY = timedelta(hours=1)
_LONGEST_NAME = 300
_LONGEST_ADDRESS = 45
_HANDLE = 32


@dataclass(frozen=True, slots=True)
class Client:
    """What a browser calls itself, and the address that it comes from."""

    user_agent: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True)
class BrowserSession:
    """A row. `id_hash` names it inside the server; the id itself is in the cookie alone."""

    id_hash: str
    user: User
    model: str | None
    sealed_auth_code: str | None
    seen_at: datetime
    users_auth_code: str | None = None
    """The code, sealed, that all sessions of the user have which have none of their own."""

    @property
    def handle(self) -> str:
        """What the session is called to its owner; it opens nothing."""
        return self.id_hash[:_HANDLE]

    def should_touch(self, now: datetime) -> bool:
        return now - self.seen_at >= _SEEN_EVERY


@dataclass(frozen=True, slots=True)
class Listed:
    """A browser session as its owner finds it in a list."""

    handle: str
    id_hash: str
    client: Client
    created_at: datetime
    seen_at: datetime


def find(connection: Connection, id_hash: str, *, now: datetime) -> BrowserSession | None:
    row = connection.execute(_FIND, {"this": id_hash, "since": now - LIFETIME}).one_or_none()
    if row is None:
        return None
    return BrowserSession(
        id_hash=row.id_hash,
        user=User(row.user_id, row.name, row.role),
        model=row.model,
        sealed_auth_code=row.sealed_auth_code,
        seen_at=row.seen_at,
        users_auth_code=row.users_auth_code,
    )


def still_there(connection: Connection, id_hashes: Iterable[str], *, now: datetime) -> set[str]:
    """Tell which of these browser sessions are signed in at this moment."""
    rows = connection.execute(
        select(browser_sessions.c.id_hash)
        .join(users, users.c.id == browser_sessions.c.user_id)
        .where(browser_sessions.c.id_hash.in_(list(id_hashes)), _lasts(now - LIFETIME))
    )
    return set(rows.scalars())


def sign_in(
    connection: Connection,
    user: User,
    *,
    previous: str | None,
    client: Client = Client(),
    now: datetime,
) -> str:
    """Begin a browser session and return its id, for the cookie.

    The id is new at every sign-in. A browser that was already signed in as the same
    user (`previous` is its hash) keeps its row, and with it its model and auth code.
    """
    session_id = new_token()
    connection.execute(delete(browser_sessions).where(browser_sessions.c.seen_at <= now - LIFETIME))
    kept = connection.execute(
        update(browser_sessions)
        .where(browser_sessions.c.id_hash == previous, browser_sessions.c.user_id == user.id)
        .values(id_hash=token_hash(session_id), seen_at=now, **_named(client))
    )
    if not kept.rowcount:
        connection.execute(
            insert(browser_sessions).values(
                id_hash=token_hash(session_id),
                user_id=user.id,
                created_at=now,
                seen_at=now,
                **_named(client),
            )
        )
    return session_id


def renew(connection: Connection, id_hash: str) -> str | None:
    """Give a session another id, for the cookie: whoever has copied the old one has nothing.

    None where the session has ended meanwhile.
    """
    session_id = new_token()
    renewed = connection.execute(
        update(browser_sessions)
        .where(browser_sessions.c.id_hash == id_hash)
        .values(id_hash=token_hash(session_id))
    )
    return session_id if renewed.rowcount else None


def touch(
    connection: Connection, id_hash: str, *, client: Client | None = None, now: datetime
) -> None:
    """Note that a session is used, and by whom, where that is known. One that ended stays so."""
    _set(connection, id_hash, seen_at=now, **({} if client is None else _named(client)))


def of_user(connection: Connection, user_id: str, *, now: datetime) -> Sequence[Listed]:
    """List a user's sessions, the last one used first."""
    rows = connection.execute(
        select(
            browser_sessions.c.id_hash,
            browser_sessions.c.user_agent,
            browser_sessions.c.address,
            browser_sessions.c.created_at,
            browser_sessions.c.seen_at,
        )
        .join(users, users.c.id == browser_sessions.c.user_id)
        .where(browser_sessions.c.user_id == user_id, _lasts(now - LIFETIME))
        .order_by(browser_sessions.c.seen_at.desc(), browser_sessions.c.id_hash)
    )
    return [
        Listed(
            handle=row.id_hash[:_HANDLE],
            id_hash=row.id_hash,
            client=Client(row.user_agent, row.address),
            created_at=row.created_at,
            seen_at=row.seen_at,
        )
        for row in rows
    ]


def end(connection: Connection, user_id: str, handle: str) -> bool:
    """End one session of a user. False where there is none of that name."""
    ended = connection.execute(
        delete(browser_sessions).where(
            browser_sessions.c.user_id == user_id,
            func.substr(browser_sessions.c.id_hash, 1, _HANDLE) == handle,
        )
    )
    return bool(ended.rowcount)


def end_one(connection: Connection, id_hash: str) -> None:
    connection.execute(delete(browser_sessions).where(browser_sessions.c.id_hash == id_hash))


def end_all(connection: Connection, user_id: str, *, but: str | None = None) -> int:
    """End a user's sessions, but the one whose hash is given. Return how many there were."""
    ending = delete(browser_sessions).where(browser_sessions.c.user_id == user_id)
    if but is not None:
        ending = ending.where(browser_sessions.c.id_hash != but)
    return connection.execute(ending).rowcount


def choose_model(connection: Connection, id_hash: str, model: str) -> None:
    _set(connection, id_hash, model=model)


def keep_auth_code(connection: Connection, id_hash: str, sealed: str | None) -> None:
    """Keep a sealed auth code, or forget it (None)."""
    _set(connection, id_hash, sealed_auth_code=sealed)


def _lasts(since: datetime | BindParameter[datetime]) -> ColumnElement[bool]:
    """Used not long ago, by somebody who is not disabled."""
    return (browser_sessions.c.seen_at > since) & users.c.disabled_at.is_(None)


# Built once: that takes longer than the answer, and each request and each command asks.
_FIND = (
    select(
        browser_sessions.c.id_hash,
        browser_sessions.c.model,
        browser_sessions.c.sealed_auth_code,
        browser_sessions.c.seen_at,
        users.c.id.label("user_id"),
        users.c.name,
        users.c.role,
        users.c.sealed_auth_code.label("users_auth_code"),
    )
    .join(users, users.c.id == browser_sessions.c.user_id)
    .where(
        browser_sessions.c.id_hash == bindparam("this"),
        _lasts(bindparam("since", type_=Timestamp)),
    )
)


def _named(client: Client) -> dict[str, str]:
    return {
        "user_agent": one_line(client.user_agent, _LONGEST_NAME),
        "address": client.address[:_LONGEST_ADDRESS],
    }


def _set(connection: Connection, id_hash: str, **values: object) -> None:
    connection.execute(
        update(browser_sessions).where(browser_sessions.c.id_hash == id_hash).values(**values)
    )
