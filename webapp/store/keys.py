"""Keys for providers, sealed: of one browser session, or of all a person's sessions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select, update

from webapp.store.tables import session_keys, user_keys


@dataclass(frozen=True, slots=True)
class SealedKey:
    """A key as it is kept. `for_all` says that it is one of all the person's sessions."""

    sealed: str
    for_all: bool


def find_all(connection: Connection, session_hash: str, user_id: str) -> Mapping[str, SealedKey]:
    """Find what a session is to use, by provider: a key of its own, else one for all."""
    own = select(session_keys.c.provider, session_keys.c.sealed)
    for_all = select(user_keys.c.provider, user_keys.c.sealed)
    found = {
        row.provider: SealedKey(row.sealed, for_all=True)
        for row in connection.execute(for_all.where(user_keys.c.user_id == user_id))
    }
    found |= {
        row.provider: SealedKey(row.sealed, for_all=False)
        for row in connection.execute(own.where(session_keys.c.session_hash == session_hash))
    }
    return found


def keep(connection: Connection, session_hash: str, provider: str, sealed: str) -> None:
    """Keep a key for one session."""
    this = {"session_hash": session_hash, "provider": provider}
    changing = update(session_keys).filter_by(**this).values(sealed=sealed)
    if not connection.execute(changing).rowcount:
        connection.execute(insert(session_keys).values(**this, sealed=sealed))


def keep_for_all(connection: Connection, user_id: str, provider: str, sealed: str) -> None:
    """Keep a key for all sessions of a person that have none of their own."""
    this = {"user_id": user_id, "provider": provider}
    changing = update(user_keys).filter_by(**this).values(sealed=sealed)
    if not connection.execute(changing).rowcount:
        connection.execute(insert(user_keys).values(**this, sealed=sealed))


def forget(connection: Connection, session_hash: str, provider: str) -> bool:
    """Forget a session's own key; False says that it had none."""
    this = {"session_hash": session_hash, "provider": provider}
    return bool(connection.execute(delete(session_keys).filter_by(**this)).rowcount)


def forget_for_all(connection: Connection, user_id: str, provider: str | None = None) -> None:
    """Forget what a person keeps for all their sessions, for one provider or for each."""
    forgetting = delete(user_keys).where(user_keys.c.user_id == user_id)
    if provider is not None:
        forgetting = forgetting.where(user_keys.c.provider == provider)
    connection.execute(forgetting)
