"""Conversations: titles, marks, and what each shows. Every statement carries the owner."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    String,
    bindparam,
    delete,
    insert,
    select,
    update,
)

from webapp.store.ids import new_id
from webapp.store.tables import EPOCH, conversations, generations, messages
from webapp.store.text import one_line

TITLE_LIMIT = 200

_LONG_AGO = EPOCH
"""When what is to be deleted for good counts as having been put into the trash."""

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
    folder_id: str | None = None
    title_given: bool = False


def create(connection: Connection, owner_id: str, *, title: str, now: datetime) -> Conversation:
    conversation = Conversation(new_id(), one_line(title, TITLE_LIMIT), None, now, live=False)
    values = {
        "id": conversation.id,
        "owner_id": owner_id,
        "title": conversation.title,
        "created_at": now,
        "updated_at": now,
    }
    connection.execute(_CREATE, values)
    return conversation


def find(connection: Connection, owner_id: str, conversation_id: str) -> Conversation | None:
    values = {"owner": owner_id, "conversation": conversation_id}
    row = connection.execute(_FIND, values).one_or_none()
    return None if row is None else from_row(row)


def rename(connection: Connection, owner_id: str, conversation_id: str, title: str) -> bool:
    """Give the title that a person chose. False says that there is no such conversation."""
    return _set(connection, owner_id, [conversation_id], title=title, title_given=True) == 1


def entitle(connection: Connection, owner_id: str, conversation_id: str, title: str) -> bool:
    """Give a title that a program made, unless a person gave one. False: nothing changed."""
    changed = connection.execute(
        update(conversations)
        .where(
            conversations.c.id == conversation_id,
            conversations.c.owner_id == owner_id,
            conversations.c.title_given.is_(False),
        )
        .values(title=one_line(title, TITLE_LIMIT))
    )
    return bool(changed.rowcount)


def mark(
    connection: Connection,
    owner_id: str,
    conversation_ids: Collection[str],
    name: Mark,
    at: datetime | None,
) -> int:
    """Pin, archive or trash conversations, or undo that (None). Return how many there are."""
    return _set(connection, owner_id, conversation_ids, **{f"{name}_at": at})


def move(
    connection: Connection, owner_id: str, conversation_ids: Collection[str], folder_id: str | None
) -> int:
    """Put conversations into a folder, or out of all. Return how many there are.

    They are no longer pinned: what is pinned stands above the folders.
    """
    return _set(connection, owner_id, conversation_ids, folder_id=folder_id, pinned_at=None)


def move_head(
    connection: Connection, owner_id: str, conversation_id: str, head_id: str | None
) -> None:
    """Show another branch. The conversation keeps its place in the list."""
    _set(connection, owner_id, [conversation_id], head_id=head_id)


def go_on(
    connection: Connection, owner_id: str, conversation_id: str, head_id: str, *, now: datetime
) -> None:
    """Show the branch that ends with a new message, and move up in the list."""
    values = {"owner": owner_id, "conversation": conversation_id, "head": head_id, "now": now}
    connection.execute(_GO_ON, values)


def doom(connection: Connection, owner_id: str, conversation_ids: Collection[str]) -> int:
    """Have `empty_trash` delete conversations next: of those in the trash, how many.

    What is not in the trash, or is being answered, stays.
    """
    running = select(generations.c.conversation_id).where(generations.c.state == "running")
    doomed = connection.execute(
        update(conversations)
        .where(
            conversations.c.id.in_(conversation_ids),
            conversations.c.owner_id == owner_id,
            conversations.c.trashed_at.is_not(None),
            conversations.c.id.not_in(running),
        )
        .values(trashed_at=_LONG_AGO)
    )
    return doomed.rowcount


def empty_trash(connection: Connection, *, trashed_before: datetime, at_most: int) -> bool:
    """Delete for good what has been in anybody's trash for long, up to so many messages.

    Returns whether there may be more.
    """
    conversation_id = connection.execute(
        select(conversations.c.id).where(conversations.c.trashed_at <= trashed_before).limit(1)
    ).scalar_one_or_none()
    if conversation_id is None:
        return False
    delete_some(connection, conversation_id, at_most=at_most)
    return True


def delete_some(connection: Connection, conversation_id: str, *, at_most: int) -> None:
    """Delete up to so many messages of a conversation for good, and itself with the last one.

    It costs the same however many there are: what hangs below those messages is cut off, as
    a tree can only go leaves first, or when it is none any more.
    """
    of_it = select(messages.c.id).where(messages.c.conversation_id == conversation_id)
    some = connection.execute(of_it.limit(at_most)).scalars().all()
    connection.execute(
        update(messages).where(messages.c.parent_id.in_(some)).values(parent_id=None)
    )
    connection.execute(delete(messages).where(messages.c.id.in_(some)))
    if len(some) < at_most:
        connection.execute(delete(conversations).where(conversations.c.id == conversation_id))


def _set(
    connection: Connection, owner_id: str, conversation_ids: Collection[str], **values: object
) -> int:
    changed = connection.execute(
        update(conversations)
        .where(conversations.c.id.in_(conversation_ids), conversations.c.owner_id == owner_id)
        .values(**values)
    )
    return changed.rowcount


_Row = tuple[
    str,
    str,
    str | None,
    datetime,
    datetime | None,
    datetime | None,
    datetime | None,
    str | None,
    bool,
    str | None,
]


def of_owner(owner_id: str | ColumnElement[str]) -> Select[_Row]:
    """Select a user's conversations, to be narrowed further and read with `from_row`."""
    return (
        select(
            conversations.c.id,
            conversations.c.title,
            conversations.c.head_id,
            conversations.c.updated_at,
            conversations.c.pinned_at,
            conversations.c.archived_at,
            conversations.c.trashed_at,
            conversations.c.folder_id,
            conversations.c.title_given,
            generations.c.id.label("generation_id"),
        )
        .outerjoin(
            generations,
            (generations.c.conversation_id == conversations.c.id)
            & (generations.c.state == "running"),
        )
        .where(conversations.c.owner_id == owner_id)
    )


def from_row(row: Row[_Row]) -> Conversation:
    return Conversation(
        id=row.id,
        title=row.title,
        head_id=row.head_id,
        updated_at=row.updated_at,
        live=row.generation_id is not None,
        pinned=row.pinned_at is not None,
        archived=row.archived_at is not None,
        trashed=row.trashed_at is not None,
        folder_id=row.folder_id,
        title_given=row.title_given,
    )


# Made once, see message_statements.
_OWNER = bindparam("owner", type_=String)
_THIS = conversations.c.id == bindparam("conversation")
_CREATE = insert(conversations)
_FIND = of_owner(_OWNER).where(_THIS)
_GO_ON = (
    update(conversations)
    .where(_THIS, conversations.c.owner_id == _OWNER)
    .values(head_id=bindparam("head"), updated_at=bindparam("now"))
)
