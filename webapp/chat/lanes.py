"""Lanes: of one person's answers so many run at once, and the others wait, first come first."""

from __future__ import annotations

import threading
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

_Run = TypeVar("_Run", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Lane:
    """Whose lane it is, and how many of theirs run at once: one at least."""

    user_id: str
    at_once: int


@dataclass(slots=True)
class _Traffic(Generic[_Run]):
    at_once: int
    running: list[_Run] = field(default_factory=list)
    waiting: list[_Run] = field(default_factory=list)

    def go_on(self) -> list[_Run]:
        """Let those begin that there is room for."""
        room = max(self.at_once - len(self.running), 0)
        begin, self.waiting = self.waiting[:room], self.waiting[room:]
        self.running += begin
        return begin


class Lanes(Generic[_Run]):
    """Keeps who runs and who waits. Begins nothing itself; any thread may call."""

    def __init__(self) -> None:
        self._lock = threading.Lock()  # guards all below
        self._lanes: dict[str, _Traffic[_Run]] = {}

    def enter(self, run: _Run, lane: Lane) -> bool:
        """Take a run in; whether it begins now. The latest word on how many holds for all."""
        with self._lock:
            traffic = self._lanes.setdefault(lane.user_id, _Traffic(lane.at_once))
            traffic.at_once = lane.at_once
            if traffic.waiting or len(traffic.running) >= lane.at_once:
                traffic.waiting.append(run)
                return False
            traffic.running.append(run)
            return True

    def leave(self, run: _Run, lane: Lane) -> tuple[Sequence[_Run], Sequence[_Run]]:
        """Let a run go, whether it ran or waited: who begins now, and who still waits."""
        with self._lock:
            traffic = self._lanes.get(lane.user_id)
            if traffic is None:
                return (), ()
            for some in (traffic.running, traffic.waiting):
                if run in some:
                    some.remove(run)
            begin = traffic.go_on()
            if not traffic.running:
                del self._lanes[lane.user_id]
            return begin, list(traffic.waiting)

    def ahead(self, run: _Run, lane: Lane) -> int:
        """Count those that came before a run that waits; none if it does not."""
        with self._lock:
            traffic = self._lanes.get(lane.user_id)
            if traffic is None or run not in traffic.waiting:
                return 0
            return len(traffic.running) + traffic.waiting.index(run)
