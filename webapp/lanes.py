"""Lanes: so many run at once in each, and the others wait, first come first."""

from __future__ import annotations

import threading
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

_Run = TypeVar("_Run", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Lane:
    """What is waited for: `name` tells lanes apart, `at_once` may run together, one at least.

    Only those of one `kind` run beside each other, and nobody overtakes who waits for
    another. `shared` says that everybody's runs go through this lane.
    """

    name: str
    at_once: int
    kind: str = ""
    shared: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """How many come `ahead` of one that waits, none where it runs: of everybody's if `shared`."""

    ahead: int
    shared: bool


@dataclass(slots=True)
class _Traffic(Generic[_Run]):
    """The runs of a lane with the kind of each, in the order in which they came."""

    at_once: int
    running: dict[_Run, str] = field(default_factory=dict)
    waiting: dict[_Run, str] = field(default_factory=dict)

    def has_room(self, kind: str) -> bool:
        return len(self.running) < self.at_once and set(self.running.values()) <= {kind}

    def go_on(self) -> list[_Run]:
        """Let those begin that there is room for."""
        begin = []
        for run, kind in self.waiting.items():
            if not self.has_room(kind):
                break
            self.running[run] = kind
            begin.append(run)
        for run in begin:
            del self.waiting[run]
        return begin


class Lanes(Generic[_Run]):
    """Keeps who runs and who waits. Begins nothing itself; any thread may call."""

    def __init__(self) -> None:
        self._lock = threading.Lock()  # guards all below
        self._lanes: dict[str, _Traffic[_Run]] = {}

    def enter(self, run: _Run, lane: Lane) -> bool:
        """Take a run in; whether it begins now. The latest word on how many holds for all."""
        with self._lock:
            traffic = self._lanes.setdefault(lane.name, _Traffic(lane.at_once))
            traffic.at_once = lane.at_once
            if traffic.waiting or not traffic.has_room(lane.kind):
                traffic.waiting[run] = lane.kind
                return False
            traffic.running[run] = lane.kind
            return True

    def leave(self, run: _Run, lane: Lane) -> tuple[Sequence[_Run], Sequence[_Run]]:
        """Let a run go, whether it ran or waited: who begins now, and who still waits."""
        with self._lock:
            traffic = self._lanes.get(lane.name)
            if traffic is None:
                return (), ()
            traffic.running.pop(run, None)
            traffic.waiting.pop(run, None)
            begin = traffic.go_on()
            if not traffic.running:
                del self._lanes[lane.name]
            return begin, list(traffic.waiting)

    def place(self, run: _Run, lane: Lane) -> Place:
        """Count those that came before a run that waits; none if it does not."""
        with self._lock:
            traffic = self._lanes.get(lane.name)
            if traffic is None or run not in traffic.waiting:
                return Place(0, lane.shared)
            before = list(traffic.waiting).index(run)
            return Place(len(traffic.running) + before, lane.shared)
