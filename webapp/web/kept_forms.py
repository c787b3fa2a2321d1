"""The forms of templates and presets: what was written is never lost to a refusal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from flask import Response, make_response, request

from webapp.chat.prompts import TEXT_LIMIT
from webapp.errors import ChangedElsewhere, NotFound, Refused
from webapp.web.errors import status_of
from webapp.web.i18n import sentence
from webapp.web.parts import go_to
from webapp.web.prompt_views import FormView

Draw = Callable[[FormView], str]
"""Draws the page with a form on it."""


def take_a_whole_text() -> None:
    """Raise the limit, so that who writes too much is told so and keeps what they wrote."""
    request.max_content_length = request.max_form_memory_size = 2 * 12 * TEXT_LIMIT


def save(
    do: Callable[[], None], form: FormView, draw: Draw, *, now: Callable[[], FormView] | None = None
) -> Response:
    """Keep what stands in a form; where that is refused it stands there again.

    `now` is the form of what is there, for one that changes something.
    """
    try:
        do()
    except NotFound as error:
        # What was written is not lost with what it was written into: it can be kept anew.
        return _refused(error, replace(form, id="", seen=""), draw)
    except ChangedElsewhere as error:
        there = form if now is None else now()
        return _refused(error, replace(form, seen=there.seen, now=there.text), draw)
    except Refused as error:
        return _refused(error, form, draw)
    return go_to("/prompts")


def delete(do: Callable[[], None], draw: Draw, *, now: Callable[[], FormView]) -> Response:
    try:
        do()
    except ChangedElsewhere as error:
        return _refused(error, now(), draw)
    return go_to("/prompts")


def _refused(error: Refused, form: FormView, draw: Draw) -> Response:
    return make_response(draw(replace(form, error=sentence(error))), status_of(error))
