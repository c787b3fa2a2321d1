"""Conversations as they are stored, complete: for taking them away. Each call names the owner."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, select, tuple_

from webapp.errors import Failure
from webapp.store import images, parameters
from webapp.store.files import Attachment
from webapp.store.generations import journaled_text, journaled_thoughts
from webapp.store.images import NamedImage
from webapp.store.tables import attachments, conversations, folders, generations, messages


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredMessage:
    id: str
    parent_id: str | None
    role: str
    state: str
    text: str
    created_at: datetime
    model: str | None = None
    failure: Failure | None = None
    attachments: tuple[Attachment, ...] = ()
    images: tuple[NamedImage, ...] = ()
    host: str | None = None
    thoughts: str | None = None
    thought_seconds: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredConversation:
    """A conversation with all its branches.

    Of messages made at the same time the one with the smaller id comes first, and none
    comes before its parent.
    """

    id: str
    title: str
    title_given: bool
    head_id: str | None
    created_at: datetime
    updated_at: datetime
    pinned_at: datetime | None = None
    archived_at: datetime | None = None
    trashed_at: datetime | None = None
    folder: str | None = None
    system_text: str | None = None
    parameters: Mapping[str, object] = field(default_factory=dict)
    source: str | None = None
    messages: tuple[StoredMessage, ...] = ()

    def branch(self) -> Sequence[StoredMessage]:
        """The messages of the branch that is shown, oldest first."""
        by_id = {message.id: message for message in self.messages}
        found = []
        message = by_id.get(self.head_id or "")
        while message is not None:
            found.append(message)
            message = by_id.get(message.parent_id or "")
        return found[::-1]


def ids_after(
    connection: Connection,
    owner_id: str,
    after: tuple[datetime, str] | None,
    *,
    limit: int,
) -> Sequence[tuple[datetime, str]]:
    """List when conversations were made, and their ids: the oldest first, from a place on."""
    place = tuple_(conversations.c.created_at, conversations.c.id)
    statement = select(conversations.c.created_at, conversations.c.id).where(
        conversations.c.owner_id == owner_id
    )
    if after is not None:
        statement = statement.where(place > after)
    rows = connection.execute(
        statement.order_by(conversations.c.created_at, conversations.c.id).limit(limit)
    )
    return [(created_at, conversation_id) for created_at, conversation_id in rows]


def read(connection: Connection, owner_id: str, conversation_id: str) -> StoredConversation | None:
    """Read a conversation and all that belongs to it, in four statements."""
    row = connection.execute(
        select(conversations, folders.c.name.label("folder"))
        .outerjoin(
            folders,
            (folders.c.id == conversations.c.folder_id) & (folders.c.owner_id == owner_id),
        )
        .where(conversations.c.id == conversation_id, conversations.c.owner_id == owner_id)
    ).one_or_none()
    if row is None:
        return None
    return StoredConversation(
        id=row.id,
        title=row.title,
        title_given=row.title_given,
        head_id=row.head_id,
        created_at=row.created_at,
        updated_at=row.updated_at,
        pinned_at=row.pinned_at,
        archived_at=row.archived_at,
        trashed_at=row.trashed_at,
        folder=row.folder,
        system_text=row.system_text,
        parameters=parameters.load(row.parameters),
        source=row.source,
        messages=tuple(_parents_first(_messages(connection, owner_id, conversation_id))),
    )


def _messages(
    connection: Connection, owner_id: str, conversation_id: str
) -> Iterable[StoredMessage]:
    files: dict[str, list[Attachment]] = {}
    own = (messages.c.owner_id == owner_id) & (messages.c.conversation_id == conversation_id)
    for file in connection.execute(
        select(attachments)
        .join(messages, messages.c.id == attachments.c.message_id)
        .where(own)
        .order_by(attachments.c.message_id, attachments.c.position)
    ):
        files.setdefault(file.message_id, []).append(Attachment(file.name, file.text))
    seen = images.of_conversation(connection, owner_id, conversation_id)
    for row in connection.execute(
        select(messages, generations.c.id.label("generation_id"))
        .outerjoin(generations, generations.c.message_id == messages.c.id)
        .where(own)
    ):
        text, thoughts = row.text, row.thoughts
        if row.state == "running":
            text = journaled_text(connection, row.generation_id)
            thoughts = journaled_thoughts(connection, row.generation_id) or None
        yield StoredMessage(
            id=row.id,
            parent_id=row.parent_id,
            role=row.role,
            state=row.state,
            text=text,
            created_at=row.created_at,
            model=row.model,
            failure=None if row.failure is None else Failure.load(row.failure),
            attachments=tuple(files.get(row.id, ())),
            images=seen.get(row.id, ()),
            host=row.host,
            thoughts=thoughts,
            thought_seconds=row.thought_seconds,
        )


def _parents_first(found: Iterable[StoredMessage]) -> Iterable[StoredMessage]:
    """Order by time and id, but each message behind its parent whatever their times are."""
    by_id = {message.id: message for message in found}
    children: dict[str | None, list[str]] = {}
    for message in by_id.values():
        children.setdefault(message.parent_id, []).append(message.id)
    ready = [(by_id[one].created_at, one) for one in children.get(None, ())]
    heapq.heapify(ready)
    while ready:
        _, message_id = heapq.heappop(ready)
        yield by_id[message_id]
        for child in children.get(message_id, ()):
            heapq.heappush(ready, (by_id[child].created_at, child))
