"""Browser sessions: new ids, kept choices, and an end."""

from __future__ import annotations

from base64 import urlsafe_b64decode
from datetime import timedelta

from sqlalchemy import select

from tests.store.conftest import NOW
from webapp.store import sessions
from webapp.store.database import Database
from webapp.store.ids import token_hash
from webapp.store.sessions import LIFETIME
from webapp.store.tables import browser_sessions
from webapp.store.users import User


def _signed_in(database: Database, user: User, previous: str | None = None) -> str:
    with database.writing() as connection:
        return sessions.sign_in(
            connection, user, previous=None if previous is None else token_hash(previous), now=NOW
        )


def _find(
    database: Database, session_id: str, after: timedelta = timedelta()
) -> sessions.BrowserSession | None:
    with database.reading() as connection:
        return sessions.find(connection, token_hash(session_id), now=NOW + after)


def test_a_session_is_found_by_the_hash_of_its_id_and_by_nothing_else(
    database: Database, owner: User
) -> None:
    session_id = _signed_in(database, owner)

    found = _find(database, session_id)

    assert found is not None
    assert found.user == owner
    assert _find(database, session_id + "x") is None
    with database.reading() as connection:
        assert sessions.find(connection, session_id, now=NOW) is None
        assert session_id not in str(connection.execute(select(browser_sessions)).all())


def test_an_id_is_made_of_256_random_bits(database: Database, owner: User) -> None:
    made = [urlsafe_b64decode(_signed_in(database, owner) + "=") for _ in range(50)]

    assert {len(one) for one in made} == {32}
    for place in range(32):
        assert len({one[place] for one in made}) > 10, f"byte {place} hardly changes"


def test_signing_in_again_changes_the_id_and_keeps_the_choices(
    database: Database, owner: User
) -> None:
    first = _signed_in(database, owner)
    with database.writing() as connection:
        sessions.choose_model(connection, token_hash(first), "liaobots/gpt-4")
        sessions.keep_auth_code(connection, token_hash(first), "sealed")

    second = _signed_in(database, owner, previous=first)

    found = _find(database, second)
    assert second != first
    assert _find(database, first) is None
    assert found is not None
    assert (found.model, found.sealed_auth_code) == ("liaobots/gpt-4", "sealed")
    with database.reading() as connection:
        assert len(connection.execute(select(browser_sessions)).all()) == 1


def test_signing_in_as_somebody_else_takes_nothing_over(
    database: Database, owner: User, other: User
) -> None:
    owners = _signed_in(database, owner)
    with database.writing() as connection:
        sessions.keep_auth_code(connection, token_hash(owners), "the owner's, sealed")

    others = _signed_in(database, other, previous=owners)

    found, left = _find(database, others), _find(database, owners)
    assert found is not None
    assert left is not None
    assert (found.user, found.sealed_auth_code) == (other, None)
    assert (left.user, left.sealed_auth_code) == (owner, "the owner's, sealed")


def test_a_session_that_is_not_used_ends_and_a_touch_keeps_it(
    database: Database, owner: User
) -> None:
    unused, touched = _signed_in(database, owner), _signed_in(database, owner)
    with database.writing() as connection:
        sessions.touch(connection, token_hash(touched), now=NOW + timedelta(days=1))

    assert _find(database, unused, LIFETIME - timedelta(seconds=1)) is not None
    assert _find(database, unused, LIFETIME) is None
    assert _find(database, touched, LIFETIME) is not None


def test_sessions_that_ended_are_swept_at_the_next_sign_in(database: Database, owner: User) -> None:
    _signed_in(database, owner)

    with database.writing() as connection:
        sessions.sign_in(connection, owner, previous=None, now=NOW + LIFETIME)

    with database.reading() as connection:
        assert len(connection.execute(select(browser_sessions)).all()) == 1


def test_a_session_is_touched_once_an_hour_at_most(database: Database, owner: User) -> None:
    found = _find(database, _signed_in(database, owner))

    assert found is not None
    assert not found.should_touch(NOW + timedelta(minutes=59))
    assert found.should_touch(NOW + timedelta(minutes=60))


def test_an_auth_code_can_be_forgotten(database: Database, owner: User) -> None:
    session_id = _signed_in(database, owner)
    with database.writing() as connection:
        sessions.keep_auth_code(connection, token_hash(session_id), "sealed")

        sessions.keep_auth_code(connection, token_hash(session_id), None)

    found = _find(database, session_id)
    assert found is not None
    assert found.sealed_auth_code is None


def test_of_some_sessions_those_that_have_not_ended_are_told(
    database: Database, owner: User
) -> None:
    first, second = (token_hash(_signed_in(database, owner)) for _ in range(2))

    with database.reading() as connection:
        now = sessions.still_there(connection, {first, "never"}, now=NOW)
        later = sessions.still_there(connection, {first, second}, now=NOW + LIFETIME)

    assert now == {first}
    assert later == set()
