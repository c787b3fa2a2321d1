"""What was used: one row a day, member, model and payer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from webapp.store import usage
from webapp.store.database import Database
from webapp.store.usage import Account, Amount, day_of

_DAY = day_of(datetime(2026, 11, 22, tzinfo=UTC))
_ANN = Account("ann", _DAY, "liaobots/gpt-4", "team")


def test_what_is_added_to_the_same_account_is_one_row(database: Database) -> None:
    with database.writing() as connection:
        usage.add(connection, _ANN, Amount(1, 10, sent_tokens=3))
        usage.add(connection, _ANN, Amount(answered_characters=20, answered_tokens=5))
        usage.add(connection, _ANN, -Amount(answered_tokens=1))

    with database.reading() as connection:
        rows = usage.listed(connection, first_day=_DAY, last_day=_DAY)
    assert rows == [(_ANN, Amount(1, 10, 20, 3, 4))]


def test_a_total_is_one_members_at_one_payers_expense_from_a_day_on(database: Database) -> None:
    others = [
        Account("ann", _DAY, "liaobots/gpt-4", "own"),
        Account("bob", _DAY, "liaobots/gpt-4", "team"),
        Account("ann", _DAY - 1, "liaobots/gpt-4", "team"),
    ]
    with database.writing() as connection:
        usage.add(connection, _ANN, Amount(1))
        usage.add(connection, Account("ann", _DAY, "liaobots/gpt-3.5-turbo", "team"), Amount(2))
        for other in others:
            usage.add(connection, other, Amount(100))

    with database.reading() as connection:
        assert usage.total(connection, "ann", "team", first_day=_DAY) == Amount(3)
        assert usage.total(connection, "ann", "team", first_day=_DAY - 1) == Amount(103)
        assert usage.total(connection, "eve", "team", first_day=_DAY) == Amount()


def test_a_day_begins_at_midnight_in_utc() -> None:
    midnight = datetime(2026, 11, 22, tzinfo=UTC)

    assert day_of(midnight) == day_of(midnight + timedelta(hours=24, microseconds=-1))
    assert day_of(midnight - timedelta(microseconds=1)) == day_of(midnight) - 1
