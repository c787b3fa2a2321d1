"""Lists of conversations: each once, in their order, in pages that an index gives."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, event

from tests.store.conftest import NOW
from tests.support.listed import list_many
from webapp.errors import BadAddress
from webapp.store import conversations, folders, lists
from webapp.store.database import Database
from webapp.store.lists import ACTIVE, ARCHIVED, DATES, PINNED, TRASHED, Cursor, Place
from webapp.store.users import User


@contextmanager
def _plans(connection: Connection, steps: list[str]) -> Iterator[None]:
    """Note how SQLite finds what it is asked for."""

    def explain(_c: object, cursor: Any, statement: str, values: Any, *_: object) -> None:
        cursor.execute(f"EXPLAIN QUERY PLAN {statement}", values)
        steps.extend(step[3] for step in cursor.fetchall())

    event.listen(connection, "before_cursor_execute", explain)
    yield
    event.remove(connection, "before_cursor_execute", explain)


def _all(connection: Connection, owner: User, place: Place, *, limit: int = 7) -> Sequence[str]:
    """Read a place page by page."""
    ids: list[str] = []
    page = lists.page(connection, owner.id, place, limit=limit)
    ids.extend(one.id for one in page.conversations)
    while page.behind is not None:
        cursor = Cursor.load(page.behind.dump())
        page = lists.page(connection, owner.id, place, after=cursor, limit=limit)
        assert len(page.conversations) <= limit
        ids.extend(one.id for one in page.conversations)
    return ids


def test_pages_give_each_conversation_once_and_in_order_even_where_times_are_the_same(
    database: Database, owner: User
) -> None:
    with database.writing() as connection:
        ids = list_many(connection, owner.id, 20, until=NOW)
        same = list_many(connection, owner.id, 15, until=NOW, apart=timedelta(0))

        read = _all(connection, owner, DATES)

    assert len(read) == 35
    assert set(read[:16]) == {ids[0], *same}
    assert read[16:] == ids[1:]


def test_a_page_goes_on_where_it_was_when_something_new_has_come_before_it(
    database: Database, owner: User
) -> None:
    with database.writing() as connection:
        ids = list_many(connection, owner.id, 10, until=NOW)
        first = lists.page(connection, owner.id, DATES, limit=5)
        list_many(connection, owner.id, 3, until=NOW + timedelta(days=1))

        second = lists.page(connection, owner.id, DATES, after=first.behind, limit=5)

    assert [one.id for one in second.conversations] == ids[5:]
    assert second.behind is None


def test_each_conversation_is_seen_in_one_place_at_the_side(
    database: Database, owner: User
) -> None:
    with database.writing() as connection:
        plain, pinned, filed, both, archived, trashed = list_many(
            connection, owner.id, 6, until=NOW
        )
        folder = folders.create(connection, owner.id, "Work", now=NOW)
        conversations.move(connection, owner.id, [filed, both, archived, trashed], folder.id)
        conversations.mark(connection, owner.id, [pinned, both], "pinned", NOW)
        conversations.mark(connection, owner.id, [archived, trashed], "archived", NOW)
        conversations.mark(connection, owner.id, [trashed], "trashed", NOW)

        seen = {
            place: _all(connection, owner, place)
            for place in (
                ACTIVE,
                PINNED,
                DATES,
                Place("filed", folder.id),
                Place("folder", folder.id),
                ARCHIVED,
                TRASHED,
            )
        }
        (counted,) = folders.all_of(connection, owner.id)

    assert list(seen.values()) == [
        [plain, pinned, filed, both],
        [pinned, both],
        [plain],
        [filed],
        [filed, both],
        [archived],
        [trashed],
    ]
    assert counted.count == 1


def test_what_was_put_away_last_comes_first_on_its_shelf(database: Database, owner: User) -> None:
    with database.writing() as connection:
        ids = list_many(connection, owner.id, 9, until=NOW)
        for number, one in enumerate(ids):
            at = NOW + timedelta(minutes=number)
            conversations.mark(connection, owner.id, [one], "archived", at)

        assert _all(connection, owner, ARCHIVED, limit=2) == list(reversed(ids))


def test_nobody_sees_anothers_lists(database: Database, owner: User, other: User) -> None:
    with database.writing() as connection:
        list_many(connection, owner.id, 3, until=NOW)
        folder = folders.create(connection, owner.id, "Work", now=NOW)

        assert _all(connection, owner, ACTIVE)
        assert _all(connection, other, ACTIVE) == []
        assert folders.all_of(connection, other.id) == []
        assert folders.find(connection, other.id, folder.id) is None
        assert not folders.rename(connection, other.id, folder.id, "Mine")
        assert not folders.remove(connection, other.id, folder.id)


@pytest.mark.parametrize(
    "address",
    ["", "x", "1-2", "1-" + "g" * 32, "9" * 18 + "-" + "0" * 32, "9" * 400, "1--" + "0" * 31],
)
def test_an_address_that_is_no_cursor_is_refused(address: str) -> None:
    with pytest.raises(BadAddress):
        Cursor.load(address)


@pytest.mark.parametrize(
    ("place", "index"),
    [
        (ACTIVE, "owner_id_updated_at_id"),
        (PINNED, "pinned"),
        (DATES, "listed"),
        (Place("filed", "f"), "listed"),
        (Place("folder", "f"), "listed"),
        (ARCHIVED, "archived"),
        (TRASHED, "trashed"),
    ],
    ids=lambda one: one.name if isinstance(one, Place) else one,
)
def test_an_index_gives_each_list_its_order(
    database: Database, owner: User, place: Place, index: str
) -> None:
    with database.writing() as connection:
        list_many(connection, owner.id, 3, until=NOW)
        plans: list[str] = []
        after = Cursor(NOW, "f" * 32)
        with _plans(connection, plans):
            lists.page(connection, owner.id, place, after=after, limit=5)

    assert f"ix_conversations_{index} (owner_id=?" in plans[0], plans
    assert not any("TEMP B-TREE" in step for step in plans)


def test_folders_are_counted_in_an_index_alone(database: Database, owner: User) -> None:
    with database.writing() as connection:
        plans: list[str] = []
        with _plans(connection, plans):
            folders.all_of(connection, owner.id)

    assert any("COVERING INDEX ix_conversations_listed" in step for step in plans), plans


def test_deleting_a_folder_leaves_its_conversations(database: Database, owner: User) -> None:
    with database.writing() as connection:
        ids = list_many(connection, owner.id, 3, until=NOW)
        folder = folders.create(connection, owner.id, "Work", now=NOW)
        conversations.move(connection, owner.id, ids, folder.id)
        assert _all(connection, owner, DATES) == []

        assert folders.remove(connection, owner.id, folder.id)

        assert _all(connection, owner, DATES) == ids
        assert folders.all_of(connection, owner.id) == []


def test_a_program_gives_no_title_over_one_that_a_person_gave(
    database: Database, owner: User
) -> None:
    with database.writing() as connection:
        one = conversations.create(connection, owner.id, title="From the question", now=NOW)

        assert conversations.entitle(connection, owner.id, one.id, "By a model")
        conversations.rename(connection, owner.id, one.id, "My own")
        assert not conversations.entitle(connection, owner.id, one.id, "By a model again")
        found = conversations.find(connection, owner.id, one.id)

    assert found is not None
    assert (found.title, found.title_given) == ("My own", True)
