"""Search in titles and messages, the newest first. Every statement carries the owner.

The newest first, not the best: who searches a history remembers about when, and an order by
time can stop at the first twenty, whatever the word. This is SQLite's way, with the index that
migration 0004 describes; PostgreSQL's will stand beside it, behind the same two functions.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Select,
    TextClause,
    bindparam,
    column,
    literal_column,
    or_,
    select,
    table,
    text,
)

from webapp.store.answerers import answered
from webapp.store.excerpt import Piece, begins_words, excerpt, marked
from webapp.store.tables import EPOCH, Timestamp, conversations
from webapp.store.trigrams import TRIGRAM, expression

Place = Literal["kept", "archived", "trashed"]

_LIES_IN: dict[Place, str] = {
    "kept": "conversations.trashed_at IS NULL",
    "archived": "conversations.trashed_at IS NULL AND conversations.archived_at IS NOT NULL",
    "trashed": "conversations.trashed_at IS NOT NULL",
}

_owners = table("search_owners", column("number"), column("owner_id"))


@dataclass(frozen=True, slots=True)
class Query:
    """What is looked for: all of the words or phrases, none of them empty.

    `model` is a part of a model's key; no title has one. `since` and `before`, which itself
    is left out, are of messages when they were written, of titles when they last went on.
    `place` is all but the trash (kept), or the archive or the trash alone.
    """

    words: tuple[str, ...] = ()
    model: str = ""
    since: datetime | None = None
    before: datetime | None = None
    place: Place = "kept"


@dataclass(frozen=True, slots=True)
class Hit:
    """A title, or a message: `message_id`, `role`, `excerpt` and `number` are of messages.

    A search goes on behind its `number`.
    """

    conversation_id: str
    title: tuple[Piece, ...]
    at: datetime
    message_id: str | None = None
    role: str = ""
    excerpt: tuple[Piece, ...] = ()
    number: int = 0


def search_titles(
    connection: Connection, owner_id: str, query: Query, *, limit: int
) -> Sequence[Hit]:
    """Find titles with all the words, of the conversation that went on last first."""
    if not query.words or query.model:
        return []
    c = conversations.c
    statement = (
        select(c.id, c.title, c.updated_at)
        .where(c.owner_id == owner_id, text(_LIES_IN[query.place]))
        .order_by(c.updated_at.desc())
        .limit(limit)
    )
    for word in query.words:
        patterns = _title_patterns(word)
        statement = statement.where(or_(*(c.title.like(one, escape="\\") for one in patterns)))
    if query.since is not None:
        statement = statement.where(c.updated_at >= query.since)
    if query.before is not None:
        statement = statement.where(c.updated_at < query.before)
    rows = connection.execute(statement)
    return [Hit(row.id, marked(row.title, query.words), row.updated_at) for row in rows]


def search(
    connection: Connection, owner_id: str, query: Query, *, limit: int, after: int | None = None
) -> Sequence[Hit]:
    """Find messages with all the words, the newest first, behind the number `after`."""
    owner = connection.execute(
        select(_owners.c.number).where(_owners.c.owner_id == owner_id)
    ).scalar_one_or_none()
    found_by = expression(connection, query.words)
    if owner is None or found_by is None or query == Query():
        return []
    span, few = query, None
    if query.model:
        found = answered(
            connection, owner_id, _like(query.model), since=query.since, before=query.before
        )
        if found is None:
            return []
        span, few = replace(query, since=found.first, before=found.last), found.few
    first, last = _span(owner, span, after)
    if query.place == "trashed":
        first, last = _span_of_trash(connection, owner_id, first, last)
    source, number = _BY_INDEX if found_by else _BY_NUMBER
    statement: Select[Any] = select(*_COLUMNS).select_from(text(source))
    statement = (
        statement.where(text(_LIES_IN[query.place]), *_conditions(owner_id, query))
        .order_by(text(f"{number} DESC"))
        .limit(limit)
    )
    values = {"expression": found_by, "first": first, "last": last, "few": json.dumps(few)}
    if few is not None:
        statement = statement.where(text(_AMONG.format(number=number)))
    return [
        Hit(
            row.conversation_id,
            marked(row.title, query.words),
            row.created_at,
            message_id=row.id,
            role=row.role,
            excerpt=excerpt(row.text, query.words),
            number=row.number,
        )
        for row in connection.execute(statement, values)
    ]


_COLUMNS: Sequence[ColumnElement[Any]] = (
    literal_column("search_entries.number").label("number"),
    literal_column("messages.id").label("id"),
    literal_column("messages.role").label("role"),
    literal_column("messages.text").label("text"),
    literal_column("messages.created_at", Timestamp).label("created_at"),
    literal_column("messages.conversation_id").label("conversation_id"),
    literal_column("conversations.title").label("title"),
)

# CROSS JOIN keeps SQLite to this order: the newest come first, and nothing is sorted.
_TO_MESSAGES = """
    CROSS JOIN messages ON messages.id = search_entries.message_id
    CROSS JOIN conversations ON conversations.id = messages.conversation_id
"""
_BY_NUMBER = (
    f"search_entries {_TO_MESSAGES} AND search_entries.number BETWEEN :first AND :last",
    "search_entries.number",
)
_BY_INDEX = (
    f"""
    search_index CROSS JOIN search_entries ON search_entries.number = search_index.rowid
    {_TO_MESSAGES} AND search_index MATCH :expression
    AND search_index.rowid BETWEEN :first AND :last
    """,
    "search_index.rowid",
)

# The sign keeps SQLite from asking the index once for each of them: to pass over what is not
# among them costs less.
_AMONG = "+{number} IN (SELECT value FROM json_each(:few))"


def _title_patterns(word: str) -> Sequence[str]:
    """Make patterns for a title, which has no trigrams to help: LIKE ignores ASCII's case alone."""
    cases = sorted({_escaped(one) for one in (word, word.lower(), word.upper(), word.title())})
    before = ("", "% ") if begins_words(word) else ("%",)
    return [f"{one}{case}%" for case in cases for one in before]


def _conditions(owner_id: str, query: Query) -> Iterator[TextClause]:
    yield text("messages.owner_id = :owner").bindparams(owner=owner_id)
    for at, word in enumerate(query.words):
        if len(word) != TRIGRAM:
            pattern: BindParameter[str] = bindparam(f"word{at}", _pattern(word))
            yield text(f"messages.text LIKE :word{at} ESCAPE '\\'").bindparams(pattern)
    if query.model:
        yield text("messages.model LIKE :model ESCAPE '\\'").bindparams(model=_like(query.model))
    if query.since is not None:
        since = bindparam("since", query.since, Timestamp)
        yield text("messages.created_at >= :since").bindparams(since)
    if query.before is not None:
        before = bindparam("before", query.before, Timestamp)
        yield text("messages.created_at < :before").bindparams(before)


_HOUR_BITS, _OWNER_BITS = 8, 40
_LATE = 1 << 20
"""How far behind its hour a message's number may stand, at most, but for millions in an hour."""


def _span(owner: int, query: Query, after: int | None) -> tuple[int, int]:
    """Give the numbers between which the owner's messages of these days stand."""
    first, last = owner << _OWNER_BITS, ((owner + 1) << _OWNER_BITS) - 1
    if query.before is not None:
        last = min(last, first + (_hour(query.before) << _HOUR_BITS) + _LATE)
    if query.since is not None:
        first += _hour(query.since) << _HOUR_BITS
    return first, last if after is None else min(last, after - 1)


def _span_of_trash(connection: Connection, owner_id: str, first: int, last: int) -> tuple[int, int]:
    """Narrow the numbers to those in the trash, which is mostly small, and often empty."""
    found = connection.execute(
        text(_TRASH).bindparams(owner=owner_id, first=first, last=last)
    ).one()
    return (first, first - 1) if found[0] is None else (found[0], found[1])


_TRASH = """
    SELECT min(number), max(number)
    FROM conversations
    CROSS JOIN messages ON messages.conversation_id = conversations.id
    CROSS JOIN search_entries ON search_entries.message_id = messages.id
    WHERE conversations.owner_id = :owner AND conversations.trashed_at IS NOT NULL
    AND number BETWEEN :first AND :last
"""


def _hour(moment: datetime) -> int:
    return max(int((moment - EPOCH).total_seconds()) // 3600, 0)


def _pattern(word: str) -> str:
    """Make the pattern that a text must be like, which holds the word's trigrams somewhere.

    LIKE ignores the case of ASCII alone: other letters that have one may be any, as spaces
    may, and the trigrams see to them.
    """
    return "%" + "".join("_" if _may_vary(one) else _escaped(one) for one in word) + "%"


def _may_vary(letter: str) -> bool:
    return letter.isspace() or (not letter.isascii() and letter.lower() != letter.upper())


def _like(part: str) -> str:
    """Make the pattern of what holds a part."""
    return f"%{_escaped(part)}%"


def _escaped(part: str) -> str:
    """Write what LIKE takes as it is."""
    return part.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
