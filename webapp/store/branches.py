"""Branches: a long one is read in runs, its places first and then some texts; and copied."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection

from webapp.store import files, images, messages, thoughts
from webapp.store import message_statements as statements
from webapp.store.messages import Message, siblings_of, some
from webapp.store.thoughts import Beside

FILE_SHOWN = 20_000
"""Characters of a file that are shown; whoever wants the rest saves it."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a message stands, without its text; `length` counts the text's characters."""

    id: str
    state: str
    length: int


def places(connection: Connection, owner_id: str, head_id: str | None) -> Sequence[Place]:
    """List a branch from its root to `head_id`: a quarter of what reading its texts takes."""
    rows = connection.execute(statements.PLACES, {"owner_id": owner_id, "head_id": head_id})
    return [Place(row.id, row.state, row.length) for row in rows]


def read(connection: Connection, owner_id: str, ids: Sequence[str]) -> Sequence[Message]:
    """Read some messages of one branch to be shown, in this order, with siblings and files.

    Of a big file that is the beginning alone. One that is not there is left out.
    """
    found = {one.id: one for one in some(connection, owner_id, ids)}
    if not found:
        return []
    siblings = siblings_of(connection, owner_id, list(found.values()))
    sent = files.of_messages(connection, owner_id, ids, most=FILE_SHOWN)
    seen = images.of_messages(connection, owner_id, ids)
    return [
        replace(
            found[one],
            siblings=siblings[found[one].parent_id],
            attachments=sent.get(one, ()),
            images=seen.get(one, ()),
        )
        for one in ids
        if one in found
    ]


def copy(
    connection: Connection,
    owner_id: str,
    branch: Sequence[Message],
    *,
    conversation_id: str,
    after: str | None,
    now: datetime,
) -> str | None:
    """Write messages of a branch into another conversation, behind one of it; the last's id."""
    parent_id = after
    for one in branch:
        parent_id = messages.add(
            connection,
            owner_id,
            conversation_id,
            parent_id=parent_id,
            role=one.role,
            state=one.state,
            text=one.text,
            model=one.model,
            failure=one.failure,
            tokens=one.tokens,
            beside=Beside(one.host, thought_seconds=one.thought_seconds),
            now=now,
        ).id
        files.attach(connection, parent_id, one.attachments)
        images.attach(connection, parent_id, one.images)
        if one.thought_seconds is not None:
            thoughts.copy(connection, owner_id, one.id, to=parent_id)
    return parent_id
