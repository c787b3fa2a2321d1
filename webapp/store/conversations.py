"""Conversations and their messages. Every statement carries the owner."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Row, Select, insert, literal, select, update

from webapp.errors import Failure
from webapp.store.ids import new_id
from webapp.store.tables import conversations, generations, messages


@dataclass(frozen=True, slots=True)
class Conversation:
    id: str
    title: str
    head_id: str | None
    updated_at: datetime
    live: bool


@dataclass(frozen=True, slots=True)
class Message:
    """One row of the tree. `state`: running, complete, stopped, interrupted, failed."""

    id: str
    conversation_id: str
    parent_id: str | None
    role: str
    state: str
    text: str
    model: str | None
    failure: Failure | None
    generation_id: str | None


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
    """List the owner's conversations, the one that went on last first."""
    rows = connection.execute(
        _conversations(owner_id).order_by(conversations.c.updated_at.desc()).limit(limit)
    )
    return [_conversation(row) for row in rows]


def add_message(
    connection: Connection,
    owner_id: str,
    conversation_id: str,
    *,
    parent_id: str | None,
    role: str,
    state: str,
    text: str,
    now: datetime,
    client_id: str | None = None,
    model: str | None = None,
) -> str:
    """Append a message to a branch, make it the head, and return its id."""
    message_id = new_id()
    connection.execute(
        insert(messages).values(
            id=message_id,
            conversation_id=conversation_id,
            owner_id=owner_id,
            parent_id=parent_id,
            client_id=client_id,
            role=role,
            state=state,
            model=model,
            text=text,
            created_at=now,
        )
    )
    connection.execute(
        update(conversations)
        .where(conversations.c.id == conversation_id, conversations.c.owner_id == owner_id)
        .values(head_id=message_id, updated_at=now)
    )
    return message_id


def end_answer(
    connection: Connection, message_id: str, *, state: str, text: str, failure: Failure | None
) -> None:
    connection.execute(
        update(messages)
        .where(messages.c.id == message_id)
        .values(state=state, text=text, failure=None if failure is None else failure.dump())
    )


def message(connection: Connection, owner_id: str, message_id: str) -> Message | None:
    row = connection.execute(_messages(owner_id, messages.c.id == message_id)).one_or_none()
    return None if row is None else _message(row)


def message_of_client(connection: Connection, owner_id: str, client_id: str) -> Message | None:
    """Find the message that a page sent under this id, if it was stored."""
    row = connection.execute(_messages(owner_id, messages.c.client_id == client_id)).one_or_none()
    return None if row is None else _message(row)


def children(connection: Connection, owner_id: str, message_id: str) -> Sequence[Message]:
    rows = connection.execute(
        _messages(owner_id, messages.c.parent_id == message_id).order_by(messages.c.created_at)
    )
    return [_message(row) for row in rows]


def path(connection: Connection, owner_id: str, head_id: str | None) -> Sequence[Message]:
    """Read a branch from its root to `head_id`, one statement whatever its length."""
    step = (
        select(messages.c.id, messages.c.parent_id, literal(0).label("back"))
        .where(messages.c.id == head_id, messages.c.owner_id == owner_id)
        .cte("branch", recursive=True)
    )
    parent = messages.alias("parent")
    branch = step.union_all(
        select(parent.c.id, parent.c.parent_id, step.c.back + 1).join(
            step, step.c.parent_id == parent.c.id
        )
    )
    rows = connection.execute(
        _messages(owner_id)
        .join(branch, branch.c.id == messages.c.id)
        .order_by(branch.c.back.desc())
    )
    return [_message(row) for row in rows]


def _conversations(owner_id: str) -> Select[tuple[str, str, str | None, datetime, str | None]]:
    return (
        select(
            conversations.c.id,
            conversations.c.title,
            conversations.c.head_id,
            conversations.c.updated_at,
            generations.c.id.label("generation_id"),
        )
        .outerjoin(
            generations,
            (generations.c.conversation_id == conversations.c.id)
            & (generations.c.state == "running"),
        )
        .where(conversations.c.owner_id == owner_id)
    )


def _conversation(row: Row[tuple[str, str, str | None, datetime, str | None]]) -> Conversation:
    return Conversation(
        id=row.id,
        title=row.title,
        head_id=row.head_id,
        updated_at=row.updated_at,
        live=row.generation_id is not None,
    )


_MessageRow = tuple[str, str, str | None, str, str, str, str | None, str | None, str | None]


def _messages(owner_id: str, *conditions: ColumnElement[bool]) -> Select[_MessageRow]:
    return (
        select(
            messages.c.id,
            messages.c.conversation_id,
            messages.c.parent_id,
            messages.c.role,
            messages.c.state,
            messages.c.text,
            messages.c.model,
            messages.c.failure,
            generations.c.id.label("generation_id"),
        )
        .outerjoin(generations, generations.c.message_id == messages.c.id)
        .where(messages.c.owner_id == owner_id, *conditions)
    )


def _message(row: Row[_MessageRow]) -> Message:
    return Message(
        id=row.id,
        conversation_id=row.conversation_id,
        parent_id=row.parent_id,
        role=row.role,
        state=row.state,
        text=row.text,
        model=row.model,
        failure=None if row.failure is None else Failure.load(row.failure),
        generation_id=row.generation_id,
    )
