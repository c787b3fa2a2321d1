"""Readers of answers: a thread each, behind one interpreter lock. Where they are many, they rest.

A few read as it comes. Of many each rests between two reads, and then takes all that has come
meanwhile at once: load costs delay and never text. All threads are on one core then.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from webapp import cores

MANY = 30
FEW = 15
"""From how many on all threads run on one core, and until how many are left."""

_LONGEST = 0.5
_SHORTEST = 0.004
_RESTLESS = 250_000
"""Answers, times the reads of all of them in a second: 2,500 of 100, 1,250 of 200."""


class Readers:
    def __init__(self) -> None:
        self._lock = threading.Lock()  # guards the two below
        self._count = 0
        self._gathered = False

    @contextmanager
    def one_more(self) -> Iterator[None]:
        """Count the calling thread while it reads."""
        self._add(1)
        try:
            yield
        finally:
            self._add(-1)

    @property
    def rest(self) -> float:
        """How many seconds each should rest at this moment between two reads."""
        seconds = self._count * self._count / _RESTLESS
        return 0.0 if seconds < _SHORTEST else min(seconds, _LONGEST)

    def _add(self, more: int) -> None:
        with self._lock:
            self._count += more
            if not self._gathered and self._count >= MANY:
                self._gathered = True
                cores.gather()
            elif self._gathered and self._count <= FEW:
                self._gathered = False
                cores.scatter()
