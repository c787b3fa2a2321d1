"""Finding what is a person's own; what is not answers like what is not there."""

from __future__ import annotations

from sqlalchemy import Connection

from webapp.errors import NotFound
from webapp.store import conversations
from webapp.store.conversations import Conversation


def find_conversation(connection: Connection, user_id: str, conversation_id: str) -> Conversation:
    """Find a conversation. Or `NotFound`."""
    conversation = conversations.find(connection, user_id, conversation_id)
    if conversation is None:
        raise NotFound
    return conversation
