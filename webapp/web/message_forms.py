"""The commands of the socket as forms, for a browser without script; and what is a page load."""

from __future__ import annotations

from flask import Blueprint, Response, make_response, redirect, request

from webapp.chat.asking import Ask, Continue, Edit, Regenerate, Send
from webapp.errors import BadCommand, NotSignedIn, Refused
from webapp.web.announce import announce_asked, announce_branch
from webapp.web.errors import status_of
from webapp.web.frames import MAX_CHARACTERS, Delete, Show, Stop, parse_fields
from webapp.web.pages import render_page
from webapp.web.services import services
from webapp.web.sessions import asker_of, current_session

blueprint = Blueprint("messages", __name__, url_prefix="/messages")


@blueprint.before_request
def take_a_whole_message() -> None:
    """Raise the limit, for who is signed in; a character takes up to twelve bytes in a form."""
    request.max_content_length = request.max_form_memory_size = 12 * MAX_CHARACTERS


@blueprint.post("")
def send() -> Response:
    return _obey("send")


@blueprint.post("/<message_id>/branch")
def branch(message_id: str) -> Response:
    own, session = services(), current_session()
    return _to(own.library.branch(session.user.id, message_id).id)


@blueprint.post('/<message_id>/<any(regenerate, edit, "continue", stop, show, delete):command>')
def do(message_id: str, command: str) -> Response:
    """Do what the frame of this name does."""
    return _obey(command, message=message_id)


def _obey(name: str, **fields: str) -> Response:
    own, user_id = services(), current_session().user.id
    match parse_fields(name, {**request.form.to_dict(), **fields}):
        case Send() | Regenerate() | Edit() | Continue() as ask:
            return _ask(ask)
        case Stop(message_id):
            return _to(own.chat.stop(user_id, message_id))
        case Show(message_id):
            conversation_id = own.library.show(user_id, message_id).conversation_id
        case Delete(message_id):
            conversation_id = own.library.delete(user_id, message_id).conversation_id
        case _:
            raise BadCommand
    announce_branch(own, user_id, conversation_id)
    return _to(conversation_id)


def _ask(ask: Ask) -> Response:
    own, session = services(), current_session()
    try:
        asked = own.chat.ask(asker_of(own, session), ask)
    except NotSignedIn:
        raise
    except Refused as error:
        if not isinstance(ask, Send):
            raise
        thread = None
        if ask.conversation_id is not None:
            thread = own.chat.thread(session.user.id, ask.conversation_id)
        page = render_page(thread, refused=error, draft=ask.text)
        return make_response(page, status_of(error))
    announce_asked(own, session.user.id, asked)
    return _to(asked.conversation.id)


def _to(conversation_id: str) -> Response:
    return make_response(redirect(f"/c/{conversation_id}", 303))
