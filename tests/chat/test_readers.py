"""Few read as it comes; many rest, so that all together do not wake too often."""

from __future__ import annotations

import threading
from contextlib import ExitStack

import pytest

from tests.chat.conftest import Chat, generation
from webapp import cores
from webapp.chat.readers import FEW, MANY, Readers


def test_the_more_there_are_the_longer_each_rests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cores, "gather", lambda: None)
    monkeypatch.setattr(cores, "scatter", lambda: None)
    readers, rests = Readers(), []

    with ExitStack() as reading:
        for _ in range(2_000):
            reading.enter_context(readers.one_more())
            rests.append(readers.rest)

    assert rests == sorted(rests)
    assert set(rests[:20]) == {0.0}, "a few read as it comes"
    assert rests[99] <= 0.05, "a hundred are shown in steps that nobody sees"
    assert rests[-1] <= 0.5
    wakes = [count / rest for count, rest in enumerate(rests, start=1) if rest]
    assert max(wakes) < 10_000
    assert readers.rest == 0.0


def test_many_are_on_one_core_until_few_are_left(monkeypatch: pytest.MonkeyPatch) -> None:
    moves: list[str] = []
    monkeypatch.setattr(cores, "gather", lambda: moves.append("gather"))
    monkeypatch.setattr(cores, "scatter", lambda: moves.append("scatter"))
    readers = Readers()

    with ExitStack() as most:
        for _ in range(FEW):
            most.enter_context(readers.one_more())
        for _ in range(2):
            with ExitStack() as others:
                for _ in range(MANY - FEW - 1):
                    others.enter_context(readers.one_more())
                assert moves == [], "not yet many"
        for _ in range(3):
            with ExitStack() as others:
                for _ in range(MANY - FEW):
                    others.enter_context(readers.one_more())
                assert moves.pop() == "gather"
                with readers.one_more():
                    assert moves == [], "they are gathered"
            assert moves.pop() == "scatter"
    assert moves == []


def test_an_answer_is_read_by_one_more_until_it_ends(
    chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts: list[int] = []

    class Counted(Readers):
        @property
        def rest(self) -> float:
            counts.append(self._count)
            return 0.0

    monkeypatch.setattr(chat.runner, "_readers", Counted())
    first = chat.ask(["one", threading.Event()])
    chat.text_came(first, "one")
    chat.ending(chat.ask(["two"]))
    chat.runner.stop(generation(first))
    chat.ending(first)
    chat.provider.wait_left()
    chat.ending(chat.ask(["three"]))

    assert counts == [1, 2, 1]
