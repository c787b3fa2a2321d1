"""The fields of a file's objects, read by people who expect anything there."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from webapp.chat.importing.shape import Omission
from webapp.chat.importing.stream import number
from webapp.store.conversations import TITLE_LIMIT
from webapp.store.text import one_line, storable

_NAME_LIMIT = 80
_MODEL_LIMIT = 200
_ID_LIMIT = 100


def text(value: object) -> str:
    """Take a text as it can be stored; empty for all that is none."""
    return storable(value) if isinstance(value, str) else ""


def title(value: object) -> str:
    return one_line(value, TITLE_LIMIT) if isinstance(value, str) else ""


def name(value: object) -> str:
    return one_line(value, _NAME_LIMIT) if isinstance(value, str) else ""


def model(value: object) -> str | None:
    """Name a model as ours are named: `provider/id`."""
    return (one_line(value, _MODEL_LIMIT) if isinstance(value, str) else "") or None


def key(value: object) -> str | None:
    """Take an id of a file; long ones by their digest."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value) if abs(value) < 1 << 63 else None
    if not isinstance(value, str) or not value:
        return None
    return value if len(value) <= _ID_LIMIT and value.isprintable() else digest(value)


def digest(value: object) -> str:
    """Name a value by what it says: the same today and tomorrow."""
    written = json.dumps(value, sort_keys=True, default=str)
    return hashlib.sha256(written.encode()).hexdigest()[:32]


def seconds(value: object) -> datetime | None:
    """Read seconds since 1970, where they are a time that can be."""
    found = number(value)
    try:
        at = None if found is None else datetime.fromtimestamp(found, UTC)
    except (OverflowError, ValueError, OSError):
        return None
    return None if at is None else _possible(at)


def iso(value: object) -> datetime | None:
    """Read a time as our export writes it."""
    if not isinstance(value, str) or len(value) > len("2026-11-22T18:57:35.123456+00:00"):
        return None
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        return None
    return _possible(at if at.tzinfo is not None else at.replace(tzinfo=UTC))


def _possible(at: datetime) -> datetime | None:
    """Times near the ends of the calendar cannot be said in another time zone."""
    try:
        at = at.astimezone(UTC)
    except (OverflowError, ValueError):
        return None
    return at if 1970 <= at.year < 9999 else None  # noqa: PLR2004


def mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def sequence(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def omissions(counts: Counter[str]) -> tuple[Omission, ...]:
    return tuple(Omission(reason, count) for reason, count in sorted(counts.items()) if count)


def both(first: tuple[Omission, ...], second: tuple[Omission, ...]) -> tuple[Omission, ...]:
    counts: Counter[str] = Counter()
    for one in (*first, *second):
        counts[one.reason] += one.count
    return omissions(counts)
