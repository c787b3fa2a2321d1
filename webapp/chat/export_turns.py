"""Turns for exports of everything: a few at once, each for as long as its reader reads."""

from __future__ import annotations

import errno
import threading
from collections.abc import Callable, Iterable, Iterator

from webapp.clock import Clock
from webapp.errors import ExportsBusy, ExportUnderway

_AT_ONCE = 2

_LONGEST = 3600
_PATIENCE = 60
_SLOWEST = 16 * 1024
"""How long all may be under way, in seconds; and how long its reader may be behind so many
bytes a second."""

_STUCK = 10
"""Seconds after which a reader who takes nothing loses a turn that somebody else waits for."""


class Turn:
    """Leave to write all of one's conversations, until it is ended or given to somebody else."""

    def __init__(self, end: Callable[[Turn], None], clock: Clock) -> None:
        self._end = end
        self._clock = clock
        self._given_at: float | None = None
        self.lost = False

    @property
    def stuck(self) -> bool:
        """Whether its reader has not taken what was given for so long that others come first."""
        given_at = self._given_at
        return given_at is not None and self._clock.monotonic() - given_at > _STUCK

    def end(self) -> None:
        """End it; again is harmless."""
        self._end(self)

    def to_reader(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        """Give pieces to a reader who takes them in time; another one is cut off.

        Whoever reads holds a turn that others wait for. The server's own time counts for the
        hour alone: a reader cannot help it. Raises `ConnectionResetError`, as if the reader
        had gone: what was sent has no end then, and no browser takes it for the whole.
        """
        began = self._clock.monotonic()
        waited, taken = 0.0, 0
        for piece in pieces:
            given = self._clock.monotonic()
            if self.lost or given - began > _LONGEST or waited > _PATIENCE + taken / _SLOWEST:
                raise ConnectionResetError(errno.ECONNRESET, "an export was taken too slowly")
            self._given_at = given
            yield piece
            self._given_at = None
            waited += self._clock.monotonic() - given
            taken += len(piece)


class Turns:
    """Gives people their turns, one each."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()  # of the turns: requests have threads of their own
        self._turns: dict[str, Turn] = {}

    def take(self, user_id: str) -> Turn:
        """Begin to write all of a user's conversations.

        Raises `ExportUnderway` where the user has a turn, so that nobody takes all of them,
        and `ExportsBusy` where as many are under way as leave time for answers. Those whose
        readers are stuck do not count, and have lost their turns.
        """
        with self._lock:
            if user_id in self._turns or len(self._turns) >= _AT_ONCE:
                self._take_from_the_stuck()
            if user_id in self._turns:
                raise ExportUnderway
            if len(self._turns) >= _AT_ONCE:
                raise ExportsBusy
            turn = self._turns[user_id] = Turn(self._end, self._clock)
        return turn

    def _take_from_the_stuck(self) -> None:
        for user_id, turn in list(self._turns.items()):
            if turn.stuck:
                turn.lost = True
                del self._turns[user_id]

    def _end(self, ended: Turn) -> None:
        with self._lock:
            for user_id, turn in list(self._turns.items()):
                if turn is ended:
                    del self._turns[user_id]
