"""Names that a person gives."""

from __future__ import annotations

from webapp.errors import EmptyName
from webapp.store.text import one_line


def name_of(text: str, limit: int) -> str:
    """Make one line of a name, cut to the limit. Raises `EmptyName`."""
    name = one_line(text, limit)
    if not name:
        raise EmptyName
    return name
