"""Folders: a person's own order among conversations. Every statement carries the owner."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    Connection,
    Row,
    Select,
    String,
    bindparam,
    delete,
    func,
    insert,
    select,
    update,
)

from webapp.store.ids import new_id
from webapp.store.tables import conversations, folders

NAME_LIMIT = 80


@dataclass(frozen=True, slots=True)
class Folder:
    """`count` is how many conversations are seen in it: neither pinned nor put away."""

    id: str
    name: str
    count: int = 0


def create(connection: Connection, owner_id: str, name: str, *, now: datetime) -> Folder:
    """Make a folder. A name that is taken is an `IntegrityError`."""
    folder = Folder(new_id(), name)
    connection.execute(
        insert(folders).values(id=folder.id, owner_id=owner_id, name=name, created_at=now)
    )
    return folder


def find(connection: Connection, owner_id: str, folder_id: str) -> Folder | None:
    wanted = _OF_OWNER.where(folders.c.id == folder_id)
    row = connection.execute(wanted, {"owner": owner_id}).one_or_none()
    return None if row is None else _folder(row)


def find_by_name(connection: Connection, owner_id: str, name: str) -> Folder | None:
    """Find a folder whose name differs in capitals at most."""
    wanted = name.casefold()
    return next(
        (one for one in all_of(connection, owner_id) if one.name.casefold() == wanted), None
    )


def all_of(connection: Connection, owner_id: str) -> Sequence[Folder]:
    """List a user's folders by their names."""
    found = [_folder(row) for row in connection.execute(_OF_OWNER, {"owner": owner_id})]
    return sorted(found, key=lambda folder: (folder.name.casefold(), folder.id))


def rename(connection: Connection, owner_id: str, folder_id: str, name: str) -> bool:
    """Rename a folder. False says that there is none; a taken name is an `IntegrityError`."""
    changed = connection.execute(
        update(folders)
        .where(folders.c.id == folder_id, folders.c.owner_id == owner_id)
        .values(name=name)
    )
    return bool(changed.rowcount)


def remove(connection: Connection, owner_id: str, folder_id: str) -> bool:
    """Delete a folder; its conversations stay, in none. False says that there is no such."""
    connection.execute(
        update(conversations)
        .where(conversations.c.owner_id == owner_id, conversations.c.folder_id == folder_id)
        .values(folder_id=None)
    )
    removed = connection.execute(
        delete(folders).where(folders.c.id == folder_id, folders.c.owner_id == owner_id)
    )
    return bool(removed.rowcount)


_Row = tuple[str, str, int]


def _folder(row: Row[_Row]) -> Folder:
    return Folder(row.id, row.name, row._mapping["count"])  # noqa: SLF001 - a row has a method of that name


# Built once: that takes longer than the answer, and each page that opens asks.
_OWNER = bindparam("owner", type_=String)
_COUNTS = (
    select(conversations.c.folder_id, func.count().label("count"))
    .where(
        conversations.c.owner_id == _OWNER,
        conversations.c.archived_at.is_(None),
        conversations.c.trashed_at.is_(None),
        conversations.c.pinned_at.is_(None),
        conversations.c.folder_id.is_not(None),
    )
    .group_by(conversations.c.folder_id)
    .subquery()
)
_OF_OWNER: Select[_Row] = (
    select(folders.c.id, folders.c.name, func.coalesce(_COUNTS.c.count, 0).label("count"))
    .outerjoin(_COUNTS, _COUNTS.c.folder_id == folders.c.id)
    .where(folders.c.owner_id == _OWNER)
)
