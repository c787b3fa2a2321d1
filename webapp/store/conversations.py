"""Conversations: titles, shelves, and where each stands. Every statement carries the owner."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection, Row, Select, delete, insert, select, update

from webapp.store.ids import new_id
from webapp.store.tables import conversations, generations

Shelf = Literal["archived", "trashed"]
Mark = Literal["pinned", "archived", "trashed"]


@dataclass(frozen=True, slots=True)
class Conversation:
    id: str
    title: str
    head_id: str | None
    updated_at: datetime
    live: bool
    pinned: bool = False
    archived: bool = False
    trashed: bool = False


def create(connection: Connection, owner_id: str, *, title: str, now: datetime) -> Conversation:
    conversation = Conversation(new_id(), title, None, now, live=False)
    connection.execute(
        insert(conversations).values(
            id=conversation.id, owner_id=owner_id, title=title, created_at=now, updated_at=now
        )
    )
    return conversation


def find(connection: Connection, owner_id: str, conversation_id: str) -> Conversation | None:
    row = connection.execute(
        _conversations(owner_id).where(conversations.c.id == conversation_id)
    ).one_or_none()
    return None if row is None else _conversation(row)


def recent(connection: Connection, owner_id: str, *, limit: int) -> Sequence[Conversation]:
    """List what lies on no shelf: the pinned first, then the one that went on last."""
    rows = connection.execute(
        _conversations(owner_id)
        .where(conversations.c.archived_at.is_(None), conversations.c.trashed_at.is_(None))
        .order_by(conversations.c.pinned_at.is_(None), conversations.c.updated_at.desc())
        .limit(limit)
    )
    return [_conversation(row) for row in rows]


def shelved(connection: Connection, owner_id: str, shelf: Shelf) -> Sequence[Conversation]:
    """List a shelf, what was put there last first. What is in the trash is there alone."""
    put_at = conversations.c[f"{shelf}_at"]
    statement = _conversations(owner_id).where(put_at.is_not(None)).order_by(put_at.desc())
    if shelf == "archived":
        statement = statement.where(conversations.c.trashed_at.is_(None))
    return [_conversation(row) for row in connection.execute(statement)]


def rename(connection: Connection, owner_id: str, conversation_id: str, title: str) -> bool:
    """Give a title. False says that there is no such conversation."""
    return _set(connection, owner_id, conversation_id, title=title)


def mark(
    connection: Connection, owner_id: str, conversation_id: str, name: Mark, at: datetime | None
) -> bool:
    """Pin, archive or trash a conversation, or undo that (None). False: there is none such."""
    return _set(connection, owner_id, conversation_id, **{f"{name}_at": at})


def move_head(
    connection: Connection, owner_id: str, conversation_id: str, head_id: str | None
) -> None:
    """Show another branch. The conversation keeps its place in the list."""
    _set(connection, owner_id, conversation_id, head_id=head_id)


def go_on(
    connection: Connection, owner_id: str, conversation_id: str, head_id: str, *, now: datetime
) -> None:
    """Show the branch that ends with a new message, and move up in the list."""
    _set(connection, owner_id, conversation_id, head_id=head_id, updated_at=now)


def remove(connection: Connection, owner_id: str, conversation_id: str) -> bool:
    """Delete a conversation for good, with its messages. Only what is in the trash can be."""
    removed = connection.execute(
        delete(conversations).where(
            conversations.c.id == conversation_id,
            conversations.c.owner_id == owner_id,
            conversations.c.trashed_at.is_not(None),
        )
    )
    return bool(removed.rowcount)


def empty_trash(connection: Connection, *, trashed_before: datetime) -> int:
    """Delete for good what has been in anybody's trash for long; return how many."""
    removed = connection.execute(
        delete(conversations).where(conversations.c.trashed_at <= trashed_before)
    )
    return removed.rowcount


def _set(connection: Connection, owner_id: str, conversation_id: str, **values: object) -> bool:
    changed = connection.execute(
        update(conversations)
        .where(conversations.c.id == conversation_id, conversations.c.owner_id == owner_id)
        .values(**values)
    )
    return bool(changed.rowcount)


_Row = tuple[
    str, str, str | None, datetime, datetime | None, datetime | None, datetime | None, str | None
]


def _conversations(owner_id: str) -> Select[_Row]:
    return (
        select(
            conversations.c.id,
            conversations.c.title,
            conversations.c.head_id,
            conversations.c.updated_at,
            conversations.c.pinned_at,
            conversations.c.archived_at,
            conversations.c.trashed_at,
            generations.c.id.label("generation_id"),
        )
        .outerjoin(
            generations,
            (generations.c.conversation_id == conversations.c.id)
            & (generations.c.state == "running"),
        )
        .where(conversations.c.owner_id == owner_id)
    )


def _conversation(row: Row[_Row]) -> Conversation:
    return Conversation(
        id=row.id,
        title=row.title,
        head_id=row.head_id,
        updated_at=row.updated_at,
        live=row.generation_id is not None,
        pinned=row.pinned_at is not None,
        archived=row.archived_at is not None,
        trashed=row.trashed_at is not None,
    )
