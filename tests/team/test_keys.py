"""Keys for servers of the models file: sealed, and good for one place alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import Connection, Table, func, select

from tests.support.clock import FakeClock
from webapp.errors import BadKey
from webapp.providers.models_file import ProviderEntry
from webapp.store import leaving, sessions, users
from webapp.store.database import Database
from webapp.store.ids import token_hash
from webapp.store.tables import choices, session_keys, user_keys
from webapp.store.users import User
from webapp.store.vault import Vault
from webapp.team.keys import Keys, Owner

NOW = datetime(2026, 7, 15, 12, 0, tzinfo=UTC)
KEY = "test-key-in-the-vault-71"
ENTRY = ProviderEntry("each", "Each", ("https://a.example/v1", "https://b.example/v1"), "session")


@pytest.fixture
def keys(database: Database) -> Keys:
    return Keys(database, Vault(Fernet.generate_key()), FakeClock())


@pytest.fixture
def ada(database: Database, owner: User) -> Owner:
    return _browser(database, owner)


def _browser(database: Database, user: User) -> Owner:
    with database.writing() as connection:
        session_id = sessions.sign_in(connection, user, previous=None, now=NOW)
    return Owner(token_hash(session_id), user.id)


def _said(keys: Keys, owner: Owner, entry: ProviderEntry = ENTRY) -> str | None:
    """The key that is used; "elsewhere" for one of another address, None without any."""
    kept = keys.own(owner, entry)
    if kept is None:
        return None
    return "elsewhere" if kept.key is None else kept.key.reveal()


def test_a_key_is_sealed_and_used_in_its_own_session_alone(
    keys: Keys, database: Database, ada: Owner, owner: User, tmp_path: Path
) -> None:
    keys.keep(ada, ENTRY, f" {KEY} ", for_all=False)

    assert _said(keys, ada) == KEY
    assert _said(keys, _browser(database, owner)) is None
    assert _said(keys, ada, replace(ENTRY, id="other")) is None
    assert KEY.encode() not in b"".join(file.read_bytes() for file in tmp_path.iterdir())


def test_a_sessions_own_key_goes_before_that_of_all_and_is_removed_before_it(
    keys: Keys, database: Database, ada: Owner, owner: User, other: User
) -> None:
    second = _browser(database, owner)
    keys.keep(ada, ENTRY, "test-for-all-1", for_all=True)
    keys.keep(second, ENTRY, "test-of-second-2", for_all=False)
    assert (_said(keys, ada), _said(keys, second)) == ("test-for-all-1", "test-of-second-2")

    keys.remove(second, ENTRY.id)
    assert _said(keys, second) == "test-for-all-1"
    keys.keep(second, ENTRY, "test-for-all-3", for_all=True)
    assert _said(keys, ada) == "test-for-all-3"
    assert _said(keys, _browser(database, other)) is None
    keys.remove(second, ENTRY.id)

    assert (_said(keys, ada), _said(keys, second)) == (None, None)


@pytest.mark.parametrize(
    ("hosts", "said"),
    [
        (("https://a.example/v2",), KEY),  # another path of the same place
        (("https://b.example:443/v1", "https://a.example/v1"), KEY),
        (("https://a.example/v1", "https://c.example/v1"), "elsewhere"),
        (("http://a.example/v1",), "elsewhere"),
        (("https://a.example:8443/v1",), "elsewhere"),
        (("https://a.example.evil.example/v1",), "elsewhere"),
    ],
)
def test_a_key_is_good_for_the_places_that_it_was_entered_for(
    keys: Keys, ada: Owner, hosts: tuple[str, ...], said: str
) -> None:
    entry = replace(ENTRY, hosts=hosts)
    keys.keep(ada, ENTRY, KEY, for_all=False)
    keys.set_team(ENTRY, KEY, lambda _: None)

    team = keys.team(entry)

    assert _said(keys, ada, entry) == said
    assert team is not None
    assert (team.key is None) == (said == "elsewhere")


def test_a_key_of_a_lost_vault_is_as_good_as_none(
    keys: Keys, database: Database, ada: Owner
) -> None:
    keys.keep(ada, ENTRY, KEY, for_all=False)
    keys.set_team(ENTRY, KEY, lambda _: None)

    other = Keys(database, Vault(Fernet.generate_key()), FakeClock())

    assert _said(other, ada) is None
    assert other.team(ENTRY) is None


def test_what_cannot_be_a_key_leaves_the_one_before(keys: Keys, ada: Owner) -> None:
    keys.keep(ada, ENTRY, KEY, for_all=False)

    for text in ("", "two words", "ключ", "x" * 513):
        with pytest.raises(BadKey, match=f"This is not a key for {ENTRY.name}: "):
            keys.keep(ada, ENTRY, text, for_all=False)
        with pytest.raises(BadKey):
            keys.set_team(ENTRY, text, lambda _: None)

    assert _said(keys, ada) == KEY
    assert keys.team(ENTRY) is None


def test_the_teams_key_is_recorded_when_it_comes_and_when_it_goes(
    keys: Keys, database: Database
) -> None:
    recorded: list[str] = []

    keys.set_team(ENTRY, KEY, lambda _: recorded.append("set"))
    keys.remove_team(ENTRY.id, lambda _: recorded.append("removed"))
    keys.remove_team(ENTRY.id, lambda _: recorded.append("removed again"))

    assert recorded == ["set", "removed"]
    with database.reading() as connection:
        assert connection.execute(select(func.count()).select_from(choices)).scalar_one() == 0


def test_keys_end_with_their_session_and_with_their_owner(
    keys: Keys, database: Database, ada: Owner, owner: User
) -> None:
    keys.keep(ada, ENTRY, KEY, for_all=False)
    keys.keep(_browser(database, owner), ENTRY, KEY, for_all=True)

    with database.writing() as connection:
        renewed = sessions.sign_in(connection, owner, previous=ada.session_hash, now=NOW)
    again = Owner(token_hash(renewed), owner.id)
    assert _said(keys, again) == KEY  # signed in anew in the same browser
    with database.writing() as connection:
        sessions.end_one(connection, again.session_hash)
        left = _count(connection, session_keys), _count(connection, user_keys)
        leaving.begin(connection, users.ensure_owner(connection, now=NOW).id, now=NOW)

        assert left == (0, 1)
        assert _count(connection, user_keys) == 0


def _count(connection: Connection, table: Table) -> int:
    return connection.execute(select(func.count()).select_from(table)).scalar_one()
