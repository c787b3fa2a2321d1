"""What the product does: send, stop, and read conversations. Each call names its user."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from webapp.chat.context import DEFAULT_SYSTEM_TEXT, turns
from webapp.chat.runner import Run, Runner
from webapp.clock import Clock
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
from webapp.log.base import GenerationLog
from webapp.providers.base import AuthCode, Model, Question
from webapp.store import conversations, generations, messages
from webapp.store.conversations import Conversation
from webapp.store.database import Database
from webapp.store.messages import Message

_TITLE_LENGTH = 60
_RECENT = 200


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks, with what their browser session says at this moment."""

    user_id: str
    model: Model | None
    auth_code: AuthCode | None


@dataclass(frozen=True, slots=True)
class Send:
    """A message to be sent. `client_id` is the page's own id for it, a UUID.

    `conversation_id` None begins a conversation; `parent_id` is the last message that
    the page showed.
    """

    client_id: str
    conversation_id: str | None
    parent_id: str | None
    text: str


@dataclass(frozen=True, slots=True)
class Sent:
    """A stored message and its answer. `again` says that it had been stored before."""

    conversation: Conversation
    question: Message
    answer: Message
    again: bool


@dataclass(frozen=True, slots=True)
class Thread:
    """A conversation with the messages of the branch that is shown, oldest first."""

    conversation: Conversation
    messages: Sequence[Message]


class ChatService:
    def __init__(
        self,
        *,
        database: Database,
        log: GenerationLog,
        runner: Runner,
        clock: Clock,
        server_id: str,
    ) -> None:
        self._database = database
        self._log = log
        self._runner = runner
        self._clock = clock
        self._server_id = server_id

    def send(self, asker: Asker, send: Send) -> Sent:
        """Store a message and begin its answer, in one transaction: one call, one payment.

        A `client_id` that was stored before gives what was stored and asks nothing again.
        Raises a `Refused` when nothing was stored.
        """
        with self._database.reading() as connection:
            known = self._known(connection, asker.user_id, send.client_id)
        if known is not None:
            return known
        model = _check(asker, send.text)
        try:
            with self._database.writing() as connection:
                sent = self._known(connection, asker.user_id, send.client_id)
                if sent is not None:
                    return sent
                sent = self._store(connection, asker.user_id, model, send)
                branch = messages.path(connection, asker.user_id, sent.question.id)
        except IntegrityError as error:
            # The unique index over running generations: a second process was faster.
            raise AlreadyAnswering from error

        assert sent.answer.generation_id is not None  # noqa: S101 - _store began it
        self._runner.begin(
            Run(
                generation_id=sent.answer.generation_id,
                message_id=sent.answer.id,
                question=Question(
                    conversation_id=sent.conversation.id,
                    model=model,
                    system=DEFAULT_SYSTEM_TEXT,
                    turns=turns(branch),
                    auth_code=asker.auth_code if model.needs_auth_code else None,
                ),
            )
        )
        return sent

    def stop(self, user_id: str, message_id: str) -> str:
        """End a running answer and return its conversation's id.

        An answer that has ended stays as it is; an unknown one is `NotFound`.
        """
        with self._database.reading() as connection:
            message = messages.find(connection, user_id, message_id)
        if message is None or message.generation_id is None:
            raise NotFound
        self._runner.stop(message.generation_id)
        return message.conversation_id

    def thread(self, user_id: str, conversation_id: str) -> Thread:
        """Read a conversation, with the text so far of an answer under way. Or `NotFound`."""
        with self._database.reading() as connection:
            conversation = conversations.find(connection, user_id, conversation_id)
            if conversation is None:
                raise NotFound
            branch = messages.path(connection, user_id, conversation.head_id)
        return Thread(conversation, branch)

    def text_so_far(self, message: Message) -> str:
        """Read what has come of an answer: from the log while it runs, else as it is stored."""
        if message.state == "running" and message.generation_id is not None:
            reading = self._log.read(message.generation_id, 0)
            if reading is not None:
                return reading.text
        return message.text

    def recent(self, user_id: str) -> Sequence[Conversation]:
        """List the user's conversations, the one that went on last first."""
        with self._database.reading() as connection:
            return conversations.recent(connection, user_id, limit=_RECENT)

    def conversation(self, user_id: str, conversation_id: str) -> Conversation | None:
        with self._database.reading() as connection:
            return conversations.find(connection, user_id, conversation_id)

    def _known(self, connection: Connection, user_id: str, client_id: str) -> Sent | None:
        question = messages.of_client(connection, user_id, client_id)
        if question is None:
            return None
        conversation = conversations.find(connection, user_id, question.conversation_id)
        answers = messages.children(connection, user_id, question.id)
        if conversation is None or not answers:
            raise BadCommand
        return Sent(conversation, question, answers[0], again=True)

    def _store(self, connection: Connection, user_id: str, model: Model, send: Send) -> Sent:
        now = self._clock.now()
        if send.conversation_id is None:
            conversation = conversations.create(
                connection, user_id, title=title_of(send.text), now=now
            )
        else:
            found = conversations.find(connection, user_id, send.conversation_id)
            if found is None:
                raise NotFound
            conversation = found
        if conversation.live:
            raise AlreadyAnswering
        if send.parent_id != conversation.head_id:
            raise BranchMoved
        question_id = messages.add(
            connection,
            user_id,
            conversation.id,
            parent_id=send.parent_id,
            role="user",
            state="complete",
            text=send.text,
            client_id=send.client_id,
            now=now,
        )
        answer_id = messages.add(
            connection,
            user_id,
            conversation.id,
            parent_id=question_id,
            role="assistant",
            state="running",
            text="",
            model=model.key,
            now=now,
        )
        generations.begin(
            connection, conversation.id, answer_id, server_id=self._server_id, now=now
        )
        stored = self._known(connection, user_id, send.client_id)
        assert stored is not None  # noqa: S101 - it was written three lines above
        return Sent(stored.conversation, stored.question, stored.answer, again=False)


def title_of(text: str) -> str:
    """Take a title from the first words of a question."""
    words = re.sub(r"\s+", " ", text).strip()
    if len(words) <= _TITLE_LENGTH:
        return words
    cut = words[: _TITLE_LENGTH - 1]
    at = cut.rfind(" ")
    return (cut[:at] if at > _TITLE_LENGTH // 2 else cut).rstrip(" ,.;:-–—") + "…"


def _check(asker: Asker, text: str) -> Model:
    model = asker.model
    if not text.strip():
        raise EmptyMessage
    if model is None:
        raise UnknownModel
    if model.max_length and len(text) > model.max_length:
        raise MessageTooLong(length=len(text), model=model.name, limit=model.max_length)
    if model.needs_auth_code and asker.auth_code is None:
        raise AuthCodeMissing(model=model.name)
    return model
