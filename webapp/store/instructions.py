"""Instructions: what the model is told first in a conversation, where a person said so."""

from __future__ import annotations

from sqlalchemy import Connection, bindparam, select, update

from webapp.store.tables import conversations

_MINE = (
    conversations.c.id == bindparam("conversation_id"),
    conversations.c.owner_id == bindparam("user_id"),
)
_FIND = select(conversations.c.system_text).where(*_MINE)
_KEEP = update(conversations).where(*_MINE).values(system_text=bindparam("text"))


def find(connection: Connection, owner_id: str, conversation_id: str) -> str | None:
    """Find the text; None for the default."""
    text: str | None = connection.execute(
        _FIND, {"user_id": owner_id, "conversation_id": conversation_id}
    ).scalar_one_or_none()
    return text


def keep(connection: Connection, owner_id: str, conversation_id: str, text: str | None) -> bool:
    """Keep a text, or go back to the default (None). False: there is no such conversation."""
    values = {"user_id": owner_id, "conversation_id": conversation_id, "text": text}
    return bool(connection.execute(_KEEP, values).rowcount)
