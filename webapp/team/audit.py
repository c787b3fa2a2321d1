"""The audit log: who did what when, from where. Never what anybody wrote, and no secrets."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Literal, Protocol

from sqlalchemy import Connection

from webapp.clock import Clock
from webapp.store import audit
from webapp.store.audit import Recorded, RecordedPage
from webapp.store.database import Database
from webapp.store.users import User

Action = Literal[
    "session.signed_in",
    "session.signed_out",
    "session.revoked",
    "sign_in.failed",
    "password.changed",
    "account.deleted",
    "invitation.made",
    "invitation.revoked",
    "invitation.used",
    "member.disabled",
    "member.enabled",
    "member.role",
    "link.made",
    "choice.changed",
    "team_code.set",
    "team_code.removed",
    "team_key.set",
    "team_key.removed",
    "quota.changed",
    "share.made",
    "share.revoked",
    "export.made",
]


class Record(Protocol):
    """Records an action in a transaction; who did it is known already."""

    def __call__(self, connection: Connection, action: Action, subject: str = "") -> None: ...


def unrecorded(connection: Connection, action: Action, subject: str = "") -> None:
    """Record nothing: for what no person asked for."""


_PAGE = 50
_PORTION = 500


class Audit:
    """Records what was done, in the transaction that does it, and reads it for the owner."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def record(
        self,
        connection: Connection,
        action: Action,
        subject: str = "",
        *,
        actor: User | None,
        address: str,
    ) -> None:
        """Write a row in the caller's transaction: what is not done is not recorded.

        `subject` names whom or what it was done to. No `actor` is somebody who is not
        signed in; without an `address` either, it was done on the server's machine.
        """
        audit.add(connection, action, subject, actor=actor, address=address, now=self._clock.now())

    def forget(self, days: int) -> bool:
        """Delete a portion of what is older than so many days. False: nothing more is.

        0 keeps all. It is not recorded: what was done each night would soon be all there is.
        """
        if not days:
            return False
        before = self._clock.now() - timedelta(days=days)
        with self._database.writing() as connection:
            return audit.forget(connection, before=before, limit=_PORTION) == _PORTION

    def page(self, *, after: int | None = None) -> RecordedPage:
        with self._database.reading() as connection:
            return audit.page(connection, after=after, limit=_PAGE)

    def all(self) -> Iterator[Recorded]:
        """Read the whole log, the last first, in portions: no transaction waits for a reader."""
        after: int | None = None
        while True:
            with self._database.reading() as connection:
                found = audit.page(connection, after=after, limit=_PORTION)
            yield from found.rows
            after = found.behind
            if after is None:
                return
