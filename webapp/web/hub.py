"""The hub: which open pages there are, and what each of them shows."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from webapp.web.connection import Connection


class Hub:
    """All connections of the process. A connection shows one conversation, or a new chat."""

    def __init__(self, *, limit: int, limit_per_user: int) -> None:
        self._limit = limit
        self._limit_per_user = limit_per_user
        self._lock = threading.Lock()
        self._showing: dict[Connection, str | None] = {}
        self._closing = False

    @property
    def closing(self) -> bool:
        return self._closing

    def add(self, connection: Connection) -> bool:
        """Take a connection in, unless all is closing, or the server or its user has too many."""
        with self._lock:
            of_user = sum(other.user_id == connection.user_id for other in self._showing)
            if (
                self._closing
                or len(self._showing) >= self._limit
                or of_user >= self._limit_per_user
            ):
                return False
            self._showing[connection] = None
            return True

    def remove(self, connection: Connection) -> None:
        with self._lock:
            self._showing.pop(connection, None)

    def show(self, connection: Connection, conversation_id: str) -> None:
        with self._lock:
            if connection in self._showing:
                self._showing[connection] = conversation_id

    def shown_by(self, connection: Connection) -> str | None:
        with self._lock:
            return self._showing.get(connection)

    def showing(self, conversation_id: str, user_id: str) -> Sequence[Connection]:
        """List the user's pages that show a conversation.

        Whose it is must be said: a page may claim to show what is not its user's.
        """
        with self._lock:
            return [
                one
                for one, shown in self._showing.items()
                if shown == conversation_id and one.user_id == user_id
            ]

    def of_user(self, user_id: str) -> Sequence[Connection]:
        with self._lock:
            return [one for one in self._showing if one.user_id == user_id]

    def close(self, code: int, reason: str) -> None:
        """Say goodbye to all, and take nobody in any more."""
        with self._lock:
            self._closing = True
            everyone = list(self._showing)
        for connection in everyone:
            connection.close(code, reason)
