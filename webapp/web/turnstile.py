"""The turnstile: pages are opened one after the other, so that answers go on beside them.

Opening a page and showing it a conversation takes 10 to 20 ms of the processor. Where five
hundred come in one instant, as many threads would want it at once, and with it the lock of
the interpreter; whoever writes the patches of answers would have a five-hundredth of it.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

LONGEST = 2.0
"""Seconds after which a turn goes to the next one: whatever holds one up holds up no other."""


class Turnstile:
    """One turn at a time, in the order of coming. A thread that has it may enter again."""

    def __init__(
        self, *, longest: float = LONGEST, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._longest = longest
        self._now = now
        self._lock = threading.Lock()  # guards the three below
        self._inside: threading.Event | None = None
        self._since = 0.0
        self._waiting: deque[threading.Event] = deque()
        self._own = threading.local()  # the thread's turn, if it has one

    @property
    def waiting(self) -> int:
        """How many wait for their turn."""
        return len(self._waiting)

    @property
    def free(self) -> bool:
        """Whether nobody is inside."""
        return self._inside is None

    def enter(self) -> None:
        """Wait for one's turn; it lasts until `leave`, or until it has lasted too long."""
        if getattr(self._own, "turn", None) is not None:
            return
        self._own.turn = turn = threading.Event()
        with self._lock:
            if self._inside is None:
                self._begin(turn)
            else:
                self._waiting.append(turn)
        while not turn.wait(self._longest):
            self._push(turn)

    def leave(self) -> None:
        """Let the next one in. Who is not inside changes nothing."""
        turn, self._own.turn = getattr(self._own, "turn", None), None
        with self._lock:
            if turn is not None and turn is self._inside:
                self._inside = None
                if self._waiting:
                    self._begin(self._waiting.popleft())

    @contextmanager
    def turn(self) -> Iterator[None]:
        self.enter()
        try:
            yield
        finally:
            self.leave()

    def _push(self, turn: threading.Event) -> None:
        """Take the place of one who stays too long, if it is one's turn then."""
        with self._lock:
            late = self._now() - self._since >= self._longest
            if late and self._waiting and self._waiting[0] is turn:
                self._begin(self._waiting.popleft())

    def _begin(self, turn: threading.Event) -> None:
        """The lock is held."""
        self._inside, self._since = turn, self._now()
        turn.set()
