"""What the owner chose on the page, by name, as JSON."""

from __future__ import annotations

import json
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from webapp.store.tables import choices


def all_of(connection: Connection) -> dict[str, object]:
    rows = connection.execute(select(choices.c.name, choices.c.value))
    return {row.name: json.loads(row.value) for row in rows}


def keep(connection: Connection, name: str, value: object, *, now: datetime) -> None:
    """Write what was chosen in the place of what was chosen before."""
    values = {"value": json.dumps(value), "changed_at": now}
    changed = connection.execute(update(choices).where(choices.c.name == name).values(**values))
    if not changed.rowcount:
        connection.execute(insert(choices).values(name=name, **values))
