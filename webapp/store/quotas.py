"""What members may use of the team's code: as for everybody (None), or without limit (-1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Self

from sqlalchemy import Connection, insert, select, update

from webapp.store import choices
from webapp.store.tables import quotas, users

NO_LIMIT = -1
_DEFAULT = "quotas"


@dataclass(frozen=True, slots=True)
class Limits:
    """Characters are those that are sent and those that are answered, together."""

    messages_a_day: int | None = None
    messages_a_month: int | None = None
    characters_a_day: int | None = None
    characters_a_month: int | None = None
    answers_at_once: int | None = None

    def over(self, default: Self) -> Limits:
        """Fill what is not said here with the default; None is no limit then."""
        return Limits(*(_known(getattr(self, n), getattr(default, n)) for n in LIMITS))


LIMITS = tuple(field.name for field in fields(Limits))
_COLUMNS = [quotas.c[name] for name in LIMITS]


@dataclass(frozen=True, slots=True)
class Member:
    """A member, and what is said of them alone."""

    id: str
    name: str
    limits: Limits


def default(connection: Connection) -> Limits:
    """Read what holds for everybody."""
    kept = choices.find(connection, _DEFAULT)
    values = kept.value if kept is not None and isinstance(kept.value, dict) else {}
    return Limits(**{name: values.get(name) for name in LIMITS})


def keep_default(connection: Connection, limits: Limits, *, now: datetime) -> None:
    choices.keep(connection, _DEFAULT, asdict(limits), now=now)


def of_member(connection: Connection, user_id: str) -> Limits:
    """Read what holds for one member; None is no limit."""
    row = connection.execute(select(*_COLUMNS).where(quotas.c.user_id == user_id)).one_or_none()
    return (Limits() if row is None else Limits(*row)).over(default(connection))


def members(connection: Connection) -> Sequence[Member]:
    """List all members by name, each with what is said of them alone."""
    rows = connection.execute(
        select(users.c.id, users.c.name, *_COLUMNS)
        .outerjoin(quotas, quotas.c.user_id == users.c.id)
        .order_by(users.c.name_key)
    )
    return [Member(row.id, row.name, Limits(*row[2:])) for row in rows]


def keep(connection: Connection, user_id: str, limits: Limits) -> None:
    values = asdict(limits)
    changed = connection.execute(update(quotas).where(quotas.c.user_id == user_id).values(**values))
    if not changed.rowcount:
        connection.execute(insert(quotas).values(user_id=user_id, **values))


def _known(own: int | None, everybodys: int | None) -> int | None:
    limit = everybodys if own is None else own
    return None if limit == NO_LIMIT else limit
