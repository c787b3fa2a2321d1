"""The store in trouble: the stream goes on, and nothing is called saved that is not."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Connection, event

from tests.chat.conftest import Chat, make_chat  # noqa: F401 - a fixture
from tests.faults.scene import locked
from tests.support.clock import FakeClock
from tests.support.providers import Step
from tests.support.server import Browser, Server
from tests.upstream import Upstream
from tests.upstream.texts import numbered
from webapp.chat.journal import Journal
from webapp.log.base import Ending, Reading
from webapp.log.memory import MemoryLog
from webapp.store.database import Database
from webapp.store.schema import migrate

StartServer = Callable[..., Server]

WORDS = numbered(40).strip()


@contextmanager
def failing(database: Database, numbers: set[int]) -> Iterator[list[bool]]:
    """Let the transactions of these numbers, counted from now, fail in their first statement.

    Gives a list that has for each that was begun whether it failed.
    """
    begun: list[bool] = []

    def begin(connection: Connection) -> None:
        begun.append(broken := len(begun) + 1 in numbers)
        driver = connection.connection.driver_connection
        assert isinstance(driver, sqlite3.Connection)
        driver.set_progress_handler((lambda: 1) if broken else None, 1)

    def rollback(connection: Connection) -> None:
        driver = connection.connection.driver_connection
        assert isinstance(driver, sqlite3.Connection)
        driver.set_progress_handler(None, 1)

    writer = database._writer  # noqa: SLF001 - no other way in
    event.listen(writer, "begin", begin)
    event.listen(writer, "rollback", rollback)
    try:
        yield begun
    finally:
        event.remove(writer, "begin", begin)
        event.remove(writer, "rollback", rollback)


@pytest.mark.parametrize("numbers", [{1}, {2}, {3}, {4}, {1, 2}, {2, 3, 4}, {1, 3, 5}], ids=str)
def test_whichever_write_fails_the_answer_is_stored_whole(
    make_chat: Callable[..., Chat],  # noqa: F811 - the fixture
    numbers: set[int],
) -> None:
    chat = make_chat()
    gates = [threading.Event() for _ in range(3)]
    pieces = ["one \U0001f600 ", "two 字 ", "three ", "four"]
    steps: list[Step] = [pieces[0], gates[0], pieces[1], gates[1], pieces[2], gates[2], pieces[3]]
    sent = chat.ask(steps)
    chat.text_came(sent, pieces[0])

    with failing(chat.database, numbers):
        for gate, piece in zip(gates, pieces[1:], strict=True):
            gate.set()
            chat.text_came(sent, piece)
        ending = chat.ending(sent)
        told = chat.stored(sent)

    assert ending.state == "complete"
    assert (told.state, told.text) == ("complete", "".join(pieces))


def test_an_end_that_cannot_be_stored_is_read_and_counted_once(tmp_path: Path) -> None:
    class Log(MemoryLog):
        """Tells how often a text was read as a whole, which is when its tokens are counted."""

        whole = 0

        def read(self, generation_id: str, offset: int) -> Reading | None:
            self.whole += offset == 0
            return super().read(generation_id, offset)

    database, log, saved = Database(tmp_path / "chat.db"), Log(), threading.Event()
    migrate(database)
    journal = Journal(database, log, FakeClock(), server_id="this-server")
    log.open("one")
    log.append("one", "a text of some length")
    journal.open("one")
    journal.end("one", "message", Ending("complete"))

    with failing(database, {1, 3, 4}) as begun:
        journal.start(lambda _name: saved.set())
        assert saved.wait(15)

    assert begun == [True, False, True, True, False]  # the second one is the sign of life
    assert log.whole == 1
    journal.close(5)
    database.close()


def test_a_full_disk_loses_nothing_of_what_comes_while_it_is_full(
    make_chat: Callable[..., Chat],  # noqa: F811 - the fixture
) -> None:
    chat, gate = make_chat(answer_limit=1_000_000), threading.Event()
    text = "x" * 200_000
    sent = chat.ask(["before ", gate, text])
    chat.text_came(sent, "before ")
    _limit_pages(chat.database, 1)  # no more than there are

    gate.set()
    chat.provider.wait_left()
    told_late = _wait_until_late(chat)
    meanwhile = chat.stored(sent)
    _limit_pages(chat.database, 1_000_000)

    assert told_late
    assert chat.ending(sent).state == "complete"
    assert meanwhile.state == "running"
    assert chat.stored(sent).text == "before " + text


def test_a_locked_database_stops_no_stream_and_the_page_says_that_it_is_not_saved(
    start_server: StartServer, liaobots: Upstream
) -> None:
    server = start_server()
    with Browser(server) as browser:
        browser.use("liaobots/gpt-4", "test-code-4321")
        page = browser.open()
        calls = len(liaobots.received)
        page.send("#slow:40,50")
        page.wait_for_text(WORDS[:8])

        with locked(server.data_dir):
            page.wait("saving", late=True)
            page.wait_for_text(WORDS)
            early = page.read(0.5)
            stored = browser.get(f"/c/{page.conversation}").text
        page.wait("ended", state="complete")
        if {"type": "saving", "late": False} not in page.frames[-3:]:
            page.wait("saving", late=False)

        assert early is None or early["type"] != "ended"
        assert 'data-state="running"' in stored
        assert page.text() == WORDS
        assert WORDS in browser.get(f"/c/{page.conversation}").text
        assert len(liaobots.received) == calls + 1


def test_what_cannot_be_stored_is_not_asked_and_can_be_sent_again(
    start_server: StartServer, liaobots: Upstream
) -> None:
    server = start_server()
    with Browser(server) as browser:
        browser.use("liaobots/gpt-4", "test-code-4321")
        page = browser.open()
        calls = len(liaobots.received)

        with locked(server.data_dir):
            client_id = page.send("#echo when it is well again")
            refused = page.wait("refused", client_id=client_id)
            asked = len(liaobots.received)
        page.send("#echo when it is well again", client_id=client_id)
        page.wait("ended", state="complete")

        assert refused["code"] == "cannot_save"
        assert asked == calls
        assert len(liaobots.received) == calls + 1
    assert "database is locked" in server.log
    assert "Traceback" not in server.log


def _wait_until_late(chat: Chat) -> bool:
    """Let time pass, and the journal try, until it is said that saving is late."""
    for _ in range(500):
        chat.clock.advance(1)
        chat.journal.look()
        if chat.runner.saving_late:
            return True
        threading.Event().wait(0.01)
    return False


def _limit_pages(database: Database, pages: int) -> None:
    with database._writer.connect() as connection:  # noqa: SLF001 - no other way in
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
