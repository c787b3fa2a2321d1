"""Shares: who else may read a conversation, and by which link.

Every statement carries the owner but those of a reader: who comes with a link's token is
known by that alone. A share opens nothing once it has run out, while its conversation is
in the trash, or while its author is disabled; a revoked one is gone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)

from webapp.store.ids import new_id, token_hash
from webapp.store.tables import conversations, messages, shares, users

Audience = Literal["team", "public"]


@dataclass(frozen=True, slots=True)
class Share:
    """A row. A snapshot has a title and ends with the message `head_id`; a live share has none."""

    id: str
    conversation_id: str
    owner_id: str
    audience: Audience
    sealed_token: str
    head_id: str | None
    title: str | None
    created_at: datetime
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class TitledShare:
    """A share as others find it, with the title of what it opens."""

    share: Share
    title: str


def add(
    connection: Connection,
    owner_id: str,
    conversation_id: str,
    *,
    audience: Audience,
    token: str,
    sealed_token: str,
    head_id: str | None,
    title: str | None,
    now: datetime,
    expires_at: datetime | None,
) -> Share:
    share = Share(
        id=new_id(),
        conversation_id=conversation_id,
        owner_id=owner_id,
        audience=audience,
        sealed_token=sealed_token,
        head_id=head_id,
        title=title,
        created_at=now,
        expires_at=expires_at,
    )
    connection.execute(
        insert(shares).values(
            id=share.id,
            conversation_id=conversation_id,
            owner_id=owner_id,
            audience=audience,
            token_hash=token_hash(token),
            sealed_token=sealed_token,
            head_id=head_id,
            title=title,
            created_at=now,
            expires_at=expires_at,
        )
    )
    return share


def of_conversation(
    connection: Connection, owner_id: str, conversation_id: str, *, now: datetime
) -> Sequence[Share]:
    """List what has not run out of a conversation's shares, the last one first."""
    rows = connection.execute(
        _shares(
            shares.c.owner_id == owner_id,
            shares.c.conversation_id == conversation_id,
            _lasts(now),
        ).order_by(shares.c.created_at.desc(), shares.c.id)
    )
    return [_share(row) for row in rows]


def count(connection: Connection, owner_id: str, conversation_id: str) -> int:
    return connection.execute(
        select(func.count())
        .select_from(shares)
        .where(shares.c.owner_id == owner_id, shares.c.conversation_id == conversation_id)
    ).scalar_one()


def remove(connection: Connection, owner_id: str, share_id: str) -> str | None:
    """Revoke a share and return its conversation's id; None where there is none such."""
    conversation_id: str | None = connection.execute(
        delete(shares)
        .where(shares.c.id == share_id, shares.c.owner_id == owner_id)
        .returning(shares.c.conversation_id)
    ).scalar_one_or_none()
    return conversation_id


def sweep(connection: Connection, *, now: datetime) -> None:
    """Delete what has run out."""
    connection.execute(delete(shares).where(shares.c.expires_at <= now))


def retreat(connection: Connection, owner_id: str, conversation_id: str, to: str | None) -> None:
    """Let the snapshots whose last message was deleted end at the message `to`, its parent.

    With nothing left to show they go: without a head a share would be live.
    """
    remaining = select(messages.c.id).where(messages.c.conversation_id == conversation_id)
    headless = (
        (shares.c.owner_id == owner_id)
        & (shares.c.conversation_id == conversation_id)
        # Said in full: of an empty list “not in” is true even for NULL, the live ones.
        & shares.c.head_id.is_not(None)
        & shares.c.head_id.not_in(remaining)
    )
    if to is None:
        connection.execute(delete(shares).where(headless))
    else:
        connection.execute(update(shares).where(headless).values(head_id=to))


def open_with(connection: Connection, token: str, *, now: datetime) -> Share | None:
    """Find the share that a token opens at this moment."""
    row = connection.execute(
        _open(now).where(shares.c.token_hash == token_hash(token))
    ).one_or_none()
    return None if row is None else _share(row)


def still_open(
    connection: Connection, ids: Iterable[str], audiences: Iterable[str], *, now: datetime
) -> set[str]:
    """Tell which of these shares open something to these audiences at this moment."""
    statement = _open(now).where(shares.c.id.in_(list(ids)), shares.c.audience.in_(list(audiences)))
    return {row.id for row in connection.execute(statement)}


def with_team(
    connection: Connection, user_id: str, *, now: datetime, limit: int
) -> Sequence[TitledShare]:
    """List what others share with the team, the last one first."""
    rows = connection.execute(
        _open(now)
        .add_columns(func.coalesce(shares.c.title, conversations.c.title).label("shown_title"))
        .where(shares.c.audience == "team", shares.c.owner_id != user_id)
        .order_by(shares.c.created_at.desc(), shares.c.id)
        .limit(limit)
    )
    return [TitledShare(_share(row), row.shown_title) for row in rows]


_ShareRow = tuple[str, str, str, str, str, str | None, str | None, datetime, datetime | None]


def _shares(*conditions: ColumnElement[bool]) -> Select[_ShareRow]:
    return select(
        shares.c.id,
        shares.c.conversation_id,
        shares.c.owner_id,
        shares.c.audience,
        shares.c.sealed_token,
        shares.c.head_id,
        shares.c.title,
        shares.c.created_at,
        shares.c.expires_at,
    ).where(*conditions)


def _open(now: datetime) -> Select[_ShareRow]:
    return (
        _shares(_lasts(now))
        .join(conversations, conversations.c.id == shares.c.conversation_id)
        .join(users, users.c.id == shares.c.owner_id)
        .where(
            conversations.c.trashed_at.is_(None),
            # Who is disabled cannot take anything back, so nothing of theirs is shown meanwhile.
            users.c.disabled_at.is_(None),
        )
    )


def _lasts(now: datetime) -> ColumnElement[bool]:
    return or_(shares.c.expires_at.is_(None), shares.c.expires_at > now)


def _share(row: Row[_ShareRow]) -> Share:
    return Share(
        id=row.id,
        conversation_id=row.conversation_id,
        owner_id=row.owner_id,
        audience=row.audience,
        sealed_token=row.sealed_token,
        head_id=row.head_id,
        title=row.title,
        created_at=row.created_at,
        expires_at=row.expires_at,
    )
