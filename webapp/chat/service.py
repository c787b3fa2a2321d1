"""What the product does: ask, stop, and read conversations. Each call names its user."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.exc import IntegrityError

from webapp.chat.asking import Ask, Asked, Asker, check, find_asked, read_asked, store
from webapp.chat.context import DEFAULT_SYSTEM_TEXT, turns
from webapp.chat.runner import Run, Runner
from webapp.clock import Clock
from webapp.errors import AlreadyAnswering, NotFound
from webapp.log.base import GenerationLog
from webapp.providers.base import Question
from webapp.store import conversations, generations, messages
from webapp.store.conversations import Conversation
from webapp.store.database import Database
from webapp.store.messages import Message

_RECENT = 200


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

    def ask(self, asker: Asker, ask: Ask) -> Asked:
        """Store what is asked and begin its answer, in one transaction: one call, one payment.

        A `client_id` that was stored before gives what was stored and asks nothing again.
        Raises a `Refused` when nothing was stored.
        """
        with self._database.reading() as connection:
            known = find_asked(connection, asker.user_id, ask.client_id)
        if known is not None:
            return known
        model = check(asker, ask)
        now = self._clock.now()
        try:
            with self._database.writing() as connection:
                asked = find_asked(connection, asker.user_id, ask.client_id)
                if asked is not None:
                    return asked
                stored = store(connection, asker.user_id, ask, model=model, now=now)
                generations.begin(
                    connection,
                    stored.conversation_id,
                    stored.answer_id,
                    server_id=self._server_id,
                    now=now,
                )
                asked = read_asked(connection, asker.user_id, stored)
        except IntegrityError as error:
            # The unique index over running generations: a second process was faster.
            raise AlreadyAnswering from error

        assert asked.answer.generation_id is not None  # noqa: S101 - begun above
        self._runner.begin(
            Run(
                generation_id=asked.answer.generation_id,
                message_id=asked.answer.id,
                question=Question(
                    conversation_id=asked.conversation.id,
                    model=model,
                    system=DEFAULT_SYSTEM_TEXT,
                    turns=turns(asked.branch, going_on_from=stored.begins_with),
                    auth_code=asker.auth_code if model.needs_auth_code else None,
                ),
                begins_with=stored.begins_with,
            )
        )
        return asked

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
        """Read a conversation and the branch that it shows. Or `NotFound`."""
        with self._database.reading() as connection:
            conversation = conversations.find(connection, user_id, conversation_id)
            if conversation is None:
                raise NotFound
            branch = messages.path(connection, user_id, conversation.head_id)
        return Thread(conversation, branch)

    def message(self, user_id: str, message_id: str) -> Message | None:
        with self._database.reading() as connection:
            return messages.find_among_siblings(connection, user_id, message_id)

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
