"""Taking conversations in: a file, a look at what is in it, its progress, and a report."""

from __future__ import annotations

import errno
from typing import IO

from flask import Blueprint, Response, make_response, render_template, request
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.formparser import FormDataParser

from webapp.chat.importing.jobs import Slot
from webapp.errors import (
    BadCommand,
    ImportNoRoom,
    ImportNothing,
    ImportTooLarge,
    NotSignedIn,
    Refused,
)
from webapp.web.errors import status_of
from webapp.web.i18n import sentence
from webapp.web.import_views import import_view
from webapp.web.parts import go_to, part, wants_part
from webapp.web.services import Services, services
from webapp.web.sessions import current_session

blueprint = Blueprint("imports", __name__)

_ENVELOPE = 64 * 1024
"""Bytes of a form that are not the file."""

_PATIENCE = 3
"""How many times the limit is read of a file that is refused, so that it can be told why."""


@blueprint.get("/import")
def choose() -> str:
    return _page(services())


@blueprint.post("/import")
def upload() -> Response:
    """Take a file, and look at what is in it. Nothing of it is ever in memory as a whole."""
    own, user_id = services(), current_session().user.id
    try:
        slot = own.importer.place(user_id)
        try:
            one = own.importer.look(slot, _receive(slot, own.settings.import_limit))
        except BaseException:
            own.importer.discard(slot)
            raise
    except NotSignedIn:
        raise
    except Refused as error:
        _read_the_rest(own.settings.import_limit)
        if wants_part():
            html = render_template("_import_refused.html", notice=sentence(error))
            return part(html, status_of(error))
        return make_response(_page(own, refused=error), status_of(error))
    if wants_part():
        return part(render_template("_import.html", one=import_view(own, one)))
    return go_to(f"/import/{one.id}")


@blueprint.get("/import/<import_id>")
def look(import_id: str) -> Response:
    own, user_id = services(), current_session().user.id
    view = import_view(own, own.importer.find(user_id, import_id))
    if wants_part():
        return part(render_template("_import.html", one=view))
    return make_response(render_template("import_one.html", one=view))


@blueprint.post("/import/<import_id>/begin")
def begin(import_id: str) -> Response:
    own, user_id = services(), current_session().user.id
    own.importer.begin(user_id, import_id)
    return go_to(f"/import/{import_id}")


@blueprint.post("/import/<import_id>/cancel")
def cancel(import_id: str) -> Response:
    own, user_id = services(), current_session().user.id
    own.importer.cancel(user_id, import_id)
    return go_to(f"/import/{import_id}")


def _page(own: Services, *, refused: Refused | None = None) -> str:
    recent = own.importer.recent(current_session().user.id)
    return render_template(
        "import.html",
        limit=own.settings.import_limit,
        imports=[import_view(own, one) for one in recent],
        notice="" if refused is None else sentence(refused),
    )


def _receive(slot: Slot, limit: int) -> str:
    """Write the file of a form where the importer reads it, as it comes; return its name."""
    opened: list[IO[bytes]] = []

    def place(*_: object, **__: object) -> IO[bytes]:
        if opened:
            raise BadCommand  # a second file, which our own form does not send
        opened.append(slot.path.open("wb"))
        return opened[0]

    most = limit * 1_000_000
    request.max_content_length = most + _ENVELOPE
    parser = FormDataParser(place, max_form_memory_size=_ENVELOPE, max_form_parts=10, silent=False)
    try:
        parsed = parser.parse(
            request.stream, request.mimetype, request.content_length, request.mimetype_params
        )
        found = parsed[2].get("file")
    except RequestEntityTooLarge as error:
        raise ImportTooLarge(limit=limit) from error
    except ValueError as error:
        raise BadCommand from error
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise ImportNoRoom from error
        raise
    finally:
        for file in opened:
            file.close()
    size = slot.path.stat().st_size if opened else 0
    if found is None or size == 0:
        raise ImportNothing
    if size > most:
        raise ImportTooLarge(limit=limit)
    return found.filename or ""


def _read_the_rest(limit: int) -> None:
    """Read on what a browser is still sending: it looks for the answer when it has sent all."""
    source, left = request.environ["wsgi.input"], _PATIENCE * limit * 1_000_000
    length = request.content_length
    if length is None or length > left:
        return
    while left > 0 and (chunk := source.read(min(left, 256 * 1024))):
        left -= len(chunk)
