"""Retention: what nobody has gone on with for long goes to the trash, and from there for good.

What is old in the audit log goes as well.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from webapp.chat.library import Library
from webapp.clock import Clock
from webapp.rounds import Rounds
from webapp.store import retention
from webapp.store.database import Database
from webapp.team.audit import Audit

_EVERY = timedelta(days=1)
_PORTION = 100
"""Conversations that are put into the trash in one transaction."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """How many conversations would go to the trash at once, and of how many members."""

    conversations: int
    members: int


class Retention(Rounds):
    """Tidies at the start, once a day, and when the owner has chosen anew: on a thread."""

    def __init__(
        self,
        *,
        database: Database,
        clock: Clock,
        library: Library,
        days: Callable[[], int],
        on_retired: Callable[[str, Collection[str]], None],
        audit: Audit,
        audit_days: int,
    ) -> None:
        super().__init__("retention", after_failure=_EVERY.total_seconds())
        self._database = database
        self._clock = clock
        self._library = library
        self._days = days
        self._on_retired = on_retired
        self._audit = audit
        self._audit_days = audit_days

    def forecast(self, days: int) -> Forecast:
        """Tell what so many days would do at once; 0 does nothing."""
        if not days:
            return Forecast(0, 0)
        with self._database.reading() as connection:
            return Forecast(*retention.count(connection, before=self._before(days)))

    def tidy(self) -> None:
        """Put what is old into the trash, in portions, and empty trash and audit log of the same.

        How long conversations are kept is asked for before each portion: who thinks better
        of it stops what is left.
        """
        after = ""
        while days := 0 if self.closing else self._days():
            before = self._before(days)
            with self._database.reading() as connection:
                found = retention.find(connection, before=before, after=after, limit=_PORTION)
            if not found:
                break
            after = found[-1]
            with self._database.writing() as connection:
                retired = retention.retire(connection, found, before=before, now=self._clock.now())
            of_each = defaultdict(list)
            for user_id, conversation_id in retired:
                of_each[user_id].append(conversation_id)
            for user_id, ids in of_each.items():
                self._on_retired(user_id, ids)
        self._library.empty_trash()
        while not self.closing and self._audit.forget(self._audit_days):
            pass

    def _before(self, days: int) -> datetime:
        return self._clock.now() - timedelta(days=days)

    def _go_round(self) -> float:
        self.tidy()
        return _EVERY.total_seconds()
