"""Turns for exports of everything, and how long a reader may hold one."""

from __future__ import annotations

import pytest

from tests.support.clock import FakeClock
from webapp.chat.export_turns import Turns
from webapp.errors import ExportsBusy, ExportUnderway

PIECE = b"x" * 32_768


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def turns(clock: FakeClock) -> Turns:
    return Turns(clock)


def test_a_person_exports_everything_once_at_a_time(turns: Turns) -> None:
    turn = turns.take("ann")

    with pytest.raises(ExportUnderway):
        turns.take("ann")
    turns.take("bob").end()
    turn.end()

    turns.take("ann")


def test_all_people_together_have_a_few_turns(turns: Turns) -> None:
    turn = turns.take("ann")
    turns.take("bob")

    with pytest.raises(ExportsBusy):
        turns.take("eve")
    turn.end()

    turns.take("eve")


def test_a_turn_that_is_ended_twice_ends_no_later_one(turns: Turns) -> None:
    turn = turns.take("ann")
    turn.end()
    turns.take("ann")

    turn.end()

    with pytest.raises(ExportUnderway):
        turns.take("ann")


def test_a_reader_who_takes_nothing_loses_the_turn_to_whoever_waits(
    turns: Turns, clock: FakeClock
) -> None:
    stuck, moving = turns.take("ann"), turns.take("bob")
    unread, read = stuck.to_reader([PIECE] * 9), moving.to_reader([PIECE] * 9)
    next(unread)
    for _ in range(2):
        next(read)
        clock.advance(5)
    next(read)
    with pytest.raises(ExportsBusy):
        turns.take("eve")

    clock.advance(1)
    turns.take("eve")

    assert len(list(read)) == 6
    with pytest.raises(ConnectionError):
        next(unread)
    stuck.end()
    with pytest.raises(ExportUnderway):
        turns.take("eve")


def test_who_was_stuck_may_begin_anew(turns: Turns, clock: FakeClock) -> None:
    next(turns.take("ann").to_reader([PIECE] * 9))
    with pytest.raises(ExportUnderway):
        turns.take("ann")
    clock.advance(11)

    turns.take("ann")


def test_a_turn_is_not_lost_while_the_server_writes(turns: Turns, clock: FakeClock) -> None:
    for name in ("ann", "bob"):
        turns.take(name)
    clock.advance(60)

    with pytest.raises(ExportsBusy):
        turns.take("eve")


def taken(turns: Turns, clock: FakeClock, seconds: float, count: int) -> int:
    """How many of so many pieces a reader gets who takes so long for each."""
    got = 0
    try:
        for _ in turns.take("ann").to_reader([PIECE] * count):
            got += 1
            clock.advance(seconds)
    except ConnectionError:
        assert got < count
    return got


def test_a_reader_of_64_kb_a_minute_is_cut_off_soon(turns: Turns, clock: FakeClock) -> None:
    assert taken(turns, clock, 30, 1000) < 10


def test_a_reader_on_a_slow_line_gets_everything(turns: Turns, clock: FakeClock) -> None:
    assert taken(turns, clock, 1, 1000) == 1000


def test_a_reader_may_stop_for_a_moment(turns: Turns, clock: FakeClock) -> None:
    assert taken(turns, clock, 50, 1) == 1


def test_no_reader_takes_longer_than_an_hour(turns: Turns, clock: FakeClock) -> None:
    assert taken(turns, clock, 1, 10_000) == 3_601


def test_what_the_server_takes_to_write_is_not_the_readers_fault(
    turns: Turns, clock: FakeClock
) -> None:
    def written():
        for _ in range(10):
            clock.advance(100)
            yield PIECE

    assert list(turns.take("ann").to_reader(written())) == [PIECE] * 10
