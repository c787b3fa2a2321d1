"""Conversations, anybody's, that nobody has gone on with for long."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, func, or_, select, update

from webapp.store.tables import conversations, imports


def count(connection: Connection, *, before: datetime) -> tuple[int, int]:
    """Count the conversations that are older and kept by nothing, and whose they are."""
    columns = conversations.c
    row = connection.execute(
        select(func.count(), func.count(columns.owner_id.distinct())).where(_stale(before))
    ).one()
    return row[0], row[1]


def find(connection: Connection, *, before: datetime, after: str, limit: int) -> Sequence[str]:
    """List some of them, by their ids behind `after`."""
    statement = (
        select(conversations.c.id)
        .where(conversations.c.id > after, _stale(before))
        .order_by(conversations.c.id)
        .limit(limit)
    )
    return connection.execute(statement).scalars().all()


def retire(
    connection: Connection, conversation_ids: Collection[str], *, before: datetime, now: datetime
) -> Sequence[tuple[str, str]]:
    """Put those into the trash that are still as old. Return each with its owner's id first."""
    rows = connection.execute(
        update(conversations)
        .where(conversations.c.id.in_(conversation_ids), _stale(before))
        .values(trashed_at=now)
        .returning(conversations.c.owner_id, conversations.c.id)
    )
    return [(row.owner_id, row.id) for row in rows]


def _stale(before: datetime) -> ColumnElement[bool]:
    """Changed long ago, and not pinned. To have been imported since is a change, too."""
    columns = conversations.c
    lately = select(imports.c.id).where(imports.c.created_at >= before)
    return (
        (columns.updated_at < before)
        & columns.pinned_at.is_(None)
        & columns.trashed_at.is_(None)
        & or_(columns.import_id.is_(None), columns.import_id.not_in(lately))
    )
