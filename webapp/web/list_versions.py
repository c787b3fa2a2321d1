"""Which version of a person's lists a page shows: whether it missed anything while it was away.

A page bears the version of its lists. Each change, of an entry or a folder, makes a new one
before the open pages are told of it, so that a page either is told or finds another version
when its socket opens. After a start of the server all versions are others.
"""

from __future__ import annotations

import secrets
import threading


class ListVersions:
    """Counts the changes of each user's lists. Callable from any thread."""

    def __init__(self) -> None:
        self._start = secrets.token_hex(4)
        self._lock = threading.Lock()
        self._changes: dict[str, int] = {}

    def of(self, user_id: str) -> str:
        """Tell the version. Whoever draws the lists asks before they are read."""
        with self._lock:
            return f"{self._start}-{self._changes.get(user_id, 0)}"

    def change(self, user_id: str) -> None:
        with self._lock:
            self._changes[user_id] = self._changes.get(user_id, 0) + 1
