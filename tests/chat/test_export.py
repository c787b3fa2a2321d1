"""Turns for exports of everything, and how long a reader may hold one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.clock import FakeClock
from webapp.chat.export import Exports
from webapp.errors import ExportsBusy, ExportUnderway
from webapp.store.database import Database

PIECE = b"x" * 32_768


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def exports(tmp_path: Path, clock: FakeClock) -> Exports:
    return Exports(Database(tmp_path / "chat.db"), clock)


def test_a_person_exports_everything_once_at_a_time(exports: Exports) -> None:
    turn = exports.take_turn("ann")

    with pytest.raises(ExportUnderway):
        exports.take_turn("ann")
    exports.take_turn("bob").end()
    turn.end()

    exports.take_turn("ann")


def test_all_people_together_have_a_few_turns(exports: Exports) -> None:
    turn = exports.take_turn("ann")
    exports.take_turn("bob")

    with pytest.raises(ExportsBusy):
        exports.take_turn("eve")
    turn.end()

    exports.take_turn("eve")


def test_a_turn_that_is_ended_twice_ends_no_later_one(exports: Exports) -> None:
    turn = exports.take_turn("ann")
    turn.end()
    exports.take_turn("ann")

    turn.end()

    with pytest.raises(ExportUnderway):
        exports.take_turn("ann")


def test_a_reader_who_takes_nothing_loses_the_turn_to_whoever_waits(
    exports: Exports, clock: FakeClock
) -> None:
    stuck, moving = exports.take_turn("ann"), exports.take_turn("bob")
    unread, read = stuck.to_reader([PIECE] * 9), moving.to_reader([PIECE] * 9)
    next(unread)
    for _ in range(2):
        next(read)
        clock.advance(5)
    next(read)
    with pytest.raises(ExportsBusy):
        exports.take_turn("eve")

    clock.advance(1)
    exports.take_turn("eve")

    assert len(list(read)) == 6
    with pytest.raises(ConnectionError):
        next(unread)
    stuck.end()
    with pytest.raises(ExportUnderway):
        exports.take_turn("eve")


def test_who_was_stuck_may_begin_anew(exports: Exports, clock: FakeClock) -> None:
    next(exports.take_turn("ann").to_reader([PIECE] * 9))
    with pytest.raises(ExportUnderway):
        exports.take_turn("ann")
    clock.advance(11)

    exports.take_turn("ann")


def test_a_turn_is_not_lost_while_the_server_writes(exports: Exports, clock: FakeClock) -> None:
    for name in ("ann", "bob"):
        exports.take_turn(name)
    clock.advance(60)

    with pytest.raises(ExportsBusy):
        exports.take_turn("eve")


def taken(exports: Exports, clock: FakeClock, seconds: float, count: int) -> int:
    """How many of so many pieces a reader gets who takes so long for each."""
    got = 0
    try:
        for _ in exports.take_turn("ann").to_reader([PIECE] * count):
            got += 1
            clock.advance(seconds)
    except ConnectionError:
        assert got < count
    return got


def test_a_reader_of_64_kb_a_minute_is_cut_off_soon(exports: Exports, clock: FakeClock) -> None:
    assert taken(exports, clock, 30, 1000) < 10


def test_a_reader_on_a_slow_line_gets_everything(exports: Exports, clock: FakeClock) -> None:
    assert taken(exports, clock, 1, 1000) == 1000


def test_a_reader_may_stop_for_a_moment(exports: Exports, clock: FakeClock) -> None:
    assert taken(exports, clock, 50, 1) == 1


def test_no_reader_takes_longer_than_an_hour(exports: Exports, clock: FakeClock) -> None:
    assert taken(exports, clock, 1, 10_000) == 3_601


def test_what_the_server_takes_to_write_is_not_the_readers_fault(
    exports: Exports, clock: FakeClock
) -> None:
    def written():
        for _ in range(10):
            clock.advance(100)
            yield PIECE

    assert list(exports.take_turn("ann").to_reader(written())) == [PIECE] * 10
