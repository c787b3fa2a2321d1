"""What was used, summed up by day, member, model and payer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from sqlalchemy import ColumnElement, Connection, and_, bindparam, func, insert, select, update

from webapp.store.tables import EPOCH, usage


@dataclass(frozen=True, slots=True)
class Amount:
    """How much it was. Characters count code points."""

    messages: int = 0
    sent_characters: int = 0
    answered_characters: int = 0
    sent_tokens: int = 0
    answered_tokens: int = 0

    @property
    def characters(self) -> int:
        return self.sent_characters + self.answered_characters

    @property
    def tokens(self) -> int:
        return self.sent_tokens + self.answered_tokens

    def __add__(self, other: Self) -> Amount:
        return Amount(
            self.messages + other.messages,
            self.sent_characters + other.sent_characters,
            self.answered_characters + other.answered_characters,
            self.sent_tokens + other.sent_tokens,
            self.answered_tokens + other.answered_tokens,
        )

    def __neg__(self) -> Amount:
        return Amount(
            -self.messages,
            -self.sent_characters,
            -self.answered_characters,
            -self.sent_tokens,
            -self.answered_tokens,
        )


@dataclass(frozen=True, slots=True)
class Account:
    """To whom something is counted. `payer` says whose code paid: own, team or none."""

    user_id: str
    day: int
    model: str
    payer: str


_KEY = ("user_id", "day", "model", "payer")
_AMOUNTS = (
    "messages",
    "sent_characters",
    "answered_characters",
    "sent_tokens",
    "answered_tokens",
)
_ADD = (
    update(usage)
    .where(and_(*(usage.c[name] == bindparam(f"of_{name}") for name in _KEY)))
    .values({name: usage.c[name] + bindparam(f"more_{name}") for name in _AMOUNTS})
)
_SUMS = [func.coalesce(func.sum(usage.c[name]), 0).label(name) for name in _AMOUNTS]
_TOTAL = select(*_SUMS).where(
    usage.c.user_id == bindparam("of_user"),
    usage.c.payer == bindparam("of_payer"),
    usage.c.day >= bindparam("first"),
)


def day_of(at: datetime) -> int:
    """Number the days of UTC since 1970."""
    return (at - EPOCH).days


def add(connection: Connection, account: Account, amount: Amount) -> None:
    """Add to what was counted that day. What is less than nothing takes back."""
    key = {name: getattr(account, name) for name in _KEY}
    more = {name: getattr(amount, name) for name in _AMOUNTS}
    values = {f"of_{name}": key[name] for name in _KEY}
    values |= {f"more_{name}": more[name] for name in _AMOUNTS}
    if not connection.execute(_ADD, values).rowcount:
        connection.execute(insert(usage).values(**key, **more))


def total(connection: Connection, user_id: str, payer: str, *, first_day: int) -> Amount:
    """Sum up what somebody used from a day on, at one payer's expense."""
    values = {"of_user": user_id, "of_payer": payer, "first": first_day}
    row = connection.execute(_TOTAL, values).one()
    return Amount(*row)


def listed(
    connection: Connection, *, first_day: int, last_day: int, user_id: str | None = None
) -> Sequence[tuple[Account, Amount]]:
    """Read the rows of these days, of everybody or of one member, in the order of days."""
    wanted: list[ColumnElement[bool]] = [usage.c.day.between(first_day, last_day)]
    if user_id is not None:
        wanted.append(usage.c.user_id == user_id)
    rows = connection.execute(select(usage).where(*wanted).order_by(usage.c.day))
    return [
        (
            Account(row.user_id, row.day, row.model, row.payer),
            Amount(*(getattr(row, name) for name in _AMOUNTS)),
        )
        for row in rows
    ]
