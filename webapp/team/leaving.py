"""Leaving: a member's account is closed at once, and deleted by a thread that takes its time."""

from __future__ import annotations

from webapp.clock import Clock
from webapp.errors import LastOwner
from webapp.rounds import Rounds
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


class Departures(Rounds):
    """Deletes who leaves, also those whose deletion a restart cut off."""

    def __init__(self, database: Database, clock: Clock, audit: Audit) -> None:
        super().__init__("departures", after_failure=_LATER)
        self._database = database
        self._clock = clock
        self._audit = audit

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
        self.look()

    def delete_some(self) -> Left:
        """Delete a portion of what is left of somebody who leaves."""
        with self._database.writing() as connection:
            user_id = leaving.next_one(connection)
            if user_id is None:
                return "nothing"
            left = leaving.delete_some(connection, user_id, at_most=_PORTION)
            return "more" if left == "nothing" else left  # there may be somebody else

    def _go_round(self) -> float | None:
        waits = {"more": _PAUSE, "answering": _LATER}
        return waits.get(self.delete_some())  # or until somebody leaves
