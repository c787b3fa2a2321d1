"""Turns: who may use the one process of the model on this machine."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from webapp.lanes import Lane, Lanes
from webapp.providers.base import Cancellation


class Turns:
    """Lets `at_once` answers of one model run; the others wait, first come first."""

    def __init__(self, at_once: int) -> None:
        self._at_once = at_once
        self._lanes: Lanes[threading.Event] = Lanes()

    @contextmanager
    def turn(self, model_id: str, cancellation: Cancellation) -> Iterator[None]:
        """Wait for a turn and hold it. A cancellation ends the wait: look at it then."""
        lane = Lane("process", self._at_once, kind=model_id)
        ours = threading.Event()
        cancellation.attach(ours.set)
        try:
            if not self._lanes.enter(ours, lane):
                ours.wait()
            yield
        finally:
            begin, _ = self._lanes.leave(ours, lane)
            for one in begin:
                one.set()
