"""Many ids in some statements."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

_AT_ONCE = 500
"""Ids in one statement. Databases bound the places for values, SQLite at some thousands."""


def portions(ids: Sequence[str]) -> Iterable[Sequence[str]]:
    return (ids[at : at + _AT_ONCE] for at in range(0, len(ids), _AT_ONCE))
