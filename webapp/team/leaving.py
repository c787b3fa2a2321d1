"""Leaving: a member's account is closed at once, and deleted by a thread that takes its time."""

from __future__ import annotations

import logging
import threading

from webapp.clock import Clock
from webapp.errors import LastOwner
from webapp.store import leaving, members
from webapp.store.database import Database
from webapp.store.leaving import Left
from webapp.store.users import User
from webapp.team.audit import Audit

_PORTION = 100
"""Messages that are deleted in one transaction, as the trash does."""

_PAUSE = 0.01
"""Seconds between two portions: running answers and everybody else write in them."""

_LATER = 2.0

_logger = logging.getLogger(__name__)


class Departures:
    """Deletes who leaves, also those whose deletion a restart cut off."""

    def __init__(self, database: Database, clock: Clock, audit: Audit) -> None:
        self._database = database
        self._clock = clock
        self._audit = audit
        self._wake = threading.Event()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="departures", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def close(self, timeout: float) -> None:
        self._closing.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(timeout)

    def begin(self, user: User, *, address: str) -> None:
        """Close an account for good. Raises `LastOwner` where that would leave no owner."""
        now = self._clock.now()
        with self._database.writing() as connection:
            if not members.disable(connection, user.id, now=now):
                raise LastOwner
            leaving.begin(connection, user.id, now=now)
            self._audit.record(
                connection, "account.deleted", user.name, actor=user, address=address
            )
        self._wake.set()

    def delete_some(self) -> Left:
        """Delete a portion of what is left of somebody who leaves."""
        with self._database.writing() as connection:
            user_id = leaving.next_one(connection)
            if user_id is None:
                return "nothing"
            left = leaving.delete_some(connection, user_id, at_most=_PORTION)
            return "more" if left == "nothing" else left  # there may be somebody else

    def _run(self) -> None:
        while not self._closing.is_set():
            try:
                left = self.delete_some()
            except Exception:
                # Whatever it was: what somebody wanted to be deleted must not stay for it.
                _logger.exception("an account could not be deleted further")
                left = "answering"
            if left == "nothing":
                self._wake.wait()
                self._wake.clear()
            else:
                self._closing.wait(_PAUSE if left == "more" else _LATER)
