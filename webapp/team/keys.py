"""Keys for the servers of the models file: each person's own, and the team's. All are sealed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from webapp.clock import Clock
from webapp.errors import BadAuthCode, BadKey
from webapp.providers.base import AuthCode
from webapp.providers.keys import BoundKey
from webapp.providers.models_file import ProviderEntry
from webapp.store import choices, keys
from webapp.store.database import Database
from webapp.store.vault import Vault

Record = Callable[[Connection], None]


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose keys: a browser session and its user."""

    session_hash: str
    user_id: str


@dataclass(frozen=True, slots=True)
class OwnKey:
    """A key of one's own; without it where it was entered for another address (`elsewhere`)."""

    key: BoundKey | None
    for_all: bool

    @property
    def elsewhere(self) -> bool:
        return self.key is None


@dataclass(frozen=True, slots=True)
class TeamKey:
    """The team's key, likewise."""

    key: BoundKey | None
    set_at: datetime


class Keys:
    """Keeps keys, and gives each for the provider and the addresses that it was entered for."""

    def __init__(self, database: Database, vault: Vault, clock: Clock) -> None:
        self._database = database
        self._vault = vault
        self._clock = clock

    def own(self, owner: Owner, entry: ProviderEntry) -> OwnKey | None:
        return self.all_own(owner, [entry]).get(entry.id)

    def all_own(self, owner: Owner, entries: Iterable[ProviderEntry]) -> Mapping[str, OwnKey]:
        """Find a session's keys for these providers, else those of all its user's sessions."""
        with self._database.reading() as connection:
            kept = keys.find_all(connection, owner.session_hash, owner.user_id)
        opened = {
            entry.id: (self._open(kept[entry.id].sealed), kept[entry.id].for_all, entry)
            for entry in entries
            if entry.id in kept
        }
        return {
            provider: OwnKey(_for(key, entry), for_all)
            for provider, (key, for_all, entry) in opened.items()
            if key is not None
        }

    def keep(self, owner: Owner, entry: ProviderEntry, text: str, *, for_all: bool) -> BoundKey:
        """Take a key in the place of the one before. Raises `BadKey`."""
        key, sealed = self._seal(text, entry)
        with self._database.writing() as connection:
            if for_all:
                keys.keep_for_all(connection, owner.user_id, entry.id, sealed)
                keys.forget(connection, owner.session_hash, entry.id)
            else:
                keys.keep(connection, owner.session_hash, entry.id, sealed)
        return key

    def remove(self, owner: Owner, provider: str) -> None:
        """Forget the key that is used: the session's own, else that of all one's sessions."""
        with self._database.writing() as connection:
            if not keys.forget(connection, owner.session_hash, provider):
                keys.forget_for_all(connection, owner.user_id, provider)

    def team(self, entry: ProviderEntry) -> TeamKey | None:
        with self._database.reading() as connection:
            kept = choices.find(connection, _name(entry.id))
        key = None if kept is None else self._open(str(kept.value))
        if kept is None or key is None:
            return None
        return TeamKey(_for(key, entry), kept.changed_at)

    def set_team(self, entry: ProviderEntry, text: str, record: Record) -> None:
        """Take a key of the team in the place of the one before. Raises `BadKey`."""
        _, sealed = self._seal(text, entry)
        with self._database.writing() as connection:
            choices.keep(connection, _name(entry.id), sealed, now=self._clock.now())
            record(connection)

    def remove_team(self, provider: str, record: Record) -> None:
        with self._database.writing() as connection:
            if choices.forget(connection, _name(provider)):
                record(connection)

    def _seal(self, text: str, entry: ProviderEntry) -> tuple[BoundKey, str]:
        try:
            code = AuthCode.parse(text).reveal()
        except BadAuthCode:
            raise BadKey(provider=entry.name) from None
        key = BoundKey(code, provider=entry.id, origins=entry.origins)
        return key, self._vault.seal(key.pack())

    def _open(self, sealed: str) -> BoundKey | None:
        """Unseal a key; None where the vault's key is another one now."""
        packed = self._vault.unseal(sealed)
        return None if packed is None else BoundKey.unpack(packed)


def _for(key: BoundKey, entry: ProviderEntry) -> BoundKey | None:
    return key if key.is_for(entry.id, entry.origins) else None


def _name(provider: str) -> str:
    return f"team_key:{provider}"
