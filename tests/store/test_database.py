"""One writer at a time, readers beside it, and nothing of anybody's text in an error."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, insert, select
from sqlalchemy.exc import IntegrityError

from tests.store.conftest import NOW
from webapp.store.database import Database
from webapp.store.tables import users


def _insert(database: Database, name: str) -> None:
    with database.writing() as connection:
        connection.execute(
            insert(users).values(id=name, name=name, name_key=name, role="member", created_at=NOW)
        )


def test_two_threads_that_write_lose_nothing_and_never_fail(database: Database) -> None:
    def write(thread: int) -> None:
        for number in range(200):
            _insert(database, f"{thread}-{number}")

    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(write, thread) for thread in range(2)]:
            done.result()

    with database.reading() as connection:
        assert connection.execute(select(func.count()).select_from(users)).scalar_one() == 400


def test_two_processes_that_write_wait_for_each_other(database: Database) -> None:
    second = Database(database.file)

    def write(one: Database, prefix: str) -> None:
        for number in range(100):
            _insert(one, f"{prefix}-{number}")

    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(write, database, "a"), pool.submit(write, second, "b")]:
            done.result()
    second.close()

    with database.reading() as connection:
        assert connection.execute(select(func.count()).select_from(users)).scalar_one() == 200


def test_a_reader_sees_one_moment_while_others_write(database: Database) -> None:
    _insert(database, "before")
    count = select(func.count()).select_from(users)

    with database.reading() as connection:
        first = connection.execute(count).scalar_one()
        _insert(database, "meanwhile")
        second = connection.execute(count).scalar_one()

    with database.reading() as connection:
        after = connection.execute(count).scalar_one()
    assert (first, second, after) == (1, 1, 2)


def test_a_reader_does_not_wait_for_a_writer(database: Database) -> None:
    read = threading.Event()
    with database.writing() as connection:
        connection.execute(
            insert(users).values(id="x", name="x", name_key="x", role="member", created_at=NOW)
        )

        def look() -> int:
            with database.reading() as reader:
                seen: int = reader.execute(select(func.count()).select_from(users)).scalar_one()
            read.set()
            return seen

        with ThreadPoolExecutor(1) as pool:
            looking = pool.submit(look)
            assert read.wait(5)
            assert looking.result() == 0


def test_a_transaction_that_fails_leaves_nothing(database: Database) -> None:
    def write_and_fail() -> None:
        with database.writing() as connection:
            connection.execute(
                insert(users).values(id="x", name="x", name_key="x", role="", created_at=NOW)
            )
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_and_fail()

    with database.reading() as connection:
        assert connection.execute(select(users.c.id)).all() == []


def test_foreign_keys_are_kept(database: Database) -> None:
    with pytest.raises(IntegrityError), database.writing() as connection:
        connection.exec_driver_sql("INSERT INTO sign_in_links VALUES ('hash', 'nobody', 0)")


def test_an_error_of_the_database_does_not_show_what_was_written(database: Database) -> None:
    _insert(database, "CANARY")

    with pytest.raises(IntegrityError) as failed:
        _insert(database, "CANARY")

    assert "UNIQUE" in str(failed.value)
    assert "CANARY" not in str(failed.value)
