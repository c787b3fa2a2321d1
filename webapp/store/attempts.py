"""Passwords that were tried: when, and for which name or from which address."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from webapp.store.tables import attempts


def add(connection: Connection, subject: str, *, now: datetime) -> int:
    """Note a try and return the id of its row."""
    row = insert(attempts).values(subject=subject, at=now).returning(attempts.c.id)
    id_: int = connection.execute(row).scalar_one()
    return id_


def last(connection: Connection, subject: str, *, limit: int) -> Sequence[datetime]:
    """List when something was tried last, the newest first."""
    return (
        connection.execute(
            select(attempts.c.at)
            .where(attempts.c.subject == subject)
            .order_by(attempts.c.at.desc())
            .limit(limit)
        )
        .scalars()
        .all()
    )


def forget(connection: Connection, ids: Collection[int]) -> None:
    connection.execute(delete(attempts).where(attempts.c.id.in_(ids)))


def forget_all(connection: Connection, subject: str) -> None:
    connection.execute(delete(attempts).where(attempts.c.subject == subject))


def sweep(connection: Connection, *, before: datetime) -> None:
    connection.execute(delete(attempts).where(attempts.c.at <= before))
