"""Quotas: how much of the team's code each member may use. One's own code has none."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import Connection

from webapp.clock import Clock
from webapp.errors import (
    CharactersOfDayUsed,
    CharactersOfMonthUsed,
    MessagesOfDayUsed,
    MessagesOfMonthUsed,
    NotFound,
    QuotaUsedUp,
)
from webapp.store import quotas, usage, users
from webapp.store.database import Database
from webapp.store.quotas import Limits, Member
from webapp.store.usage import day_of

_USED_UP: dict[str, type[QuotaUsedUp]] = {
    "messages_a_day": MessagesOfDayUsed,
    "messages_a_month": MessagesOfMonthUsed,
    "characters_a_day": CharactersOfDayUsed,
    "characters_a_month": CharactersOfMonthUsed,
}
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)

Record = Callable[[Connection, str], None]


@dataclass(frozen=True, slots=True)
class Quota:
    """One limit of a member, and how much of it is used in the day or month that runs."""

    name: str
    kind: Literal["messages", "characters"]
    used: int
    limit: int

    @property
    def left(self) -> int:
        return max(self.limit - self.used, 0)


class Quotas:
    """What the owner says of everybody and of each member, and what is left of it."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def read(self) -> tuple[Limits, Sequence[Member]]:
        """Read what is said of everybody, and of each member alone."""
        with self._database.reading() as connection:
            return quotas.default(connection), quotas.members(connection)

    def say(self, user_id: str | None, limits: Limits, record: Record) -> None:
        """Set the limits of one member, or of everybody (None); have it recorded of whom."""
        with self._database.writing() as connection:
            if user_id is None:
                quotas.keep_default(connection, limits, now=self._clock.now())
                record(connection, "")
                return
            user = users.find_by_id(connection, user_id)
            if user is None:
                raise NotFound
            quotas.keep(connection, user_id, limits)
            record(connection, user.name)

    def of_member(self, user_id: str) -> Sequence[Quota]:
        """Tell what a member has used of each limit at this moment."""
        with self._database.reading() as connection:
            return list(_quotas(connection, user_id, self._clock.now()))


def at_once(connection: Connection, user_id: str) -> int | None:
    """Tell how many answers of a member may run at once; None is no limit."""
    return quotas.of_member(connection, user_id).answers_at_once


def check(
    connection: Connection, user_id: str, *, messages: int, characters: int, now: datetime
) -> None:
    """Raise a `QuotaUsedUp` where this is more than is left of the team's code.

    Call it in the transaction that counts it as asked: of many at once, none goes too far.
    """
    more = {"messages": messages, "characters": characters}
    for quota in _quotas(connection, user_id, now):
        if more[quota.kind] and quota.used + more[quota.kind] > quota.limit:
            raise _USED_UP[quota.name](
                # Of how many it speaks: of the messages that there were, or what is left.
                number=quota.limit if quota.kind == "messages" else quota.left,
                limit=f"{quota.limit:,}",
                left=f"{quota.left:,}",
                count=f"{more[quota.kind]:,}",
                wait=_wait(_next(quota.name, now) - now),
            )


def _quotas(connection: Connection, user_id: str, now: datetime) -> Iterator[Quota]:
    limits = quotas.of_member(connection, user_id)
    for name in _USED_UP:
        limit = getattr(limits, name)
        if limit is not None:
            first = day_of(now if name.endswith("day") else now.replace(day=1))
            total = usage.total(connection, user_id, "team", first_day=first)
            if name.startswith("messages"):
                yield Quota(name, "messages", total.messages, limit)
            else:
                yield Quota(name, "characters", total.characters, limit)


def _next(name: str, now: datetime) -> datetime:
    """When the day or the month is over."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    if name.endswith("day"):
        return midnight + _DAY
    return (midnight.replace(day=1) + 32 * _DAY).replace(day=1)


def _wait(left: timedelta) -> str:
    """Say how long that is, rounded up."""
    if left <= timedelta(minutes=1):
        return "in a minute"
    if left <= _HOUR:
        return f"in {-(-left // timedelta(minutes=1))} minutes"
    if left <= 2 * _DAY:
        return f"in {-(-left // _HOUR)} hours"
    return f"in {-(-left // _DAY)} days"
