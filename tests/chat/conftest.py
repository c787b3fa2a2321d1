"""The chat layer with a real database and log, a scripted provider, and a clock that obeys."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from types import MappingProxyType

import pytest

from tests.support.clock import FakeClock
from tests.support.databases import migrated
from tests.support.log import LogWatch
from tests.support.providers import MODEL, ScriptedProvider, Step
from webapp.chat.asking import Asked, Asker, Send
from webapp.chat.images import Images
from webapp.chat.journal import Journal
from webapp.chat.runner import Deadlines, Runner
from webapp.chat.service import ChatService
from webapp.log.base import Ending
from webapp.log.memory import MemoryLog
from webapp.providers.base import AuthCode, Model
from webapp.store import lists, messages, users
from webapp.store.conversations import Conversation
from webapp.store.database import Database
from webapp.store.lists import ACTIVE
from webapp.store.messages import Message

SERVER = "this-server"
DEADLINES = Deadlines(first_text=120, idle=60, answer=900)
LIMIT = 1000


@dataclass
class Chat:
    """Everything that answers, and short ways to use it."""

    database: Database
    log: MemoryLog
    watch: LogWatch
    clock: FakeClock
    provider: ScriptedProvider
    journal: Journal
    runner: Runner
    images: Images
    service: ChatService
    user: str
    paid: SimpleQueue[str]
    """The runs that may have cost something, when they are over."""

    def ask(
        self,
        steps: list[Step],
        *,
        text: str = "A question",
        after: Asked | None = None,
        model: Model = MODEL,
        auth_code: AuthCode | None = None,
    ) -> Asked:
        """Send a question that will be answered by these steps."""
        self.provider.enqueue(steps)
        return self.service.ask(Asker(self.user, model, auth_code), self.message(text, after))

    def message(self, text: str = "A question", after: Asked | None = None) -> Send:
        return Send(
            client_id=str(uuid.uuid4()),
            conversation_id=None if after is None else after.conversation.id,
            parent_id=None if after is None else after.answer.id,
            text=text,
        )

    def ending(self, sent: Asked) -> Ending:
        return self.watch.ending(generation(sent))

    def text_came(self, sent: Asked, text: str) -> None:
        self.watch.text(generation(sent), text)

    def thought_came(self, sent: Asked, text: str) -> None:
        self.watch.thoughts(generation(sent), text)

    def thoughts(self, sent: Asked) -> str:
        return self.service.thoughts(self.user, sent.answer.id)[1]

    def stored(self, sent: Asked) -> Message:
        with self.database.reading() as connection:
            message = messages.find(connection, self.user, sent.answer.id)
        assert message is not None
        return message

    def listed(self, user_id: str | None = None) -> Sequence[Conversation]:
        with self.database.reading() as connection:
            return lists.page(connection, user_id or self.user, ACTIVE, limit=9).conversations


def generation(sent: Asked) -> str:
    assert sent.answer.generation_id is not None
    return sent.answer.generation_id


@pytest.fixture
def make_chat(tmp_path: Path) -> Iterator[Callable[..., Chat]]:
    """Start chats, each as a server of its own on the same database."""
    started: list[Chat] = []

    def make(
        *,
        deadlines: Deadlines = DEADLINES,
        answer_limit: int = LIMIT,
        server_id: str = SERVER,
        slots: Mapping[str, int] = MappingProxyType({}),
    ) -> Chat:
        database, log, clock = migrated(tmp_path / "chat.db"), MemoryLog(), FakeClock()
        with database.writing() as connection:
            user = users.ensure_owner(connection, now=clock.now())
        provider = ScriptedProvider()
        journal = Journal(database, log, clock, server_id=server_id)
        runner = Runner(
            log=log,
            journal=journal,
            providers={provider.name: provider},
            clock=clock,
            deadlines=deadlines,
            answer_limit=answer_limit,
        )
        images = Images(database=database, clock=clock, folder=tmp_path / "images")
        service = ChatService(
            database=database,
            log=log,
            runner=runner,
            clock=clock,
            server_id=server_id,
            read_image=images.read,
            slots=slots,
        )
        # After the journal: who waits for text knows that the journal has heard of it.
        watch = LogWatch(log)
        paid = SimpleQueue[str]()
        runner.start(on_paid=lambda run: paid.put(run.generation_id))
        chat = Chat(
            database, log, watch, clock, provider, journal, runner, images, service, user.id, paid
        )
        started.append(chat)
        return chat

    yield make
    for chat in started:
        chat.runner.close(5)
        chat.database.close()


@pytest.fixture
def chat(make_chat: Callable[..., Chat]) -> Chat:
    return make_chat()
