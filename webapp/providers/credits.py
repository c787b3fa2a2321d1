"""What is left on an auth code, and what was charged to it: the protocol, and how answers are read.

The official door (`GET /api/v1/credits`) tells `{"data": {"balance": 85.5, "amount": 100.0}}`
and, where it is asked to, `usage` with a page of what was charged, the newest first. The
classic one (`POST /api/user`) tells the first two, in one object.

No answer is trusted: what is no number, or an absurd one, is as if it had not been said.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NoReturn, Protocol

from webapp.providers.failures import printable

if TYPE_CHECKING:
    from webapp.providers.base import AuthCode, Cancellation

MOST_BYTES = 512 * 1024
"""Of one answer. A page of 50 charges has about 12 kB."""

_MOST_CHARGES = 1000
_ABSURD = Decimal(10) ** 9
_NUMBER = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,12})?", re.ASCII)
_NAME_LIMIT = 100
_ID_LIMIT = 200
_YEAR_2100 = 4_102_444_800_000


@dataclass(frozen=True, slots=True)
class Charge:
    """One call that was paid for. `tokens` are those sent and answered together."""

    id: str
    at: datetime
    model: str
    price: Decimal
    tokens: int = 0


@dataclass(frozen=True, slots=True)
class Account:
    """What a provider tells of a code: its `balance`, of the `amount` that it once had.

    `charges` are a page of them, the newest first, or None where it tells of none; the page
    behind it is asked for by `behind`, which is empty at the end.
    """

    balance: Decimal
    amount: Decimal | None = None
    charges: tuple[Charge, ...] | None = None
    behind: str = ""


class Credits(Protocol):
    """A way to ask what is left on a code. One instance serves all threads."""

    def ask(
        self,
        code: AuthCode,
        cancellation: Cancellation,
        *,
        charges: bool = False,
        behind: str = "",
    ) -> Account | None:
        """Ask, and wait for seconds: call it where nobody else waits.

        None where it cannot be told, whatever the reason: nobody depends on it.
        """
        ...


class NoCredits:
    """The `Credits` of a server that is not to ask."""

    def ask(
        self,
        code: AuthCode,  # noqa: ARG002
        cancellation: Cancellation,  # noqa: ARG002
        *,
        charges: bool = False,  # noqa: ARG002
        behind: str = "",  # noqa: ARG002
    ) -> Account | None:
        return None


def parse_credits(body: bytes) -> Account | None:
    """Read an answer of the official door; None where it tells no balance."""
    document = _object(body)
    told = _member(document, "data")
    usage = _member(document, "usage") or _member(told, "usage")
    return _account(told, usage)


def parse_user(body: bytes) -> Account | None:
    """Read an answer of the classic door; None where it tells no balance."""
    document = _object(body)
    return _account(document) or _account(_member(document, "data"))


def _account(told: dict[str, Any], usage: dict[str, Any] | None = None) -> Account | None:
    balance, amount = _number(told.get("balance")), _number(told.get("amount"))
    if balance is None:
        return None
    usage = usage or {}
    return Account(
        balance,
        amount if amount is not None and amount > 0 else None,
        _charges(usage.get("list")),
        _id(usage.get("nextId")),
    )


def _charges(listed: object) -> tuple[Charge, ...] | None:
    """Read a page of charges. One that begins with the oldest is not understood."""
    if not isinstance(listed, list):
        return None
    found = tuple(filter(None, map(_charge, listed[:_MOST_CHARGES])))
    return None if found and found[0].at < found[-1].at else found


def _charge(row: object) -> Charge | None:
    if not isinstance(row, dict):
        return None
    name, at, price = _id(row.get("id")), _moment(row.get("create_time")), _number(row.get("price"))
    if not name or at is None or price is None:
        return None
    model = row.get("model")
    shown = printable(model)[:_NAME_LIMIT] if isinstance(model, str) else ""
    return Charge(name, at, shown, price, _tokens(row))


def _tokens(row: dict[str, Any]) -> int:
    counted = _number(row.get("tokens"))
    if counted is None:
        parts = (_number(row.get(name)) for name in ("input_tokens", "output_tokens"))
        counted = sum((part for part in parts if part is not None), Decimal())
    return max(int(counted), 0)


def _moment(value: object) -> datetime | None:
    """Read a time in milliseconds."""
    if isinstance(value, str) and value.isascii() and value.isdecimal():
        value = Decimal(value[:_NAME_LIMIT])
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return None
    return datetime.fromtimestamp(int(value) / 1000, UTC) if 0 < value < _YEAR_2100 else None


def _number(value: object) -> Decimal | None:
    """Read a number, or a text that is one; what is absurd is none."""
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        value = Decimal(value)
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return None
    return Decimal(value) if -_ABSURD < value < _ABSURD else None


def _id(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    text = str(value)
    return text if len(text) <= _ID_LIMIT and text.isprintable() else ""


def _member(document: dict[str, Any], name: str) -> dict[str, Any]:
    member = document.get(name)
    return member if isinstance(member, dict) else {}


def _object(body: bytes) -> dict[str, Any]:
    """Read a JSON object; whatever is none is an empty one."""
    try:
        document = json.loads(body, parse_float=Decimal, parse_constant=_refuse)
    except (ValueError, RecursionError, ArithmeticError):
        return {}
    return document if isinstance(document, dict) else {}


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)
