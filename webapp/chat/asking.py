"""Asking: the ways to begin an answer, and how each is stored. Nothing is ever overwritten.

Every answer and every changed question is a new message beside the old one, under the
same parent; the conversation then shows the branch with the new one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from webapp.errors import (
    AlreadyAnswering,
    AuthCodeMissing,
    BadCommand,
    BranchMoved,
    EmptyMessage,
    MessageTooLong,
    NotFound,
    UnknownModel,
)
from webapp.providers.base import AuthCode, Model
from webapp.store import conversations, messages
from webapp.store.conversations import Conversation
from webapp.store.messages import Message

_TITLE_LENGTH = 60
_UNFINISHED = {"stopped", "interrupted"}


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks, with what their browser session says at this moment."""

    user_id: str
    model: Model | None
    auth_code: AuthCode | None


@dataclass(frozen=True, slots=True)
class Send:
    """A message to be sent. `client_id` is the page's own id for it, a UUID.

    `conversation_id` None begins a conversation, in which the model is first told
    `system_text` (None: the default); `parent_id` is the last message that the page
    showed. `files` are the ids of those that wait beside the draft, to go with it.
    """

    client_id: str
    conversation_id: str | None
    parent_id: str | None
    text: str
    files: tuple[str, ...] = ()
    system_text: str | None = None


@dataclass(frozen=True, slots=True)
class Regenerate:
    """Answer a question once more; `message_id` is the question or one of its answers.

    `model_key` names another model than the session's.
    """

    client_id: str
    message_id: str
    model_key: str | None = None


@dataclass(frozen=True, slots=True)
class Edit:
    """Ask something else in the place of a question."""

    client_id: str
    message_id: str
    text: str


@dataclass(frozen=True, slots=True)
class Continue:
    """Go on with an answer that was stopped or broke off: a new one that begins with its text."""

    client_id: str
    message_id: str


Ask = Send | Regenerate | Edit | Continue


@dataclass(frozen=True, slots=True)
class Stored:
    """What was written: `first_id` is the first new message of the branch."""

    conversation_id: str
    first_id: str
    answer_id: str
    begins_with: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """A branch that ends with a question and its answer; `new` are its new messages.

    `again` says that all this had been stored before.
    """

    conversation: Conversation
    branch: Sequence[Message]
    new: Sequence[Message]
    again: bool

    @property
    def question(self) -> Message:
        return self.branch[-2]

    @property
    def answer(self) -> Message:
        return self.branch[-1]


def check(asker: Asker, ask: Ask) -> Model:
    """Find out whether it can be asked at all; the model that will be."""
    model = asker.model
    text = ask.text if isinstance(ask, Send | Edit) else None
    if text is not None and not text.strip():
        raise EmptyMessage
    if model is None:
        raise UnknownModel
    if text is not None and model.max_length and len(text) > model.max_length:
        raise MessageTooLong(length=len(text), model=model.name, limit=model.max_length)
    if model.needs_auth_code and asker.auth_code is None:
        raise AuthCodeMissing(model=model.name)
    return model


def store(connection: Connection, user_id: str, ask: Ask, *, model: Model, now: datetime) -> Stored:
    """Write the new messages, the answer empty and running. Raises a `Refused`."""
    match ask:
        case Send():
            conversation = _conversation_for(connection, user_id, ask, now=now)
            return _store_question(
                connection,
                user_id,
                conversation,
                ask,
                ask.parent_id,
                model=model,
                now=now,
            )
        case Edit():
            old, conversation = find_idle(connection, user_id, ask.message_id)
            if old.role != "user":
                raise BadCommand
            return _store_question(
                connection,
                user_id,
                conversation,
                ask,
                old.parent_id,
                model=model,
                now=now,
            )
        case Regenerate() | Continue():
            old, conversation = find_idle(connection, user_id, ask.message_id)
            question_id = old.id if old.role == "user" else old.parent_id
            begins_with = ""
            if isinstance(ask, Continue):
                if old.role == "user" or old.state not in _UNFINISHED:
                    raise BadCommand
                begins_with = old.text
            answer_id = _store_answer(
                connection,
                user_id,
                conversation.id,
                question_id,
                client_id=ask.client_id,
                model=model,
                now=now,
            )
            return Stored(conversation.id, answer_id, answer_id, begins_with)


def find_asked(connection: Connection, user_id: str, client_id: str) -> Asked | None:
    """Find what was stored under a page's id, if it was."""
    first = messages.of_client(connection, user_id, client_id)
    if first is None:
        return None
    answer = first
    if first.role == "user":
        answers = messages.children(connection, user_id, first.id)
        if not answers:
            raise NotFound  # its answer was deleted since
        answer = answers[0]
    stored = Stored(first.conversation_id, first.id, answer.id)
    return read_asked(connection, user_id, stored, again=True)


def read_asked(
    connection: Connection, user_id: str, stored: Stored, *, again: bool = False
) -> Asked:
    conversation = conversations.find(connection, user_id, stored.conversation_id)
    if conversation is None:
        raise NotFound
    branch = messages.path(connection, user_id, stored.answer_id)
    first = next(at for at, message in enumerate(branch) if message.id == stored.first_id)
    return Asked(conversation, branch, branch[first:], again)


def title_of(text: str) -> str:
    """Take a title from the first words of a question."""
    words = re.sub(r"\s+", " ", text).strip()
    if len(words) <= _TITLE_LENGTH:
        return words
    cut = words[: _TITLE_LENGTH - 1]
    at = cut.rfind(" ")
    return (cut[:at] if at > _TITLE_LENGTH // 2 else cut).rstrip(" ,.;:-–—") + "…"


def _conversation_for(
    connection: Connection, user_id: str, send: Send, *, now: datetime
) -> Conversation:
    """Find the conversation that goes on, or begin one."""
    if send.conversation_id is None:
        title = title_of(send.text)
        conversation = conversations.create(connection, user_id, title=title, now=now)
    else:
        found = conversations.find(connection, user_id, send.conversation_id)
        if found is None:
            raise NotFound
        conversation = found
    if conversation.live:
        raise AlreadyAnswering
    if send.parent_id != conversation.head_id:
        raise BranchMoved
    return conversation


def find_idle(
    connection: Connection, user_id: str, message_id: str
) -> tuple[Message, Conversation]:
    """Find a message of a conversation in which nothing is being answered, and that."""
    message = messages.find(connection, user_id, message_id)
    if message is None:
        raise NotFound
    conversation = conversations.find(connection, user_id, message.conversation_id)
    if conversation is None:
        raise NotFound
    if conversation.live:
        raise AlreadyAnswering
    return message, conversation


def _store_question(
    connection: Connection,
    user_id: str,
    conversation: Conversation,
    ask: Send | Edit,
    parent_id: str | None,
    *,
    model: Model,
    now: datetime,
) -> Stored:
    question_id = messages.add(
        connection,
        user_id,
        conversation.id,
        parent_id=parent_id,
        role="user",
        state="complete",
        text=ask.text,
        client_id=ask.client_id,
        now=now,
    )
    answer_id = _store_answer(
        connection, user_id, conversation.id, question_id, client_id=None, model=model, now=now
    )
    return Stored(conversation.id, question_id, answer_id)


def _store_answer(
    connection: Connection,
    user_id: str,
    conversation_id: str,
    question_id: str | None,
    *,
    client_id: str | None,
    model: Model,
    now: datetime,
) -> str:
    return messages.add(
        connection,
        user_id,
        conversation_id,
        parent_id=question_id,
        role="assistant",
        state="running",
        text="",
        client_id=client_id,
        model=model.key,
        now=now,
    )
