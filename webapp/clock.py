"""Time, as a value that is passed in."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    def now(self) -> datetime:
        """Tell the wall time, in UTC: for what people read and the database keeps."""
        ...

    def monotonic(self) -> float:
        """Tell seconds that never jump: for every deadline."""
        ...


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()
