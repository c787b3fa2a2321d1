"""The members as the owner sees them, and what the owner makes of them.

Each change is one statement that decides by itself whether it may be: of two owners who
act at once, one may be the last, and writes come one after the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, bindparam, exists, func, select, true, update

from webapp.store.invitations import Role
from webapp.store.tables import browser_sessions, users
from webapp.store.users import forget_links

# Asked with every question, so made once: see message_statements.
_DISABLED = select(users.c.id).where(
    users.c.id == bindparam("user"), users.c.disabled_at.is_not(None)
)


@dataclass(frozen=True, slots=True)
class Member:
    """A user. `seen_at` is when a browser of theirs last came, where one is signed in."""

    id: str
    name: str
    role: Role
    created_at: datetime
    disabled_at: datetime | None
    seen_at: datetime | None


def all_of(connection: Connection) -> Sequence[Member]:
    """List all members, those who came first before the others."""
    seen = (
        select(func.max(browser_sessions.c.seen_at))
        .where(browser_sessions.c.user_id == users.c.id)
        .scalar_subquery()
    )
    rows = connection.execute(
        select(
            users.c.id,
            users.c.name,
            users.c.role,
            users.c.created_at,
            users.c.disabled_at,
            seen.label("seen_at"),
        )
        .where(users.c.leaving_at.is_(None))
        .order_by(users.c.created_at, users.c.id)
    )
    return [Member(*row) for row in rows]


def is_owner(connection: Connection, user_id: str) -> bool:
    """Tell whether this is an owner, and not a disabled one, at this moment."""
    found = select(users.c.id).where(users.c.id == user_id, _enabled_owner())
    return connection.execute(found).one_or_none() is not None


def is_disabled(connection: Connection, user_id: str) -> bool:
    return connection.execute(_DISABLED, {"user": user_id}).one_or_none() is not None


def set_role(connection: Connection, user_id: str, role: Role) -> bool:
    """Make an owner or a member of somebody. False where that would leave no owner."""
    changed = connection.execute(
        update(users)
        .where(users.c.id == user_id, _another_owner(user_id) if role == "member" else true())
        .values(role=role)
    )
    return bool(changed.rowcount)


def disable(connection: Connection, user_id: str, *, now: datetime) -> bool:
    """Shut somebody out, their open sign-in links too. False where that would leave no owner."""
    changed = connection.execute(
        update(users).where(users.c.id == user_id, _another_owner(user_id)).values(disabled_at=now)
    )
    if not changed.rowcount:
        return False
    forget_links(connection, user_id)
    return True


def enable(connection: Connection, user_id: str) -> None:
    connection.execute(update(users).where(users.c.id == user_id).values(disabled_at=None))


def _enabled_owner() -> ColumnElement[bool]:
    return (users.c.role == "owner") & users.c.disabled_at.is_(None)


def _another_owner(user_id: str) -> ColumnElement[bool]:
    others = users.alias("others")
    return exists().where(
        others.c.role == "owner", others.c.disabled_at.is_(None), others.c.id != user_id
    )
