"""Turns for exports of everything, and how long a reader may hold one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.clock import FakeClock
from webapp.chat.export import Exports, to_reader
from webapp.errors import ExportsBusy, ExportUnderway
from webapp.store.database import Database

PIECE = b"x" * 32_768


@pytest.fixture
def exports(tmp_path: Path) -> Exports:
    return Exports(Database(tmp_path / "chat.db"))


def test_a_person_exports_everything_once_at_a_time(exports: Exports) -> None:
    end = exports.take_turn("ann")

    with pytest.raises(ExportUnderway):
        exports.take_turn("ann")
    exports.take_turn("bob")()
    end()

    exports.take_turn("ann")


def test_all_people_together_have_a_few_turns(exports: Exports) -> None:
    end = exports.take_turn("ann")
    exports.take_turn("bob")

    with pytest.raises(ExportsBusy):
        exports.take_turn("eve")
    end()

    exports.take_turn("eve")


def test_a_turn_that_is_ended_twice_ends_no_later_one(exports: Exports) -> None:
    end = exports.take_turn("ann")
    end()
    exports.take_turn("ann")

    end()

    with pytest.raises(ExportUnderway):
        exports.take_turn("ann")


def taken(seconds: float, count: int) -> int:
    """How many of so many pieces a reader gets who takes so long for each."""
    clock, got = FakeClock(), 0
    try:
        for _ in to_reader(iter([PIECE] * count), clock=clock):
            got += 1
            clock.advance(seconds)
    except ConnectionError:
        assert got < count
    return got


def test_a_reader_of_64_kb_a_minute_is_cut_off_soon() -> None:
    assert taken(30, 1000) < 10


def test_a_reader_on_a_slow_line_gets_everything() -> None:
    assert taken(1, 1000) == 1000


def test_a_reader_may_stop_for_a_moment() -> None:
    assert taken(50, 1) == 1


def test_no_reader_takes_longer_than_an_hour() -> None:
    assert taken(1, 10_000) == 3_601


def test_what_the_server_takes_to_write_is_not_the_readers_fault() -> None:
    clock = FakeClock()

    def written():
        for _ in range(10):
            clock.advance(100)
            yield PIECE

    assert list(to_reader(written(), clock=clock)) == [PIECE] * 10
