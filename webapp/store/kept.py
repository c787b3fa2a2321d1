"""What a person keeps under a name, and may share with the team. Only they change it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Generic, TypeVar

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Table,
    delete,
    func,
    insert,
    select,
    update,
)

from webapp.store.ids import new_id
from webapp.store.tables import users

BEGINNING = 200
"""How many characters of a text a list shows at most."""

Thing = TypeVar("Thing")


class Kept(Generic[Thing]):
    """Statements about one kind of thing, whose table has an owner, names and a long `text`.

    `make` is given the columns by their names, and the `owner`'s name.
    """

    def __init__(self, table: Table, make: Callable[..., Thing], *, text: str) -> None:
        self._table = table
        self._make = make
        self._text = table.c[text]
        self._columns = [column for column in table.c if column.name not in {text, "created_at"}]

    def add(
        self, connection: Connection, owner_id: str, fields: Mapping[str, object], *, now: datetime
    ) -> str:
        thing_id = new_id()
        connection.execute(
            insert(self._table).values(id=thing_id, owner_id=owner_id, created_at=now, **fields)
        )
        return thing_id

    def change(
        self, connection: Connection, owner_id: str, thing_id: str, fields: Mapping[str, object]
    ) -> None:
        connection.execute(
            update(self._table).where(*self._own(owner_id, thing_id)).values(**fields)
        )

    def remove(self, connection: Connection, owner_id: str, thing_id: str) -> None:
        connection.execute(delete(self._table).where(*self._own(owner_id, thing_id)))

    def find(self, connection: Connection, user_id: str, thing_id: str) -> Thing | None:
        """Find one that the user may see, with its whole text."""
        return self._one(connection, self._seen_by(user_id).where(self._table.c.id == thing_id))

    def named(self, connection: Connection, owner_id: str, name: str) -> Thing | None:
        """Find one's own of this name."""
        mine = (self._table.c.owner_id == owner_id, self._table.c.name == name)
        return self._one(connection, self._seen_by(owner_id).where(*mine))

    def count(self, connection: Connection, owner_id: str) -> int:
        return connection.execute(
            select(func.count()).select_from(self._table).where(self._table.c.owner_id == owner_id)
        ).scalar_one()

    def visible(self, connection: Connection, user_id: str, *, limit: int) -> Sequence[Thing]:
        """List what the user may see: their own by name, then the others' by name."""
        rows = connection.execute(
            self._seen_by(user_id, func.substr(self._text, 1, BEGINNING).label(self._text.name))
            .order_by(
                self._table.c.owner_id != user_id,
                func.lower(self._table.c.name),
                self._table.c.id,
            )
            .limit(limit)
        )
        return [self._make(**row) for row in rows.mappings()]

    def own_ids(self, connection: Connection, owner_id: str) -> Sequence[str]:
        """List one's own by their names."""
        rows = connection.execute(
            select(self._table.c.id)
            .where(self._table.c.owner_id == owner_id)
            .order_by(func.lower(self._table.c.name), self._table.c.id)
        )
        return rows.scalars().all()

    def own(self, connection: Connection, owner_id: str) -> Iterator[Thing]:
        """Give one's own with their whole texts, one after the other: they can be large."""
        mine = self._seen_by(owner_id).where(self._table.c.owner_id == owner_id)
        yield from (self._make(**row) for row in connection.execute(mine).mappings())

    def _own(self, owner_id: str, thing_id: str) -> tuple[ColumnElement[bool], ...]:
        return (self._table.c.id == thing_id, self._table.c.owner_id == owner_id)

    def _one(self, connection: Connection, statement: Select[Any]) -> Thing | None:
        row = connection.execute(statement).mappings().one_or_none()
        return None if row is None else self._make(**row)

    def _seen_by(self, user_id: str, text: ColumnElement[str] | None = None) -> Select[Any]:
        whole = self._text if text is None else text
        return (
            select(*self._columns, users.c.name.label("owner"), whole)
            .join(users, users.c.id == self._table.c.owner_id)
            .where((self._table.c.owner_id == user_id) | self._table.c.shared.is_(True))
        )
