"""What has come is written while it comes, and an end is told only after it is stored."""

from __future__ import annotations

import queue
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta

import pytest
from sqlalchemy import Connection, delete, event, select, update
from tiktoken import Encoding

from tests.chat.conftest import SERVER, Chat, generation
from tests.support.providers import Step
from webapp.chat.journal import Journal
from webapp.chat.reaper import reap
from webapp.errors import ServerRestarted
from webapp.log.base import Ending, Reading
from webapp.log.memory import MemoryLog
from webapp.store import generations
from webapp.store.database import Database
from webapp.store.tables import conversations as conversation_rows
from webapp.store.tables import generations as generation_rows
from webapp.store.tables import journal_chunks


class Journaled:
    """Waits until the journal has written so many characters of an answer, or its thoughts."""

    def __init__(
        self,
        database: Database,
        read: Callable[[Connection, str], str] = generations.journaled_text,
    ) -> None:
        self._database = database
        self._journaled = read
        self._committed = threading.Condition()
        event.listen(database._writer, "commit", self._hear)  # noqa: SLF001 - no other way in

    def text(self, generation_id: str, length: int) -> str:
        with self._committed:
            # The commit is told a moment before it is one, so its successor is looked at too.
            for _ in range(200):
                if len(self._read(generation_id)) >= length:
                    return self._read(generation_id)
                self._committed.wait(0.05)
        raise AssertionError("the journal did not get so far")

    def _read(self, generation_id: str) -> str:
        with self._database.reading() as connection:
            return self._journaled(connection, generation_id)

    def _hear(self, _connection: object) -> None:
        with self._committed:
            self._committed.notify_all()


def test_text_is_journaled_while_it_comes(chat: Chat) -> None:
    journaled, gate = Journaled(chat.database), threading.Event()
    sent = chat.ask(["one \U0001f600 ", "two ", gate, "three"])

    before_the_end = journaled.text(generation(sent), 10)

    assert before_the_end == "one \U0001f600 two "
    assert chat.stored(sent).state == "running"
    gate.set()
    assert chat.ending(sent).state == "complete"


def test_an_end_empties_the_journal(chat: Chat) -> None:
    journaled, gate = Journaled(chat.database), threading.Event()
    sent = chat.ask(["text", gate])
    journaled.text(generation(sent), 4)

    gate.set()
    chat.ending(sent)

    with chat.database.reading() as connection:
        assert connection.execute(select(journal_chunks)).all() == []


def test_the_end_of_one_does_not_wait_until_those_of_all_are_counted(
    chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate, held, second = (threading.Event() for _ in range(3))
    counted: list[str] = []

    def slowly(_vocabulary: Encoding, text: str) -> list[int]:
        counted.append(text)
        if len(counted) == 2:
            second.set()
            held.wait(10)
        return [0]

    asked = {name: chat.ask([name, gate]) for name in "abcd"}
    for name, one in asked.items():
        chat.text_came(one, name)
    monkeypatch.setattr(Encoding, "encode_ordinary", slowly)

    gate.set()
    assert second.wait(10)

    assert chat.ending(asked[counted[0]]) == Ending("complete")
    held.set()
    assert {chat.ending(one) for one in asked.values()} == {Ending("complete")}


@pytest.mark.parametrize("failure", [ValueError("no vocabulary"), BaseException("a panic")])
def test_an_answer_that_cannot_be_counted_ends_all_the_same(
    chat: Chat,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    failure: BaseException,
) -> None:
    def fails(_vocabulary: Encoding, _text: str) -> list[int]:
        raise failure

    gate = threading.Event()
    uncounted = chat.ask(["one", gate])
    chat.text_came(uncounted, "one")
    with monkeypatch.context() as patched:
        patched.setattr(Encoding, "encode_ordinary", fails)
        gate.set()
        assert chat.ending(uncounted) == Ending("complete")

    assert chat.ending(chat.ask(["two"])) == Ending("complete")
    assert (chat.stored(uncounted).text, chat.stored(uncounted).tokens) == ("one", None)
    assert "the tokens of an answer could not be counted" in caplog.text


class _ForgetfulLog(MemoryLog):
    """A log that fails once, when a whole answer is read."""

    def read(self, generation_id: str, offset: int, *, thoughts_from: int = 0) -> Reading | None:
        if threading.current_thread().name == "counter" and not self.failed:
            self.failed = True
            raise MemoryError
        return super().read(generation_id, offset, thoughts_from=thoughts_from)

    failed = False


def test_an_end_that_cannot_be_read_once_is_read_again(chat: Chat) -> None:
    log = _ForgetfulLog()
    journal = Journal(chat.database, log, chat.clock, server_id=SERVER)
    saved = queue.SimpleQueue[str]()
    journal.start(saved.put)
    asked = chat.ask(["theirs", threading.Event()])
    try:
        log.open(generation(asked))
        journal.open(generation(asked))
        log.append(generation(asked), "ours")
        journal.end(generation(asked), asked.answer.id, Ending("complete"))

        assert saved.get(timeout=10) == generation(asked)
        assert log.failed
        assert chat.stored(asked).text == "ours"
    finally:
        journal.close(5)
    assert not [one for one in threading.enumerate() if one is journal._counter]  # noqa: SLF001


def test_an_end_waits_for_a_database_in_trouble_and_nothing_is_lost(chat: Chat) -> None:
    gate = threading.Event()
    sent = chat.ask(["before ", gate, "during"])
    chat.text_came(sent, "before")
    with closing(sqlite3.connect(chat.database.file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        gate.set()
        chat.provider.wait_left()
        chat.text_came(sent, "during")
        held = threading.Event()

        held.wait(2)  # the promise is about a database that is locked for two seconds

        meanwhile, reading = chat.stored(sent), chat.log.read(generation(sent), 0)
        other.execute("ROLLBACK")

    assert meanwhile.state == "running"
    assert reading is not None
    assert reading.ending is None
    assert chat.ending(sent) == Ending("complete")
    assert chat.stored(sent).text == "before during"


def test_an_answer_whose_conversation_is_gone_holds_up_no_other(chat: Chat) -> None:
    gone_gate, other_gate = threading.Event(), threading.Event()
    gone = chat.ask(["text ", gone_gate, "nobody wants", threading.Event()])
    other = chat.ask(["some ", other_gate, "text"], text="Another")
    chat.text_came(gone, "text ")
    chat.text_came(other, "some ")

    with chat.database.writing() as connection:
        connection.execute(
            delete(conversation_rows).where(conversation_rows.c.id == gone.conversation.id)
        )
    gone_gate.set()
    chat.text_came(gone, "nobody wants")
    other_gate.set()

    assert chat.ending(other).state == "complete"
    assert chat.stored(other).text == "some text"
    chat.runner.stop(generation(gone))
    assert chat.ending(gone).state == "stopped"


def test_what_was_journaled_before_a_kill_is_restored_as_interrupted(
    make_chat: Callable[..., Chat],
) -> None:
    killed = make_chat(server_id="killed")
    journaled = Journaled(killed.database)
    steps: list[Step] = ["what had come", threading.Event()]
    sent = killed.ask(steps)
    journaled.text(generation(sent), 13)
    next_one = make_chat(server_id="next")

    reaped = reap(next_one.database, "next", silent_since=next_one.clock.now())
    again = reap(next_one.database, "next", silent_since=next_one.clock.now())

    stored = next_one.stored(sent)
    assert (reaped, again) == (1, 0)
    assert (stored.state, stored.text) == ("interrupted", "what had come")
    assert stored.failure == ServerRestarted().failure


def test_an_answer_that_was_reaped_is_not_ended_again_by_its_own_server(
    make_chat: Callable[..., Chat],
) -> None:
    slow, gate = make_chat(server_id="slow"), threading.Event()
    journaled = Journaled(slow.database)
    sent = slow.ask(["what had come", gate, " and what came late"])
    journaled.text(generation(sent), 13)
    reap(slow.database, "other", silent_since=slow.clock.now())

    gate.set()
    slow.ending(sent)

    stored = slow.stored(sent)
    assert (stored.state, stored.text) == ("interrupted", "what had come")


def test_the_reaper_leaves_its_own_and_the_living_alone(make_chat: Callable[..., Chat]) -> None:
    chat = make_chat(server_id="living")
    sent = chat.ask([threading.Event()])
    chat.provider.wait_begun()
    before = chat.clock.now() - timedelta(seconds=1)

    own = reap(chat.database, "living", silent_since=chat.clock.now())
    living = reap(chat.database, "other", silent_since=before)

    assert (own, living) == (0, 0)
    assert chat.stored(sent).state == "running"


def test_the_reaper_stops_at_a_gap_in_the_journal(chat: Chat) -> None:
    sent = chat.ask([threading.Event()])
    chat.provider.wait_begun()
    name = generation(sent)
    with chat.database.writing() as connection:
        connection.execute(
            update(generation_rows).where(generation_rows.c.id == name).values(server_id="gone")
        )
        connection.execute(
            journal_chunks.insert(),
            [
                {"generation_id": name, "position": 0, "text": "ab"},
                {"generation_id": name, "position": 2, "text": "cd"},
                {"generation_id": name, "position": 5, "text": "fg"},
            ],
        )

    reap(chat.database, "other", silent_since=chat.clock.now())

    assert chat.stored(sent).text == "abcd"


def test_a_running_answer_gives_signs_of_life(chat: Chat) -> None:
    gate = threading.Event()
    sent = chat.ask(["text", gate])
    chat.text_came(sent, "text")
    begun = chat.clock.now()
    journaled = Journaled(chat.database)

    chat.clock.advance(30)
    journaled.text(generation(sent), 4)
    gate.set()
    chat.ending(sent)

    with chat.database.reading() as connection:
        heartbeat = connection.execute(select(generation_rows.c.heartbeat_at)).scalar_one()
    assert heartbeat >= begun
