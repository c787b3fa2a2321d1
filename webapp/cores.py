"""Cores: where the threads of this process run.

They share one interpreter lock. On several cores each hand-over of it wakes another core, which
is a third of what many streams cost; on one core it does not.
"""

from __future__ import annotations

import os
import random
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PATIENCE = 0.05
"""Seconds that a thread waits for the lock before it asks for it, where all are on one core.

Every one that waits wakes so often to ask: of a thousand, Python's own 5 ms make 200,000 times
a second, and nothing else gets done.
"""

_TASKS = Path("/proc/self/task")
_ALL: set[int] = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set()
"""The cores that we were given. Empty where threads cannot be told where to run."""

_USUAL = sys.getswitchinterval()

_where = _ALL


def gather() -> None:
    """Have all threads run on one core; new ones follow those that start them.

    Which core is drawn: another process of ours would else be on the same one.
    """
    sys.setswitchinterval(PATIENCE)
    if _ALL:
        _move({random.choice(sorted(_ALL))})  # noqa: S311 - it is no secret


def scatter() -> None:
    """Let all threads run wherever they like."""
    sys.setswitchinterval(_USUAL)
    if _ALL:
        _move(_ALL)


@contextmanager
def anywhere() -> Iterator[None]:
    """Let the calling thread run on all cores for as long, and what it starts for ever."""
    me = threading.get_native_id()
    _place(me, _ALL)
    try:
        yield
    finally:
        _place(me, _where)


def _move(where: set[int]) -> None:
    """Move each thread, and those that come meanwhile."""
    global _where  # noqa: PLW0603 - it is the process's own
    _where = where
    moved: set[str] = set()
    while there := {task.name for task in _TASKS.iterdir()} - moved:
        for name in there:
            _place(int(name), where)
        moved |= there


def _place(thread: int, where: set[int]) -> None:
    if where:
        with suppress(OSError):  # it is gone, or must stay where it is
            os.sched_setaffinity(thread, where)
