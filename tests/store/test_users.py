"""Users and their one-time links."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from sqlalchemy import select

from tests.store.conftest import NOW
from webapp.store import users
from webapp.store.database import Database
from webapp.store.tables import sign_in_links
from webapp.store.users import LINK_LIFETIME, User


def test_there_is_one_owner_however_often_one_is_asked_for(database: Database) -> None:
    def ensure() -> User:
        with database.writing() as connection:
            return users.ensure_owner(connection, now=NOW)

    with ThreadPoolExecutor(8) as pool:
        owners = {one.result() for one in [pool.submit(ensure) for _ in range(8)]}

    assert len(owners) == 1
    assert {owner.role for owner in owners} == {"owner"}


def test_a_user_is_found_by_name_and_by_id_and_an_unknown_one_is_not(
    database: Database, owner: User, other: User
) -> None:
    with database.reading() as connection:
        assert users.find_by_name(connection, owner.name) == owner
        assert users.find_by_id(connection, other.id) == other
        assert users.find_by_name(connection, "EVE") == other
        assert users.find_by_name(connection, "nobody") is None
        assert users.find_by_id(connection, "nobody") is None


def test_a_link_signs_its_user_in_once(database: Database, other: User) -> None:
    with database.writing() as connection:
        token = users.make_link(connection, other, now=NOW)

    with database.writing() as connection:
        first = users.use_link(connection, token, now=NOW)
        second = users.use_link(connection, token, now=NOW)

    assert (first, second) == (other, None)


def test_a_link_runs_out(database: Database, owner: User) -> None:
    with database.writing() as connection:
        early, late = (users.make_link(connection, owner, now=NOW) for _ in range(2))

        in_time = users.use_link(connection, early, now=NOW + LINK_LIFETIME - timedelta(seconds=1))
        too_late = users.use_link(connection, late, now=NOW + LINK_LIFETIME)

    assert (in_time, too_late) == (owner, None)


def test_links_that_ran_out_are_swept_when_one_is_made(database: Database, owner: User) -> None:
    with database.writing() as connection:
        users.make_link(connection, owner, now=NOW)

        users.make_link(connection, owner, now=NOW + LINK_LIFETIME)

        assert len(connection.execute(select(sign_in_links)).all()) == 1


def test_a_token_is_nowhere_in_the_database(database: Database, owner: User) -> None:
    with database.writing() as connection:
        token = users.make_link(connection, owner, now=NOW)

    with database.reading() as connection:
        row = connection.execute(select(sign_in_links)).one()
    assert token not in str(row)
    for file in database.file.parent.iterdir():
        assert token.encode() not in file.read_bytes()


def test_of_fifty_who_use_a_link_at_once_one_gets_in(database: Database, owner: User) -> None:
    with database.writing() as connection:
        token = users.make_link(connection, owner, now=NOW)
    start = threading.Barrier(50, timeout=10)

    def use() -> User | None:
        start.wait()
        with database.writing() as connection:
            return users.use_link(connection, token, now=NOW)

    with ThreadPoolExecutor(50) as pool:
        results = [one.result() for one in [pool.submit(use) for _ in range(50)]]

    assert results.count(owner) == 1
    assert results.count(None) == 49


def test_a_text_that_is_no_token_opens_nothing(database: Database) -> None:
    with database.writing() as connection:
        for token in ("", "x" * 10_000, "%", "' OR 1=1 --", "\u00fc"):
            assert users.use_link(connection, token, now=NOW) is None
