"""The page of what was found, and its part for the list's place."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from urllib.parse import urlencode

from flask import Blueprint, Response, make_response, render_template, request

from webapp.chat.search import LENGTH, Found, find
from webapp.errors import BadAddress
from webapp.store.excerpt import Piece
from webapp.store.search import Hit
from webapp.store.text import storable
from webapp.web.i18n import gettext, ngettext, sentence
from webapp.web.parts import part, wants_part
from webapp.web.services import services
from webapp.web.sessions import current_session

blueprint = Blueprint("search", __name__)

_NUMBER = re.compile(r"[0-9]{1,18}")


@dataclass(frozen=True, slots=True)
class PlaceFound:
    """A message in which something was found. `day` is a date as filters take it."""

    message_id: str
    by_user: bool
    day: str
    excerpt: Sequence[Piece]


@dataclass(frozen=True, slots=True)
class ConversationFound:
    """A conversation whose title was found, or neighbouring hits in one and the same."""

    url: str
    title: Sequence[Piece]
    day: str
    places: Sequence[PlaceFound]


@dataclass(frozen=True, slots=True)
class FoundView:
    """`count` is the sentence of how many there are; `more` is the address of the next page."""

    typed: str
    limit: int
    count: str
    remarks: Sequence[str]
    conversations: Sequence[ConversationFound]
    more: str
    further: bool


@blueprint.get("/search")
def search() -> Response:
    own, user_id = services(), current_session().user.id
    typed = storable(request.args.get("q", "")).strip()
    after = request.args.get("after", "")
    if after and not _NUMBER.fullmatch(after):
        raise BadAddress
    found = find(own.database, user_id, typed, after=int(after) if after else None)
    view = _view(typed, found, further=bool(after))
    if wants_part():
        return part(render_template("_results.html", found=view))
    return make_response(render_template("search.html", found=view))


def _view(typed: str, found: Found, *, further: bool) -> FoundView:
    more = {"q": typed[: LENGTH * 2], "after": found.behind or 0}
    return FoundView(
        typed=typed,
        limit=LENGTH,
        count=_count(found) if typed else "",
        remarks=[sentence(remark) for remark in found.asked.remarks],
        conversations=[*map(_titled, found.titles), *_conversations(found.messages)],
        more="" if found.behind is None else f"/search?{urlencode(more)}",
        further=further,
    )


def _count(found: Found) -> str:
    number = len(found.titles) + len(found.messages)
    if found.behind is not None:
        return gettext("More than %(count)s found, the newest first") % {"count": number}
    if not number:
        return gettext("Nothing found")
    return ngettext("%(count)s found", "%(count)s found, the newest first", number) % {
        "count": number
    }


def _titled(hit: Hit) -> ConversationFound:
    return ConversationFound(f"/c/{hit.conversation_id}", hit.title, _day(hit), ())


def _conversations(hits: Sequence[Hit]) -> Iterator[ConversationFound]:
    """Put hits that follow each other in one conversation under one title."""
    for conversation_id, members in groupby(hits, key=lambda hit: hit.conversation_id):
        all_ = list(members)
        yield ConversationFound(
            url=f"/c/{conversation_id}",
            title=all_[0].title,
            day=_day(all_[0]),
            places=[
                PlaceFound(hit.message_id or "", hit.role == "user", _day(hit), hit.excerpt)
                for hit in all_
            ],
        )


def _day(hit: Hit) -> str:
    return f"{hit.at.astimezone():%Y-%m-%d}"
