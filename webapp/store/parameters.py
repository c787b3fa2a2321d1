"""Parameters: what is asked of the model in a conversation, where a person said so."""

from __future__ import annotations

import json
from collections.abc import Mapping

from sqlalchemy import Connection, bindparam, select, update

from webapp.store.tables import conversations

_MINE = (
    conversations.c.id == bindparam("conversation_id"),
    conversations.c.owner_id == bindparam("user_id"),
)
_FIND = select(conversations.c.parameters).where(*_MINE)
_KEEP = update(conversations).where(*_MINE).values(parameters=bindparam("kept"))


def find(connection: Connection, owner_id: str, conversation_id: str) -> Mapping[str, object]:
    """Find them by name; those that the model decides itself are not there."""
    values = {"user_id": owner_id, "conversation_id": conversation_id}
    return load(connection.execute(_FIND, values).scalar_one_or_none())


def keep(
    connection: Connection, owner_id: str, conversation_id: str, parameters: Mapping[str, object]
) -> bool:
    """Keep them in the place of all that were. False: there is no such conversation."""
    values = {
        "user_id": owner_id,
        "conversation_id": conversation_id,
        "kept": dump(parameters),
    }
    return bool(connection.execute(_KEEP, values).rowcount)


def dump(parameters: Mapping[str, object]) -> str | None:
    """Write them as the column has them."""
    return json.dumps(parameters) if parameters else None


def load(kept: str | None) -> Mapping[str, object]:
    found: Mapping[str, object] = json.loads(kept) if kept else {}
    return found
