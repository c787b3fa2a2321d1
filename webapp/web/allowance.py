"""How much of the processor one person's sockets may cost."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from weakref import WeakValueDictionary

AT_ONCE = 3.0
"""Seconds of processor time that may be used at once, such as for many tabs that reconnect."""

SHARE = 0.25
"""Of one processor, in the long run."""


class Allowance:
    """Seconds of processor time: some at once, and a share of the time that passes."""

    def __init__(
        self,
        *,
        at_once: float = AT_ONCE,
        share: float = SHARE,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._most = self._left = at_once
        self._share = share
        self._now = now
        self._last = now()
        self._lock = threading.Lock()  # guards what is left

    def spend(self, seconds: float) -> float:
        """Take from what is left; tell how long to rest until there is some again."""
        with self._lock:
            now = self._now()
            self._left = min(self._most, self._left + (now - self._last) * self._share) - seconds
            self._last = now
            return max(0.0, -self._left / self._share)


class Meter:
    """Measures one thread, on that thread, and has it paid from an allowance."""

    def __init__(self, allowance: Allowance) -> None:
        self._allowance = allowance
        self._spent: float | None = None

    def rest(self) -> float:
        """Tell how long the thread should rest for what it did since the last call."""
        spent = time.thread_time()
        used = 0.0 if self._spent is None else spent - self._spent
        self._spent = spent
        return self._allowance.spend(used)


class Allowances:
    """One for each person, for as long as any of their sockets has it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._all: WeakValueDictionary[str, Allowance] = WeakValueDictionary()

    def of(self, user_id: str) -> Allowance:
        with self._lock:
            found = self._all.get(user_id)
            if found is None:
                found = self._all[user_id] = Allowance()
            return found
