"""What the owner chose on the page, by name, as JSON."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select, update

from webapp.store.tables import choices


@dataclass(frozen=True, slots=True)
class Choice:
    value: object
    changed_at: datetime


def all_of(connection: Connection) -> dict[str, object]:
    rows = connection.execute(select(choices.c.name, choices.c.value))
    return {row.name: json.loads(row.value) for row in rows}


def find(connection: Connection, name: str) -> Choice | None:
    statement = select(choices.c.value, choices.c.changed_at).where(choices.c.name == name)
    row = connection.execute(statement).one_or_none()
    return None if row is None else Choice(json.loads(row.value), row.changed_at)


def forget(connection: Connection, name: str) -> bool:
    """Forget a choice; False says that there was none."""
    return bool(connection.execute(delete(choices).where(choices.c.name == name)).rowcount)


def keep(connection: Connection, name: str, value: object, *, now: datetime) -> None:
    """Write what was chosen in the place of what was chosen before."""
    values = {"value": json.dumps(value), "changed_at": now}
    changed = connection.execute(update(choices).where(choices.c.name == name).values(**values))
    if not changed.rowcount:
        connection.execute(insert(choices).values(name=name, **values))
