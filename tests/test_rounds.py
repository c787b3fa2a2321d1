"""Rounds: gone at the start, when it is time, when told to, and after one that failed."""

from __future__ import annotations

import queue
from collections.abc import Callable, Iterator

import pytest

from webapp.rounds import Rounds

_SOON = 10


class _Walk(Rounds):
    """Says of each round that it began; what it comes to is decided by the test."""

    def __init__(self, ends: Callable[[int], float | None]) -> None:
        super().__init__("walk", after_failure=0.01)
        self.begun: queue.SimpleQueue[int] = queue.SimpleQueue()
        self._ends = ends
        self._count = 0

    def _go_round(self) -> float | None:
        self._count += 1
        self.begun.put(self._count)
        return self._ends(self._count)


@pytest.fixture
def walk() -> Iterator[Callable[[Callable[[int], float | None]], _Walk]]:
    made: list[_Walk] = []

    def start(ends: Callable[[int], float | None]) -> _Walk:
        made.append(_Walk(ends))
        made[-1].start()
        return made[-1]

    yield start
    for one in made:
        one.close(_SOON)
        assert one.closing


def test_a_round_is_gone_at_the_start_and_then_when_told_to(walk) -> None:
    walking = walk(lambda _count: None)

    assert walking.begun.get(timeout=_SOON) == 1
    with pytest.raises(queue.Empty):
        walking.begun.get(timeout=0.05)
    walking.look()
    assert walking.begun.get(timeout=_SOON) == 2


def test_the_next_round_comes_when_the_last_one_said(walk) -> None:
    walking = walk(lambda count: 0.01 if count < 3 else None)

    assert [walking.begun.get(timeout=_SOON) for _ in range(3)] == [1, 2, 3]
    with pytest.raises(queue.Empty):
        walking.begun.get(timeout=0.05)


def test_a_round_that_fails_is_followed_by_others(walk) -> None:
    def fail(count: int) -> float | None:
        if count == 1:
            raise ZeroDivisionError
        return None

    walking = walk(fail)

    assert [walking.begun.get(timeout=_SOON) for _ in range(2)] == [1, 2]


def test_one_that_was_never_started_can_be_closed() -> None:
    _Walk(lambda _count: None).close(_SOON)
