"""Storing what is asked. Nothing is ever overwritten.

Every answer and every changed question is a new message beside the old one, under the
same parent; the conversation then shows the branch with the new one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
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
from webapp.store.messages import Message

_TITLE_LENGTH = 60


@dataclass(frozen=True, slots=True)
class Stored:
    """What was written: the `new` messages, the answer last, as they would be read to be shown.

    A conversation that has just begun has a `title` that nobody gave it.
    """

    conversation: Conversation
    new: Sequence[Message]
    title: str | None

    @property
    def answer_id(self) -> str:
        return self.new[-1].id

    def answered_by(self, generation_id: str) -> Asked:
        """Tell what was asked, by the run that answers it."""
        answer = replace(self.new[-1], generation_id=generation_id)
        return Asked(self.conversation, [*self.new[:-1], answer], again=False)


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
    brings = place.brings
    conversation = place.conversation or _begin(
        connection, user_id, cast("Send", ask), brings.names, now=now
    )
    parent_id = place.parent_id
    client_id: str | None = ask.client_id
    new = []
    if isinstance(ask, Send | Edit):
        question = messages.add(
            connection,
            user_id,
            conversation.id,
            parent_id=parent_id,
            role="user",
            state="complete",
            text=ask.text,
            client_id=client_id,
            tokens=tokens,
            now=now,
        )
        files.attach(connection, question.id, brings.attachments)
        images.attach(connection, question.id, brings.images)
        shown = tuple(one.beginning(branches.FILE_SHOWN) for one in brings.attachments)
        new.append(replace(question, attachments=shown, images=tuple(brings.images)))
        parent_id, client_id = question.id, None
    if isinstance(ask, Send):
        forget(connection, user_id, ask.files)
        drafts.forget(connection, asker.session_hash, ask.conversation_id or "", ask.text)
    answer = messages.add(
        connection,
        user_id,
        conversation.id,
        parent_id=parent_id,
        role="assistant",
        state="running",
        text="",
        client_id=client_id,
        model=model.key,
        now=now,
    )
    new = [replace(one, siblings=(one.id,)) for one in (*new, answer)]
    if place.conversation is not None:  # the first of them may stand beside others
        beside = messages.siblings_of(connection, user_id, new[:1])
        new[0] = replace(new[0], siblings=beside[new[0].parent_id])
    return Stored(
        replace(conversation, head_id=answer.id, updated_at=now, live=True),
        new,
        title=conversation.title if place.conversation is None else None,
    )


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
    conversation = find_conversation(connection, user_id, first.conversation_id)
    return Asked(conversation, branches.read(connection, user_id, ids), again=True)


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
