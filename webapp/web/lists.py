"""The list of conversations in pages: at the side, and all of a place with many at once."""

from __future__ import annotations

from flask import Blueprint, Response, make_response, render_template, request

from webapp.errors import BadCommand, NotFound, NothingChosen
from webapp.store.lists import ACTIVE, ARCHIVED, DATES, TRASHED, Cursor, Place
from webapp.web.announce_lists import announce_arranged
from webapp.web.conversation_forms import MARKS
from webapp.web.folder_forms import move_as_told
from webapp.web.frames import parse_id
from webapp.web.list_views import list_view, more, sidebar
from webapp.web.parts import go_to, part, wants_part
from webapp.web.services import services
from webapp.web.sessions import current_session

blueprint = Blueprint("lists", __name__)

_PLACES = {"active": ACTIVE, "archived": ARCHIVED, "trashed": TRASHED}


@blueprint.get("/list")
def go_on() -> Response:
    """Give the next page of the list at the side."""
    own, user_id = services(), current_session().user.id
    if not wants_part():
        return go_to(f"/conversations?{request.query_string.decode()}")
    page = own.lists.page(user_id, DATES, after=_after())
    groups = own.presenter.groups(page.conversations, current=None)
    return part(render_template("_list_page.html", groups=groups, more_at=more("/list", page)))


@blueprint.get("/lists")
def anew() -> Response:
    """Give all lists at the side as a page has them at first, the folders closed."""
    own, user_id = services(), current_session().user.id
    if not wants_part():
        return go_to("/conversations")
    return part(render_template("_sidebar_lists.html", sidebar=sidebar(own, user_id)))


@blueprint.get("/folders/<folder_id>/list")
def open_folder(folder_id: str) -> Response:
    """Give a page of what is in a folder."""
    own, user_id = services(), current_session().user.id
    known = _id(folder_id)
    if not wants_part():
        return go_to(f"/conversations?in={known}")
    page = own.lists.page(user_id, Place("filed", known), after=_after())
    groups = own.presenter.groups(page.conversations, current=None)
    address = more(f"/folders/{known}/list", page)
    return part(render_template("_list_page.html", groups=groups, more_at=address))


@blueprint.get("/conversations")
def conversations() -> Response:
    """Show a page of a place, to do something with many at once."""
    own, user_id = services(), current_session().user.id
    key = request.args.get("in", "active")
    page = own.lists.page(user_id, _place(key), after=_after())
    view = list_view(own, user_id, key, page, after=request.args.get("after", ""))
    return make_response(render_template("conversations.html", list=view))


@blueprint.post("/conversations")
def arrange() -> Response:
    """Do the same with many: with all of them or, where that is refused, with none."""
    own, user_id = services(), current_session().user.id
    chosen, action = set(request.form.getlist("conversation")), request.form.get("action", "")
    if not chosen:
        raise NothingChosen
    if action in MARKS:
        mark, on = MARKS[action]
        own.library.mark(user_id, chosen, mark, on=on)
    elif action == "move":
        move_as_told(own, user_id, chosen)
    elif action == "delete":
        own.library.remove(user_id, chosen)
    else:
        raise BadCommand
    announce_arranged(own, user_id, chosen)
    return go_to(_back())


def _after() -> Cursor | None:
    after = request.args.get("after", "")
    return Cursor.load(after) if after else None


def _place(key: str) -> Place:
    if key in _PLACES:
        return _PLACES[key]
    return Place("folder", _id(key))


def _id(value: str) -> str:
    """Take an id out of an address: what cannot be one is not there."""
    try:
        return parse_id(value)
    except BadCommand as error:
        raise NotFound from error


def _back() -> str:
    """Make the address of the page that the form stood on."""
    key, after = request.form.get("in", "active"), request.form.get("after", "")
    _place(key)
    return f"/conversations?in={key}" + (f"&after={Cursor.load(after).dump()}" if after else "")
