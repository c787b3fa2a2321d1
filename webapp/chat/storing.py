"""Storing what is asked. Nothing is ever overwritten.

Every answer and every changed question is a new message beside the old one, under the
same parent; the conversation then shows the branch with the new one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from sqlalchemy import Connection

from webapp.chat.asking import Ask, Asked, Asker, Edit, Send, find_place
from webapp.chat.files import forget
from webapp.chat.finding import find_conversation
from webapp.chat.parameters import dump, parse
from webapp.errors import NotFound
from webapp.providers.base import Model
from webapp.store import (
    branches,
    conversations,
    drafts,
    files,
    images,
    instructions,
    messages,
    parameters,
)
from webapp.store.conversations import Conversation

_TITLE_LENGTH = 60


@dataclass(frozen=True, slots=True)
class Stored:
    """What was written: `ids` are the new messages, the answer last.

    A conversation that has just begun has a `title` that nobody gave it.
    """

    conversation_id: str
    ids: Sequence[str]
    title: str | None = None

    @property
    def answer_id(self) -> str:
        return self.ids[-1]


def store(
    connection: Connection,
    asker: Asker,
    ask: Ask,
    *,
    model: Model,
    tokens: int | None,
    now: datetime,
) -> Stored:
    """Write the new messages, the answer empty and running. Raises a `Refused`.

    Where it is asked is found anew: since it was read, another page may have asked.
    """
    user_id = asker.user_id
    place = find_place(connection, user_id, ask)
    conversation = place.conversation or _begin(
        connection, user_id, cast("Send", ask), place.brings.names, now=now
    )
    ids = []
    if isinstance(ask, Send | Edit):
        ids = [
            messages.add(
                connection,
                user_id,
                conversation.id,
                parent_id=place.parent_id,
                role="user",
                state="complete",
                text=ask.text,
                client_id=ask.client_id,
                tokens=tokens,
                now=now,
            )
        ]
        files.attach(connection, ids[0], place.brings.attachments)
        images.attach(connection, ids[0], place.brings.images)
    if isinstance(ask, Send):
        forget(connection, user_id, ask.files)
        drafts.forget(connection, asker.session_hash, ask.conversation_id or "", ask.text)
    answer_id = messages.add(
        connection,
        user_id,
        conversation.id,
        parent_id=ids[0] if ids else place.parent_id,
        role="assistant",
        state="running",
        text="",
        client_id=None if ids else ask.client_id,
        model=model.key,
        now=now,
    )
    title = conversation.title if place.conversation is None else None
    return Stored(conversation.id, [*ids, answer_id], title)


def find_asked(connection: Connection, user_id: str, client_id: str) -> Asked | None:
    """Find what was stored under a page's id, if it was."""
    first = messages.of_client(connection, user_id, client_id)
    if first is None:
        return None
    ids = [first.id]
    if first.role == "user":
        answers = messages.children(connection, user_id, first.id)
        if not answers:
            raise NotFound  # its answer was deleted since
        ids.append(answers[0].id)
    return read_asked(connection, user_id, Stored(first.conversation_id, ids), again=True)


def read_asked(
    connection: Connection, user_id: str, stored: Stored, *, again: bool = False
) -> Asked:
    conversation = find_conversation(connection, user_id, stored.conversation_id)
    return Asked(conversation, branches.read(connection, user_id, stored.ids), again)


def title_of(text: str) -> str:
    """Take a title from the first words of a question."""
    words = re.sub(r"\s+", " ", text).strip()
    if len(words) <= _TITLE_LENGTH:
        return words
    cut = words[: _TITLE_LENGTH - 1]
    at = cut.rfind(" ")
    return (cut[:at] if at > _TITLE_LENGTH // 2 else cut).rstrip(" ,.;:-–—") + "…"


def _begin(
    connection: Connection, user_id: str, send: Send, names: Sequence[str], *, now: datetime
) -> Conversation:
    """Begin a conversation, titled by its first question or by the files that are all of it."""
    words = send.text if send.text.strip() else ", ".join(names)
    conversation = conversations.create(connection, user_id, title=title_of(words), now=now)
    if send.system_text is not None:
        instructions.keep(connection, user_id, conversation.id, send.system_text)
    asked_for = dump(parse(send.parameters))
    if asked_for:
        parameters.keep(connection, user_id, conversation.id, asked_for)
    return conversation
