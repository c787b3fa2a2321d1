"""The team's auth code: the owner enters it once, and nobody is ever shown it again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Connection

from webapp.clock import Clock
from webapp.providers.base import AuthCode
from webapp.store import choices
from webapp.store.database import Database
from webapp.store.vault import Vault

_NAME = "team_code"


class TeamCode:
    """Keeps the code that is used for members who have none of their own. It is sealed."""

    def __init__(self, database: Database, vault: Vault, clock: Clock) -> None:
        self._database = database
        self._vault = vault
        self._clock = clock

    def find(self) -> AuthCode | None:
        """Unseal the code; None if there is none, or the vault's key is another one now."""
        with self._database.reading() as connection:
            kept = choices.find(connection, _NAME)
        code = None if kept is None else self._vault.unseal(str(kept.value))
        return None if code is None else AuthCode(code)

    def set_at(self) -> datetime | None:
        """Tell when it was set, where there is one."""
        with self._database.reading() as connection:
            kept = choices.find(connection, _NAME)
        return None if kept is None else kept.changed_at

    def set(self, text: str, record: Callable[[Connection], None]) -> None:
        """Take a code in the place of the one before. Raises `BadAuthCode`."""
        sealed = self._vault.seal(AuthCode.parse(text).reveal())
        with self._database.writing() as connection:
            choices.keep(connection, _NAME, sealed, now=self._clock.now())
            record(connection)

    def remove(self, record: Callable[[Connection], None]) -> None:
        with self._database.writing() as connection:
            if choices.forget(connection, _NAME):
                record(connection)
