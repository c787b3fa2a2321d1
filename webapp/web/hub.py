"""The hub: which open pages there are, and what each of them shows."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from weakref import WeakValueDictionary

from webapp.web.connection import Connection


@dataclass(frozen=True, slots=True)
class Showing:
    """What a page shows: a conversation that was read for it, and by what right.

    Only who has just read the conversation makes one: for its owner (`own`), or by a share
    that is open to the page's reader. All who announce something trust it.
    """

    conversation_id: str
    owner_id: str
    address: str
    """Where the conversation stands for this reader: a path without a query."""
    share_id: str | None = None
    """The share by which it is read, and nothing can be done with it. None for the owner."""

    @classmethod
    def own(cls, user_id: str, conversation_id: str) -> Showing:
        return cls(conversation_id, user_id, f"/c/{conversation_id}")

    @property
    def read_only(self) -> bool:
        return self.share_id is not None


PAGES_PER_ADDRESS = 20
"""How many pages the visitors from one address may have open at once."""


class Hub:
    """All connections of the process. A connection shows one conversation, or a new chat."""

    def __init__(self, *, limit: int, limit_per_user: int, limit_of_visitors: int = 0) -> None:
        self._limit = limit
        self._limit_per_user = limit_per_user
        self._limit_of_visitors = limit_of_visitors
        self._lock = threading.Lock()
        self._showing: dict[Connection, Showing | None] = {}
        self._telling: WeakValueDictionary[str, threading.Lock] = WeakValueDictionary()
        self._closing = False

    @property
    def closing(self) -> bool:
        return self._closing

    def add(self, connection: Connection) -> bool:
        """Take a connection in, unless all is closing, or the server or its user has too many.

        Visitors are counted apart from the team, and cannot take its places.
        """
        limit, limit_of_one = self._limit, self._limit_per_user
        if connection.visitor:
            limit, limit_of_one = self._limit_of_visitors, PAGES_PER_ADDRESS
        with self._lock:
            alike = [one for one in self._showing if one.visitor == connection.visitor]
            of_one = sum(one.user_id == connection.user_id for one in alike)
            if self._closing or len(alike) >= limit or of_one >= limit_of_one:
                return False
            self._showing[connection] = None
            return True

    def remove(self, connection: Connection) -> None:
        with self._lock:
            self._showing.pop(connection, None)

    def show(self, connection: Connection, showing: Showing | None) -> None:
        """Note what a page shows from now on; None for nothing, as in a new chat."""
        with self._lock:
            if connection in self._showing:
                self._showing[connection] = showing

    def shown_by(self, connection: Connection) -> Showing | None:
        with self._lock:
            return self._showing.get(connection)

    def showing(self, conversation_id: str) -> Sequence[tuple[Connection, Showing]]:
        """List the pages that show a conversation, its owner's and its readers'."""
        with self._lock:
            return [
                (one, shown)
                for one, shown in self._showing.items()
                if shown is not None and shown.conversation_id == conversation_id
            ]

    @contextmanager
    def telling(self, conversation_id: str) -> Iterator[None]:
        """Read a conversation and tell pages of it, while nobody else does so with this one.

        Who read it before sends before; so nothing older comes behind what is sent here.
        """
        with self._lock:
            turn = self._telling.get(conversation_id)
            if turn is None:
                turn = self._telling[conversation_id] = threading.Lock()
        with turn:
            yield

    def reads_only(self, connection: Connection) -> bool:
        """Whether forms are kept from a page. Who shows nothing any more gets none."""
        showing = self.shown_by(connection)
        return showing is None or showing.read_only

    def reading(self, share_id: str) -> Sequence[Connection]:
        """List the pages that show something by this share."""
        with self._lock:
            return [
                one
                for one, shown in self._showing.items()
                if shown is not None and shown.share_id == share_id
            ]

    def shares_read(self) -> set[str]:
        """List the shares by which some page is read at this moment."""
        with self._lock:
            shown = [one.share_id for one in self._showing.values() if one is not None]
        return {share_id for share_id in shown if share_id is not None}

    def of_session(self, session_hash: str) -> Sequence[Connection]:
        """List all pages of a browser session, also those that it reads by a share."""
        with self._lock:
            return [
                one for one in self._showing if one.session_hash == session_hash and not one.visitor
            ]

    def sessions(self) -> set[str]:
        """List the browser sessions that have some page open. Visitors have none."""
        with self._lock:
            return {one.session_hash for one in self._showing if not one.visitor}

    def of_user(self, user_id: str) -> Sequence[Connection]:
        """List a user's pages that have a list of conversations: not those read by a share."""
        with self._lock:
            return [
                one
                for one, shown in self._showing.items()
                if one.user_id == user_id
                and not one.visitor
                and (shown is None or not shown.read_only)
            ]

    def everyone(self) -> Sequence[Connection]:
        with self._lock:
            return list(self._showing)

    def close(self, code: int, reason: str) -> None:
        """Say goodbye to all, and take nobody in any more."""
        with self._lock:
            self._closing = True
            everyone = list(self._showing)
        for connection in everyone:
            connection.part(code, reason)
        # Only now: those who are woken ask for the processor, too.
        for connection in everyone:
            connection.wake()
