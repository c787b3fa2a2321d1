"""The audit log: rows that are added and read, never changed, and deleted when they are old."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from webapp.store.tables import audit_log
from webapp.store.text import one_line
from webapp.store.users import User

SUBJECT_LIMIT = 200


@dataclass(frozen=True, slots=True)
class Recorded:
    """A row. Who is not known, or is the server's machine, has no name."""

    id: int
    at: datetime
    actor: str
    action: str
    subject: str
    address: str


@dataclass(frozen=True, slots=True)
class RecordedPage:
    """Some rows, the last one first; `behind` is where the next page begins."""

    rows: Sequence[Recorded] = ()
    behind: int | None = None


def add(
    connection: Connection,
    action: str,
    subject: str,
    *,
    actor: User | None,
    address: str,
    now: datetime,
) -> None:
    """Write a row. Names in it stay as they were, whatever becomes of who bore them."""
    connection.execute(
        insert(audit_log).values(
            at=now,
            actor_id=None if actor is None else actor.id,
            actor_name="" if actor is None else actor.name,
            action=action,
            subject=one_line(subject, SUBJECT_LIMIT),
            address=address,
        )
    )


def forget(connection: Connection, *, before: datetime, limit: int) -> int:
    """Delete some rows that are older. Return how many those were."""
    old = (
        select(audit_log.c.id).where(audit_log.c.at < before).order_by(audit_log.c.at).limit(limit)
    )
    return connection.execute(delete(audit_log).where(audit_log.c.id.in_(old))).rowcount


def page(connection: Connection, *, after: int | None = None, limit: int) -> RecordedPage:
    """List what was recorded, the last first, behind the row `after`."""
    statement = select(
        audit_log.c.id,
        audit_log.c.at,
        audit_log.c.actor_name,
        audit_log.c.action,
        audit_log.c.subject,
        audit_log.c.address,
    ).order_by(audit_log.c.id.desc())
    if after is not None:
        statement = statement.where(audit_log.c.id < after)
    rows = [
        Recorded(row.id, row.at, row.actor_name, row.action, row.subject, row.address)
        for row in connection.execute(statement.limit(limit + 1))
    ]
    shown = rows[:limit]
    return RecordedPage(shown, shown[-1].id if len(rows) > len(shown) else None)
