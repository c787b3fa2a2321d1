"""What a model said to itself before an answer. It is read by itself, when somebody wants it."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, select, update

from webapp.store.tables import messages


@dataclass(frozen=True, slots=True)
class Beside:
    """What is kept beside an answer: the host that gave it, and the thoughts before it."""

    host: str | None = None
    thoughts: str | None = None
    thought_seconds: int | None = None


NOTHING = Beside()

_OLD = messages.alias("old")
_FIND = select(messages.c.thoughts).where(
    messages.c.id == bindparam("message_id"), messages.c.owner_id == bindparam("of_owner")
)
_COPY = (
    update(messages)
    .where(messages.c.id == bindparam("to_id"), messages.c.owner_id == bindparam("of_owner"))
    .values(
        thoughts=select(_OLD.c.thoughts)
        .where(_OLD.c.id == bindparam("message_id"), _OLD.c.owner_id == bindparam("of_owner"))
        .scalar_subquery()
    )
)


def find(connection: Connection, owner_id: str, message_id: str) -> str:
    """Read the thoughts before an answer; empty where there are none."""
    values = {"of_owner": owner_id, "message_id": message_id}
    return connection.execute(_FIND, values).scalar_one_or_none() or ""


def copy(connection: Connection, owner_id: str, message_id: str, *, to: str) -> None:
    values = {"of_owner": owner_id, "message_id": message_id, "to_id": to}
    connection.execute(_COPY, values)
