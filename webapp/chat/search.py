"""What a person types to search, read: words, "phrases", and a few filters."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from webapp.errors import BadDate, EmptyFilter, LiaochatError, QueryTooLong, UnknownPlace
from webapp.store.database import Database
from webapp.store.search import Hit, Place, Query, search, search_titles

LENGTH = 200
"""Characters of a query that are read."""

PAGE = 20
TITLES = 10
_WORDS = 16

_PLACES: dict[str, Place] = {"trash": "trashed", "archive": "archived"}

# A filter that is known, a phrase, or what else stands between spaces. A quote that is not
# closed ends with the query: it is being written.
_PART = re.compile(
    r"""(?P<name>model|before|after|in):(?:"(?P<quoted>[^"]*)"?|(?P<value>\S*))"""
    r"""|["“”„](?P<phrase>[^"“”]*)["“”]?"""
    r"""|「(?P<corner>[^」]*)」?"""
    r"""|(?P<word>\S+)""",
    re.IGNORECASE,
)
_DATE = re.compile(r"(\d{4})(?:-(\d{1,2}))?(?:-(\d{1,2}))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Asked:
    """A query, and what of it was not understood, as the sentences that say so."""

    query: Query
    remarks: Sequence[LiaochatError] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """A page of what was found: titles on the first one, and then messages.

    `behind` is where the next page goes on, None where this is the last.
    """

    asked: Asked
    titles: Sequence[Hit] = ()
    messages: Sequence[Hit] = ()
    behind: int | None = None


def find(database: Database, user_id: str, typed: str, *, after: int | None = None) -> Found:
    """Search in what a person has, the newest first; `after` is another page's `behind`."""
    asked = parse(typed)
    if asked.query == Query():
        return Found(asked)
    with database.reading() as connection:
        titles = (
            search_titles(connection, user_id, asked.query, limit=TITLES) if after is None else ()
        )
        hits = search(connection, user_id, asked.query, limit=PAGE + 1, after=after)
    behind = hits[PAGE - 1].number if len(hits) > PAGE else None
    return Found(asked, titles, hits[:PAGE], behind)


def parse(typed: str) -> Asked:
    """Read a query. Whatever is typed is one: what is no filter is looked for as it stands."""
    reading = _Reading()
    typed = unicodedata.normalize("NFC", " ".join(typed.split()))
    for part in _PART.finditer(typed[:LENGTH]):
        if part["name"]:
            _filter(reading, part["name"].lower(), (part["quoted"] or part["value"] or "").strip())
            continue
        word = " ".join((part["phrase"] or part["corner"] or part["word"] or "").split())
        if word and word not in reading.words:
            reading.words.append(word)
    if len(typed) > LENGTH or len(reading.words) > _WORDS:
        reading.remarks.append(QueryTooLong(limit=LENGTH, words=_WORDS))
    query = replace(reading.query, words=tuple(reading.words[:_WORDS]))
    return Asked(query, tuple(reading.remarks))


@dataclass(slots=True)
class _Reading:
    query: Query = field(default_factory=Query)
    words: list[str] = field(default_factory=list)
    remarks: list[LiaochatError] = field(default_factory=list)


def _filter(reading: _Reading, name: str, value: str) -> None:
    """Take a filter into the query, or say why not. Of two of a kind the last one counts."""
    if not value:
        reading.remarks.append(EmptyFilter(name=name))
    elif name == "model":
        reading.query = replace(reading.query, model=value)
    elif name == "in":
        place = _PLACES.get(value.lower())
        if place is None:
            reading.remarks.append(UnknownPlace(place=_shown(value)))
        else:
            reading.query = replace(reading.query, place=place)
    else:
        try:
            moment = _beginning(value)
        except (ValueError, OverflowError):
            reading.remarks.append(BadDate(date=_shown(value)))
        else:
            key = "since" if name == "after" else "before"
            reading.query = replace(reading.query, **{key: moment})  # type: ignore[arg-type]


def _beginning(date: str) -> datetime:
    """The moment at which a year, a month or a day begins, by this machine's calendar."""
    parts = _DATE.fullmatch(date)
    if parts is None:
        raise ValueError(date)
    year, month, day = (int(part or 1) for part in parts.groups())
    return datetime(year, month, day).astimezone()


def _shown(value: str) -> str:
    """Give it without what turns the direction of a sentence around."""
    return "".join(letter for letter in value if unicodedata.category(letter) != "Cf")
