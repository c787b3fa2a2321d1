"""A rehearsal keeps nothing, and leaves nothing for the first question to wait for."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.engine.interfaces import CacheStats

from tests.chat.conftest import Chat
from webapp.chat.rehearsal import rehearse


def _contents(chat: Chat) -> list[str]:
    with closing(sqlite3.connect(chat.database.file)) as connection:
        return list(connection.iterdump())


@contextmanager
def _made_ready() -> Iterator[list[str]]:
    """Note the statements that are put into words meanwhile, and not only executed."""
    fresh: list[str] = []

    def note(_connection: object, _cursor: object, words: str, *more: Any) -> None:
        if more[1].cache_hit is CacheStats.CACHE_MISS:
            fresh.append(words)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield fresh
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def test_a_rehearsal_keeps_nothing(chat: Chat) -> None:
    before = _contents(chat)

    said = rehearse(chat.database, now=chat.clock.now())

    assert [one.role for one in said.new] == ["user", "assistant"]
    assert _contents(chat) == before


def test_the_first_question_finds_its_statements_ready(chat: Chat) -> None:
    rehearse(chat.database, now=chat.clock.now())

    with _made_ready() as fresh:
        asked = chat.ask(["An answer"])
        chat.ending(asked)
        chat.service.message(chat.user, asked.answer.id)
        chat.service.conversation(chat.user, asked.conversation.id)

    assert fresh == []


def test_without_one_it_waits_for_them(chat: Chat) -> None:
    with _made_ready() as fresh:
        chat.ending(chat.ask(["An answer"]))

    assert len(fresh) > 10
