"""Quotas: what is left in the day and the month that run, by UTC."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.support.clock import FakeClock
from tests.support.databases import migrated
from webapp.errors import QuotaUsedUp
from webapp.store import usage, users
from webapp.store.database import Database
from webapp.store.quotas import Limits
from webapp.store.usage import Account, Amount, day_of
from webapp.team import quotas
from webapp.team.quotas import Quotas

NOW = datetime(2026, 11, 22, 21, 0, tzinfo=UTC)


class _Member:
    """A member, what is said of them, and what they ask."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.quotas = Quotas(database, FakeClock(NOW))
        with database.writing() as connection:
            self.user = users.add(connection, "Ann", "member", now=NOW)

    def limit(self, *, everybody: bool = False, **limits: int) -> None:
        user_id = None if everybody else self.user.id
        self.quotas.say(user_id, Limits(**limits), lambda _connection, _name: None)

    def used(self, amount: Amount, *, days_ago: int = 0, payer: str = "team") -> None:
        account = Account(self.user.id, day_of(NOW) - days_ago, "liaobots/gpt-4", payer)
        with self.database.writing() as connection:
            usage.add(connection, account, amount)

    def ask(self, characters: int = 100, *, now: datetime = NOW) -> str:
        """The sentence that refuses it, or nothing."""
        try:
            with self.database.writing() as connection:
                quotas.check(connection, self.user.id, messages=1, characters=characters, now=now)
        except QuotaUsedUp as error:
            return str(error)
        return ""


@pytest.fixture
def member(tmp_path: Path) -> Iterator[_Member]:
    database = migrated(tmp_path / "quotas.db")
    yield _Member(database)
    database.close()


def test_who_has_no_quota_may_ask(member: _Member) -> None:
    member.used(Amount(10_000, 10**9))

    assert member.ask() == ""


def test_the_last_message_of_a_day_is_taken_and_none_behind_it(member: _Member) -> None:
    member.limit(messages_a_day=50)
    member.used(Amount(49))
    last = member.ask()
    member.used(Amount(1))

    refused = member.ask()

    assert last == ""
    assert refused.startswith(
        "Your 50 messages for today are used. The next day begins at 00:00 UTC, in 3 hours."
    )


def test_a_single_message_or_character_is_spoken_of_as_one(member: _Member) -> None:
    member.limit(messages_a_day=1)
    member.used(Amount(1, sent_characters=9))
    of_a_day = member.ask()
    member.limit(messages_a_month=1)
    of_a_month = member.ask()
    member.limit(characters_a_day=10)
    of_characters = member.ask(5)

    assert of_a_day.startswith("Your 1 message for today is used.")
    assert of_a_month.startswith("Your 1 message for this month is used.")
    assert "and 1 of your 10 for today is left" in of_characters


def test_a_new_day_begins_at_midnight_and_the_month_goes_on(member: _Member) -> None:
    member.limit(messages_a_day=1, messages_a_month=3)
    member.used(Amount(1))
    member.used(Amount(1), days_ago=1)
    member.used(Amount(9), days_ago=22)  # October
    tomorrow = NOW + timedelta(hours=3)
    december = datetime(2026, 12, 1, tzinfo=UTC)

    assert "for today" in member.ask(now=tomorrow - timedelta(microseconds=1))
    assert member.ask(now=tomorrow) == ""
    member.used(Amount(1), days_ago=-1)
    assert "Your 3 messages for this month are used." in member.ask(
        now=tomorrow + timedelta(days=1)
    )
    assert member.ask(now=december) == ""


def test_characters_count_what_is_sent_and_what_was_answered(member: _Member) -> None:
    member.limit(characters_a_day=1000)
    member.used(Amount(1, sent_characters=300, answered_characters=600))

    assert member.ask(100) == ""
    assert member.ask(101).startswith(
        "This takes 101 characters with what goes along, and 100 of your 1,000 for today are left."
    )


def test_what_one_pays_oneself_counts_for_no_quota(member: _Member) -> None:
    member.limit(messages_a_day=1)
    member.used(Amount(100), payer="own")
    member.used(Amount(100), payer="none")

    assert member.ask() == ""


def test_what_is_said_of_a_member_goes_before_what_is_said_of_everybody(member: _Member) -> None:
    member.used(Amount(5))
    member.limit(everybody=True, messages_a_day=5, characters_a_month=10)
    everybodys = member.ask(1)
    member.limit(messages_a_day=6)
    more = member.ask(1)
    member.limit(messages_a_day=-1)
    unlimited = member.ask(1)

    assert "Your 5 messages for today are used." in everybodys
    assert (more, unlimited) == ("", "")
    assert "of your 10 for this month" in member.ask(11)


@pytest.mark.parametrize(
    ("at", "wait"),
    [
        ((22, 23, 59, 30), "in a minute"),
        ((22, 23, 15, 0), "in 45 minutes"),
        ((22, 0, 0, 0), "in 24 hours"),
    ],
)
def test_a_refusal_says_how_long_it_takes(
    member: _Member, at: tuple[int, int, int, int], wait: str
) -> None:
    member.limit(messages_a_day=0)

    assert f"00:00 UTC, {wait}." in member.ask(now=datetime(2026, 11, *at, tzinfo=UTC))
