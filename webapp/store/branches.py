"""Branches: a long one is read in runs, so its places come first and then some texts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection, bindparam, func, literal, or_, select

from webapp.store import files
from webapp.store.messages import Message, some
from webapp.store.tables import messages

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
    columns = (messages.c.id, messages.c.parent_id, messages.c.state)
    step = (
        select(*columns, func.length(messages.c.text).label("length"), literal(0).label("back"))
        .where(messages.c.id == head_id, messages.c.owner_id == owner_id)
        .cte("branch", recursive=True)
    )
    parent = messages.alias("parent")
    branch = step.union_all(
        select(
            parent.c.id,
            parent.c.parent_id,
            parent.c.state,
            func.length(parent.c.text),
            step.c.back + 1,
        ).join(step, step.c.parent_id == parent.c.id)
    )
    rows = connection.execute(
        select(branch.c.id, branch.c.state, branch.c.length).order_by(branch.c.back.desc())
    )
    return [Place(row.id, row.state, row.length) for row in rows]


def read(connection: Connection, owner_id: str, ids: Sequence[str]) -> Sequence[Message]:
    """Read some messages of one branch to be shown, in this order, with siblings and files.

    Of a big file that is the beginning alone.
    """
    found = {one.id: one for one in some(connection, owner_id, ids)}
    siblings = _siblings(connection, owner_id, list(found.values()))
    sent = files.of_messages(connection, owner_id, ids, most=FILE_SHOWN)
    return [
        replace(found[one], siblings=siblings[found[one].parent_id], attachments=sent.get(one, ()))
        for one in ids
    ]


def _siblings(
    connection: Connection, owner_id: str, run: Sequence[Message]
) -> dict[str | None, tuple[str, ...]]:
    """Tell all messages under each parent of these, in the order they were made."""
    if not run:
        return {}
    parents = {one.parent_id for one in run}
    rows = connection.execute(
        _UNDER_ROOT if None in parents else _UNDER,
        {
            "owner_id": owner_id,
            "conversation_id": run[0].conversation_id,
            "parents": list(parents - {None}),
        },
    )
    found: dict[str | None, list[str]] = {}
    for message_id, parent_id in rows:
        found.setdefault(parent_id, []).append(message_id)
    return {parent_id: tuple(ids) for parent_id, ids in found.items()}


# Made once, see message_statements.
_IN_CONVERSATION = (
    select(messages.c.id, messages.c.parent_id)
    .where(
        messages.c.owner_id == bindparam("owner_id"),
        messages.c.conversation_id == bindparam("conversation_id"),
    )
    .order_by(messages.c.created_at, messages.c.id)
)
_PARENTS = messages.c.parent_id.in_(bindparam("parents", expanding=True))
_UNDER = _IN_CONVERSATION.where(_PARENTS)
_UNDER_ROOT = _IN_CONVERSATION.where(or_(_PARENTS, messages.c.parent_id.is_(None)))
