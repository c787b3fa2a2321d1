"""Invitations: each lets one new member in, once. Only a token's hash is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import ColumnElement, Connection, insert, select, update

from webapp.store.ids import new_id, new_token, token_hash
from webapp.store.tables import invitations, users
from webapp.store.users import User

LIFETIME = timedelta(days=7)

Role = Literal["member", "owner"]


@dataclass(frozen=True, slots=True)
class Invitation:
    id: str
    role: Role
    inviter: str
    created_at: datetime
    expires_at: datetime


def add(connection: Connection, inviter: User, role: Role, *, now: datetime) -> str:
    """Make an invitation and return its token."""
    token = new_token()
    connection.execute(
        insert(invitations).values(
            id=new_id(),
            token_hash=token_hash(token),
            role=role,
            inviter_id=inviter.id,
            created_at=now,
            expires_at=now + LIFETIME,
        )
    )
    return token


def open_ones(connection: Connection, *, now: datetime) -> Sequence[Invitation]:
    """List what can still be used, the last one first."""
    rows = connection.execute(
        select(
            invitations.c.id,
            invitations.c.role,
            users.c.name.label("inviter"),
            invitations.c.created_at,
            invitations.c.expires_at,
        )
        .join(users, users.c.id == invitations.c.inviter_id)
        .where(_open(now))
        .order_by(invitations.c.created_at.desc(), invitations.c.id)
    )
    return [Invitation(*row) for row in rows]


def is_open(connection: Connection, token: str, *, now: datetime) -> bool:
    found = select(invitations.c.id).where(
        invitations.c.token_hash == token_hash(token), _open(now)
    )
    return connection.execute(found).one_or_none() is not None


def revoke(connection: Connection, invitation_id: str, *, now: datetime) -> Role | None:
    """Take an invitation back. Returns its role, or None where it could not be used any more."""
    role: Role | None = connection.execute(
        update(invitations)
        .where(invitations.c.id == invitation_id, _open(now))
        .values(revoked_at=now)
        .returning(invitations.c.role)
    ).scalar_one_or_none()
    return role


def use(connection: Connection, token: str, *, now: datetime) -> tuple[str, Role] | None:
    """Use an invitation up, in one statement: of many at once, one wins.

    Returns its id and the new member's role, or None where it is not open.
    """
    row = connection.execute(
        update(invitations)
        .where(invitations.c.token_hash == token_hash(token), _open(now))
        .values(used_at=now)
        .returning(invitations.c.id, invitations.c.role)
    ).one_or_none()
    return None if row is None else (row.id, row.role)


def note_member(connection: Connection, invitation_id: str, user: User) -> None:
    """Note who came with an invitation."""
    connection.execute(
        update(invitations).where(invitations.c.id == invitation_id).values(member_id=user.id)
    )


def _open(now: datetime) -> ColumnElement[bool]:
    """Unused, and its maker may still invite: a disabled owner's links must not let anybody in."""
    may_invite = select(users.c.id).where(users.c.role == "owner", users.c.disabled_at.is_(None))
    return (
        invitations.c.used_at.is_(None)
        & invitations.c.revoked_at.is_(None)
        & (invitations.c.expires_at > now)
        & invitations.c.inviter_id.in_(may_invite)
    )
