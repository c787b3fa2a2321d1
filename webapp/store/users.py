"""Users and the one-time links they sign in with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, delete, insert, select, update

from webapp.store.ids import new_id, new_token, token_hash
from webapp.store.tables import sign_in_links, users
from webapp.store.text import name_key

LINK_LIFETIME = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class User:
    id: str
    name: str
    role: str


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who somebody is, and what their password must fit; without a hash, none does."""

    user: User
    password_hash: str | None


def ensure_owner(connection: Connection, *, now: datetime) -> User:
    """Find the owner, making one called Owner in an empty database."""
    row = connection.execute(
        select(users.c.id, users.c.name, users.c.role)
        .where(users.c.role == "owner", users.c.disabled_at.is_(None))
        .order_by(users.c.created_at)
        .limit(1)
    ).one_or_none()
    if row is not None:
        return User(row.id, row.name, row.role)
    return add(connection, "Owner", "owner", now=now)


def add(
    connection: Connection,
    name: str,
    role: str,
    *,
    password_hash: str | None = None,
    now: datetime,
) -> User:
    """Add a user. Raises `IntegrityError` where somebody has the name already."""
    user = User(new_id(), name, role)
    connection.execute(
        insert(users).values(
            id=user.id,
            name=name,
            name_key=name_key(name),
            role=role,
            password_hash=password_hash,
            created_at=now,
        )
    )
    return user


def find_by_name(connection: Connection, name: str) -> User | None:
    return _find(connection, users.c.name_key == name_key(name))


def find_by_id(connection: Connection, user_id: str) -> User | None:
    """Find who has not left."""
    return _find(connection, users.c.id == user_id, users.c.leaving_at.is_(None))


def credentials(connection: Connection, name: str) -> Credentials | None:
    """Find what somebody signs in with. Who is disabled cannot, like who is not there."""
    row = connection.execute(
        select(users.c.id, users.c.name, users.c.role, users.c.password_hash).where(
            users.c.name_key == name_key(name), users.c.disabled_at.is_(None)
        )
    ).one_or_none()
    return None if row is None else Credentials(User(row.id, row.name, row.role), row.password_hash)


def set_password(
    connection: Connection, user_id: str, password_hash: str, *, instead_of: str | None
) -> bool:
    """Put a hash in the place of another. False: it is not that one any more, or disabled."""
    changed = connection.execute(
        update(users)
        .where(
            users.c.id == user_id,
            users.c.password_hash.is_not_distinct_from(instead_of),
            users.c.disabled_at.is_(None),
        )
        .values(password_hash=password_hash)
    )
    return bool(changed.rowcount)


def keep_auth_code(connection: Connection, user_id: str, sealed: str | None) -> None:
    """Keep a sealed auth code for all of a user's sessions, or forget it (None)."""
    connection.execute(update(users).where(users.c.id == user_id).values(sealed_auth_code=sealed))


def forget_links(connection: Connection, user_id: str) -> None:
    """Let no sign-in link of a user open any more."""
    connection.execute(delete(sign_in_links).where(sign_in_links.c.user_id == user_id))


def names(connection: Connection, ids: Iterable[str]) -> Mapping[str, str]:
    """Name the members among these ids; who was deleted has no name any more."""
    rows = connection.execute(select(users.c.id, users.c.name).where(users.c.id.in_(list(ids))))
    return {row.id: row.name for row in rows}


def make_link(connection: Connection, user: User, *, now: datetime) -> str:
    """Make a one-time sign-in token; those that have run out are swept on the way."""
    token = new_token()
    connection.execute(delete(sign_in_links).where(sign_in_links.c.expires_at <= now))
    connection.execute(
        insert(sign_in_links).values(
            token_hash=token_hash(token), user_id=user.id, expires_at=now + LINK_LIFETIME
        )
    )
    return token


def use_link(connection: Connection, token: str, *, now: datetime) -> User | None:
    """Take a token's user and use the token up, in one statement: of two at once, one wins."""
    user_id = connection.execute(
        delete(sign_in_links)
        .where(sign_in_links.c.token_hash == token_hash(token), sign_in_links.c.expires_at > now)
        .returning(sign_in_links.c.user_id)
    ).scalar_one_or_none()
    if user_id is None:
        return None
    return _find(connection, users.c.id == user_id, users.c.disabled_at.is_(None))


def _find(connection: Connection, *conditions: ColumnElement[bool]) -> User | None:
    row = connection.execute(
        select(users.c.id, users.c.name, users.c.role).where(*conditions)
    ).one_or_none()
    return None if row is None else User(*row)
