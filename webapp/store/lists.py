"""Lists of conversations, a page at a time. Every statement carries the owner."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Column, ColumnElement, Connection, literal, tuple_

from webapp.errors import BadAddress
from webapp.store.conversations import Conversation, from_row, of_owner
from webapp.store.tables import Timestamp, conversations, from_microseconds, microseconds

_CURSOR = re.compile(r"(-?\d{1,18})-([0-9a-f]{32})")


@dataclass(frozen=True, slots=True)
class Place:
    """Where conversations are.

    `active` is all that lies on no shelf. What of it is pinned is `pinned`; of the rest
    `dates` is what lies in no folder, and `filed` what lies in this one. `folder` is all
    of a folder, pinned or not.
    """

    name: Literal["active", "pinned", "dates", "filed", "folder", "archived", "trashed"]
    folder_id: str | None = None


ACTIVE, PINNED, DATES = Place("active"), Place("pinned"), Place("dates")
ARCHIVED, TRASHED = Place("archived"), Place("trashed")


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page of a list begins: behind the conversation with this time and this id."""

    at: datetime
    id: str

    def dump(self) -> str:
        return f"{microseconds(self.at)}-{self.id}"

    @classmethod
    def load(cls, text: str) -> Cursor:
        """Read what an address says. Raises `BadAddress`."""
        found = _CURSOR.fullmatch(text)
        if found is None:
            raise BadAddress
        try:
            return cls(from_microseconds(int(found[1])), found[2])
        except OverflowError as error:
            raise BadAddress from error


@dataclass(frozen=True, slots=True)
class Page:
    """Some conversations, the last one first; `behind` is where the next page begins."""

    conversations: Sequence[Conversation] = ()
    behind: Cursor | None = None


def page(
    connection: Connection,
    owner_id: str,
    place: Place,
    *,
    after: Cursor | None = None,
    limit: int | None = None,
) -> Page:
    """List a place: what went on last first; on a shelf, what was put there last first."""
    at = _order(place)
    statement = (
        of_owner(owner_id)
        .add_columns(at.label("place_at"))
        .where(*_conditions(place))
        .order_by(at.desc(), conversations.c.id.desc())
    )
    if after is not None:
        # One comparison of pairs, which an index over both can begin from.
        behind = tuple_(literal(after.at, Timestamp), literal(after.id))
        statement = statement.where(tuple_(at, conversations.c.id) < behind)
    if limit is not None:
        statement = statement.limit(limit + 1)
    rows = connection.execute(statement).all()
    shown = rows[:limit]
    more = len(rows) > len(shown)
    return Page(
        [from_row(row) for row in shown],
        Cursor(shown[-1].place_at, shown[-1].id) if more else None,
    )


def find_all(
    connection: Connection, owner_id: str, conversation_ids: Collection[str]
) -> Sequence[Conversation]:
    """Read those of the conversations that there are, the one that went on last first."""
    rows = connection.execute(
        of_owner(owner_id)
        .where(conversations.c.id.in_(conversation_ids))
        .order_by(conversations.c.updated_at.desc(), conversations.c.id.desc())
    )
    return [from_row(row) for row in rows]


def _order(place: Place) -> Column[datetime]:
    match place.name:
        case "archived":
            return conversations.c.archived_at
        case "trashed":
            return conversations.c.trashed_at
        case _:
            return conversations.c.updated_at


def _conditions(place: Place) -> Sequence[ColumnElement[bool]]:
    """Say where a place is, in words that the partial indexes of the table understand."""
    columns = conversations.c
    active = (columns.archived_at.is_(None), columns.trashed_at.is_(None))
    unpinned = columns.pinned_at.is_(None)
    conditions: dict[str, Sequence[ColumnElement[bool]]] = {
        "active": active,
        "pinned": (*active, columns.pinned_at.is_not(None)),
        "dates": (*active, unpinned, columns.folder_id.is_(None)),
        "filed": (*active, unpinned, columns.folder_id == place.folder_id),
        "folder": (*active, columns.folder_id == place.folder_id),
        "archived": (columns.archived_at.is_not(None), columns.trashed_at.is_(None)),
        "trashed": (columns.trashed_at.is_not(None),),
    }
    return conditions[place.name]
