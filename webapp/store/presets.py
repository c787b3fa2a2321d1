"""Presets: a model and what it is told first, under a name. Shared and owned as templates are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Row, Select, delete, func, insert, select, update

from webapp.store.ids import new_id
from webapp.store.prompts import BEGINNING
from webapp.store.tables import presets, users


@dataclass(frozen=True, slots=True)
class Preset:
    """`system_text` is whole where one preset was asked for, and its beginning in a list."""

    id: str
    owner_id: str
    owner: str
    name: str
    model: str
    system_text: str
    shared: bool


def add(
    connection: Connection,
    owner_id: str,
    *,
    name: str,
    model: str,
    system_text: str,
    shared: bool,
    now: datetime,
) -> str:
    preset_id = new_id()
    connection.execute(
        insert(presets).values(
            id=preset_id,
            owner_id=owner_id,
            name=name,
            model=model,
            system_text=system_text,
            shared=shared,
            created_at=now,
        )
    )
    return preset_id


def change(
    connection: Connection,
    owner_id: str,
    preset_id: str,
    *,
    name: str,
    model: str,
    system_text: str,
    shared: bool,
) -> None:
    connection.execute(
        update(presets)
        .where(presets.c.id == preset_id, presets.c.owner_id == owner_id)
        .values(name=name, model=model, system_text=system_text, shared=shared)
    )


def remove(connection: Connection, owner_id: str, preset_id: str) -> None:
    connection.execute(
        delete(presets).where(presets.c.id == preset_id, presets.c.owner_id == owner_id)
    )


def find(connection: Connection, user_id: str, preset_id: str) -> Preset | None:
    """Find a preset that the user may see, with its whole system text."""
    row = connection.execute(
        _seen_by(user_id, select(*_COLUMNS, presets.c.system_text)).where(presets.c.id == preset_id)
    ).one_or_none()
    return None if row is None else _preset(row)


def named(connection: Connection, owner_id: str, name: str) -> Preset | None:
    """Find one's own preset of this name."""
    row = connection.execute(
        _seen_by(owner_id, select(*_COLUMNS, presets.c.system_text)).where(
            presets.c.owner_id == owner_id, presets.c.name == name
        )
    ).one_or_none()
    return None if row is None else _preset(row)


def count(connection: Connection, owner_id: str) -> int:
    return connection.execute(
        select(func.count()).select_from(presets).where(presets.c.owner_id == owner_id)
    ).scalar_one()


def visible(connection: Connection, user_id: str, *, limit: int) -> Sequence[Preset]:
    """List what the user may see: their own by name, then the others' by name."""
    beginning = func.substr(presets.c.system_text, 1, BEGINNING).label("system_text")
    rows = connection.execute(
        _seen_by(user_id, select(*_COLUMNS, beginning))
        .order_by(presets.c.owner_id != user_id, func.lower(presets.c.name), presets.c.id)
        .limit(limit)
    )
    return [_preset(row) for row in rows]


_COLUMNS = (
    presets.c.id,
    presets.c.owner_id,
    users.c.name.label("owner"),
    presets.c.name,
    presets.c.model,
    presets.c.shared,
)
_Row = tuple[str, str, str, str, str, bool, str]


def _seen_by(user_id: str, statement: Select[_Row]) -> Select[_Row]:
    return statement.join(users, users.c.id == presets.c.owner_id).where(
        (presets.c.owner_id == user_id) | presets.c.shared.is_(True)
    )


def _preset(row: Row[_Row]) -> Preset:
    return Preset(
        id=row.id,
        owner_id=row.owner_id,
        owner=row.owner,
        name=row.name,
        model=row.model,
        system_text=row.system_text,
        shared=row.shared,
    )
