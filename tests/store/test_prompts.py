"""Templates and presets: whose they are, and who sees them."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from tests.store.conftest import NOW
from webapp.store.database import Database
from webapp.store.kept import BEGINNING, Kept
from webapp.store.presets import PRESETS
from webapp.store.prompts import PROMPTS
from webapp.store.users import User

BOTH = pytest.mark.parametrize("store", [PROMPTS, PRESETS], ids=["prompts", "presets"])


def _add(
    connection: Connection, store: Kept, owner: User, name: str, *, shared: bool = False
) -> str:
    content = {"text": "A text"} if store is PROMPTS else {"model": "m", "system_text": "A text"}
    fields = {"name": name, "shared": shared, **content}
    added: str = store.add(connection, owner.id, fields, now=NOW)
    return added


def _change(connection: Connection, store: Kept, user: User, one: str) -> None:
    content = {"text": "Worse"} if store is PROMPTS else {"model": "n", "system_text": "Worse"}
    store.change(connection, user.id, one, {"name": "Worse", "shared": True, **content})


@BOTH
def test_ones_own_come_first_and_then_what_others_share(
    database: Database, owner: User, other: User, store: Kept
) -> None:
    with database.writing() as connection:
        _add(connection, store, owner, "beta")
        _add(connection, store, owner, "Gamma", shared=True)
        _add(connection, store, other, "Alpha", shared=True)
        _add(connection, store, other, "private")

        seen = store.visible(connection, owner.id, limit=9)
        first = store.visible(connection, owner.id, limit=1)

    assert [(one.name, one.owner) for one in seen] == [
        ("beta", "Owner"),
        ("Gamma", "Owner"),
        ("Alpha", "Eve"),
    ]
    assert [one.name for one in first] == ["beta"]


@BOTH
def test_a_private_one_of_somebody_else_is_not_found(
    database: Database, owner: User, other: User, store: Kept
) -> None:
    with database.writing() as connection:
        private = _add(connection, store, owner, "private")
        shared = _add(connection, store, owner, "shared", shared=True)

        own = [store.find(connection, owner.id, one) for one in (private, shared)]
        foreign = [store.find(connection, other.id, one) for one in (private, shared)]

    assert [one.name for one in own] == ["private", "shared"]
    assert foreign[0] is None
    assert foreign[1].owner == "Owner"


@BOTH
def test_nobody_changes_or_deletes_what_others_share(
    database: Database, owner: User, other: User, store: Kept
) -> None:
    with database.writing() as connection:
        shared = _add(connection, store, owner, "shared", shared=True)
        before = store.find(connection, owner.id, shared)

        _change(connection, store, other, shared)
        store.remove(connection, other.id, shared)
        after = store.find(connection, owner.id, shared)
        _change(connection, store, owner, shared)
        changed = store.find(connection, owner.id, shared)
        store.remove(connection, owner.id, shared)

        assert before == after
        assert changed.name == "Worse"
        assert store.find(connection, owner.id, shared) is None


@BOTH
def test_a_name_is_one_persons_once(
    database: Database, owner: User, other: User, store: Kept
) -> None:
    with database.writing() as connection:
        _add(connection, store, owner, "same", shared=True)
        _add(connection, store, other, "same", shared=True)
        assert store.named(connection, other.id, "same").owner == "Eve"
        assert store.named(connection, other.id, "another") is None
        assert store.count(connection, other.id) == 1

    with pytest.raises(IntegrityError), database.writing() as connection:
        _add(connection, store, owner, "same")


def test_a_list_has_only_the_beginnings_of_long_texts(database: Database, owner: User) -> None:
    with database.writing() as connection:
        fields = {"name": "long", "text": "文" * 9000, "shared": False}
        one = PROMPTS.add(connection, owner.id, fields, now=NOW)

        (listed,) = PROMPTS.visible(connection, owner.id, limit=9)
        found = PROMPTS.find(connection, owner.id, one)

    assert listed.text == "文" * BEGINNING
    assert found is not None
    assert len(found.text) == 9000
