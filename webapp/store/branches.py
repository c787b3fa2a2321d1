"""Branches: a long one is read in runs, so its places come first and then some texts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from webapp.store import files, images
from webapp.store import message_statements as statements
from webapp.store.messages import Message, siblings_of, some

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

    Of a big file that is the beginning alone.
    """
    found = {one.id: one for one in some(connection, owner_id, ids)}
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
    ]
