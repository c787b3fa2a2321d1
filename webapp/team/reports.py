"""Reports of what was used: this month and the twelve before it, of all or of one member."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TypeVar

from webapp.clock import Clock
from webapp.errors import NotFound
from webapp.store import usage, users
from webapp.store.database import Database
from webapp.store.usage import Account, Amount

_BACK = 12
_DAY_0 = date(1970, 1, 1)

Rows = Sequence[tuple[Account, Amount]]
_Key = TypeVar("_Key", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Report:
    """The rows of some whole months, and the names of who is a member today, by id.

    `months` are their first days; `steps` what a chart shows, of each the first day: the
    days of a month, or the months.
    """

    months: Sequence[date]
    rows: Rows
    names: Mapping[str, str]

    @property
    def total(self) -> Amount:
        return sum((amount for _, amount in self.rows), Amount())

    @property
    def steps(self) -> Sequence[date]:
        if len(self.months) > 1:
            return self.months
        first = self.months[0]
        days = (_next(first) - first).days
        return [first + timedelta(days=number) for number in range(days)]

    def by(self, key: Callable[[Account], _Key]) -> Mapping[_Key, Amount]:
        """Sum up what has the same key, the most messages and characters first."""
        sums = _summed((key(account), amount) for account, amount in self.rows)
        most = sorted(sums.items(), key=lambda one: (one[1].messages, one[1].characters))
        return {one: amount for one, amount in reversed(most) if amount != Amount()}

    def by_step(self) -> Sequence[tuple[date, Amount]]:
        """Sum up each step, in the order of time."""
        whole_months = len(self.months) > 1
        days = ((day_at(account.day), amount) for account, amount in self.rows)
        sums = _summed((day.replace(day=1) if whole_months else day, more) for day, more in days)
        return [(step, sums.get(step, Amount())) for step in self.steps]


class Reports:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def months(self) -> Sequence[date]:
        """List the first days of the months that can be reported, this one first."""
        first = self._clock.now().date().replace(day=1)
        found = [first]
        for _ in range(_BACK):
            found.append((found[-1] - timedelta(days=1)).replace(day=1))
        return found

    def report(self, period: str, *, user_id: str | None = None) -> Report:
        """Report a month (2026-11), all months ("all") or, without a word, this month.

        Of one member, or of everybody. Other months are `NotFound`.
        """
        months = self.months()
        if not period:
            months = months[:1]
        elif period != "all":
            months = [one for one in months if f"{one:%Y-%m}" == period]
            if not months:
                raise NotFound
        first, last = months[-1], _next(months[0]) - timedelta(days=1)
        with self._database.reading() as connection:
            rows = usage.listed(
                connection, first_day=_number(first), last_day=_number(last), user_id=user_id
            )
            names = users.names(connection, {account.user_id for account, _ in rows})
        return Report(sorted(months), rows, names)


def day_at(number: int) -> date:
    return _DAY_0 + timedelta(days=number)


def _number(day: date) -> int:
    return (day - _DAY_0).days


def _next(month: date) -> date:
    return (month.replace(day=1) + timedelta(days=32)).replace(day=1)


def _summed(pairs: Iterable[tuple[_Key, Amount]]) -> dict[_Key, Amount]:
    sums: dict[_Key, Amount] = {}
    for key, amount in pairs:
        sums[key] = sums.get(key, Amount()) + amount
    return sums
