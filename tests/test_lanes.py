"""Lanes: who runs, who waits, and who begins when somebody leaves."""

from __future__ import annotations

from webapp.lanes import Lane, Lanes, Place

_ONE, _TWO = Lane("one", 1), Lane("two", 2)
_RED, _BLUE = (Lane("machine", 2, kind=kind, shared=True) for kind in ("red", "blue"))


def test_so_many_run_at_once_and_the_others_wait_in_their_order() -> None:
    lanes: Lanes[str] = Lanes()

    begun = [lanes.enter(run, _TWO) for run in "abcd"]

    assert begun == [True, True, False, False]
    assert [lanes.place(run, _TWO).ahead for run in "abcd"] == [0, 0, 2, 3]
    assert lanes.leave("b", _TWO) == (["c"], ["d"])
    assert lanes.leave("d", _TWO) == ([], [])
    assert lanes.place("d", _TWO) == Place(0, shared=False)


def test_lanes_know_nothing_of_each_other() -> None:
    lanes: Lanes[str] = Lanes()

    begun = [lanes.enter("a", _ONE), lanes.enter("b", _TWO), lanes.enter("c", _ONE)]

    assert begun == [True, True, False]


def test_those_of_another_kind_wait_until_nothing_runs() -> None:
    lanes: Lanes[str] = Lanes()

    begun = [lanes.enter("a", _RED), lanes.enter("b", _BLUE)]

    assert begun == [True, False]
    assert lanes.place("b", _BLUE) == Place(1, shared=True)
    assert lanes.leave("a", _RED) == (["b"], [])


def test_nobody_overtakes_who_waits_for_another_kind() -> None:
    lanes: Lanes[str] = Lanes()
    lanes.enter("a", _RED)
    lanes.enter("b", _BLUE)

    begun = [lanes.enter("c", _RED), lanes.enter("d", _RED)]

    assert begun == [False, False]
    assert lanes.leave("a", _RED) == (["b"], ["c", "d"])
    assert lanes.leave("b", _BLUE) == (["c", "d"], [])


def test_who_gives_up_waiting_lets_those_behind_begin() -> None:
    lanes: Lanes[str] = Lanes()
    lanes.enter("a", _RED)
    lanes.enter("b", _BLUE)
    lanes.enter("c", _RED)

    assert lanes.leave("b", _BLUE) == (["c"], [])


def test_the_latest_word_on_how_many_holds() -> None:
    lanes: Lanes[str] = Lanes()
    for run in "abc":
        lanes.enter(run, _ONE)

    lanes.enter("d", Lane("one", 3))

    assert lanes.leave("a", _ONE) == (["b", "c", "d"], [])


def test_a_lane_that_is_left_twice_or_was_never_entered_is_as_before() -> None:
    lanes: Lanes[str] = Lanes()
    lanes.enter("a", _ONE)

    assert lanes.leave("x", _ONE) == ([], [])
    lanes.leave("a", _ONE)
    assert lanes.leave("a", _ONE) == ((), ())
    assert lanes.enter("b", _ONE)
