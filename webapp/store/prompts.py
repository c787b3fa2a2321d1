"""Prompt templates: one's own, and those that others share. Only their owners change them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Row, Select, delete, func, insert, select, update

from webapp.store.ids import new_id
from webapp.store.tables import prompts, users

BEGINNING = 200
"""How many characters of a text a list shows at most."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """A template. `text` is whole where one was asked for, and its beginning in a list."""

    id: str
    owner_id: str
    owner: str
    name: str
    text: str
    shared: bool


def add(
    connection: Connection, owner_id: str, *, name: str, text: str, shared: bool, now: datetime
) -> str:
    prompt_id = new_id()
    connection.execute(
        insert(prompts).values(
            id=prompt_id, owner_id=owner_id, name=name, text=text, shared=shared, created_at=now
        )
    )
    return prompt_id


def change(
    connection: Connection, owner_id: str, prompt_id: str, *, name: str, text: str, shared: bool
) -> None:
    connection.execute(
        update(prompts)
        .where(prompts.c.id == prompt_id, prompts.c.owner_id == owner_id)
        .values(name=name, text=text, shared=shared)
    )


def remove(connection: Connection, owner_id: str, prompt_id: str) -> None:
    connection.execute(
        delete(prompts).where(prompts.c.id == prompt_id, prompts.c.owner_id == owner_id)
    )


def find(connection: Connection, user_id: str, prompt_id: str) -> Prompt | None:
    """Find a template that the user may see, with its whole text."""
    row = connection.execute(
        _seen_by(user_id, select(*_COLUMNS, prompts.c.text)).where(prompts.c.id == prompt_id)
    ).one_or_none()
    return None if row is None else _prompt(row)


def named(connection: Connection, owner_id: str, name: str) -> Prompt | None:
    """Find one's own template of this name."""
    row = connection.execute(
        _seen_by(owner_id, select(*_COLUMNS, prompts.c.text)).where(
            prompts.c.owner_id == owner_id, prompts.c.name == name
        )
    ).one_or_none()
    return None if row is None else _prompt(row)


def texts_of(connection: Connection, owner_id: str) -> Iterator[tuple[str, str]]:
    """Give one's own templates, each a name and a whole text: they can be large together."""
    rows = connection.execute(
        select(prompts.c.name, prompts.c.text).where(prompts.c.owner_id == owner_id)
    )
    yield from ((row.name, row.text) for row in rows)


def count(connection: Connection, owner_id: str) -> int:
    return connection.execute(
        select(func.count()).select_from(prompts).where(prompts.c.owner_id == owner_id)
    ).scalar_one()


def visible(connection: Connection, user_id: str, *, limit: int) -> Sequence[Prompt]:
    """List what the user may see: their own by name, then the others' by name."""
    beginning = func.substr(prompts.c.text, 1, BEGINNING).label("text")
    rows = connection.execute(
        _seen_by(user_id, select(*_COLUMNS, beginning))
        .order_by(prompts.c.owner_id != user_id, func.lower(prompts.c.name), prompts.c.id)
        .limit(limit)
    )
    return [_prompt(row) for row in rows]


_COLUMNS = (
    prompts.c.id,
    prompts.c.owner_id,
    users.c.name.label("owner"),
    prompts.c.name,
    prompts.c.shared,
)
_Row = tuple[str, str, str, str, bool, str]


def _seen_by(user_id: str, statement: Select[_Row]) -> Select[_Row]:
    return statement.join(users, users.c.id == prompts.c.owner_id).where(
        (prompts.c.owner_id == user_id) | prompts.c.shared.is_(True)
    )


def _prompt(row: Row[_Row]) -> Prompt:
    return Prompt(row.id, row.owner_id, row.owner, row.name, row.text, row.shared)
