"""The doorkeeper: one thread that closes pages when their share or their session ends."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from webapp.rounds import Rounds
from webapp.web.connection import GONE, SIGNED_OUT
from webapp.web.hub import Hub
from webapp.web.i18n import gettext

ROUND = 0.4
"""Seconds between two looks: what ends is closed to its pages within one."""

_Ask = Callable[[Iterable[str]], set[str]]


class Doorkeeper(Rounds):
    """Asks again and again which shares and sessions are still there, while pages are open.

    A share ends in many ways: it is revoked, runs out, its conversation goes to the trash
    or is deleted, alone or among many. Asking finds all of them; being told would miss
    the one that somebody forgets. A session is looked up for each command, too; but who
    only listens gives none.
    """

    def __init__(self, hub: Hub, still_open: _Ask, still_signed_in: _Ask) -> None:
        super().__init__("doorkeeper", after_failure=ROUND)
        self._hub = hub
        self._still_open = still_open
        self._still_signed_in = still_signed_in
        self._at_rest = True

    @property
    def looking(self) -> bool:
        """Whether it goes round by itself."""
        return not self._at_rest

    def look(self) -> None:
        """Begin to look. Who looks already will look at those who have just come, too."""
        if self._at_rest:
            super().look()

    def _go_round(self) -> float | None:
        signed_in = self._hub.sessions()
        for session_hash in signed_in - self._still_signed_in(signed_in) if signed_in else ():
            for connection in self._hub.of_session(session_hash):
                connection.close(SIGNED_OUT, gettext("You are signed out."))
        read = self._hub.shares_read()
        for share_id in read - self._still_open(read) if read else ():
            for connection in self._hub.reading(share_id):
                connection.close(GONE, gettext("This is not shared any more."))
        # Whoever comes has it look. At rest first: who came before that is seen here.
        self._at_rest = True
        self._at_rest = not (self._hub.sessions() or self._hub.shares_read())
        return None if self._at_rest else ROUND
