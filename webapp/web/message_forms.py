"""The commands of the socket as forms, for a browser without script; and what is a page load."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from flask import Blueprint, Response, make_response, render_template, request

from webapp.chat.asking import Ask, Continue, Edit, Regenerate, Send
from webapp.chat.drafts import Written
from webapp.errors import BadCommand, NotSignedIn, Refused
from webapp.web.announce import announce_asked, announce_branch, announce_entry
from webapp.web.drafting import announce_sent
from webapp.web.errors import status_of
from webapp.web.files import keep_uploads, said
from webapp.web.frames import MAX_CHARACTERS, Delete, Show, Stop, parse_fields
from webapp.web.i18n import sentence
from webapp.web.pages import render_page
from webapp.web.parts import go_to, part, wants_part
from webapp.web.services import services
from webapp.web.sessions import asker_of, current_session

blueprint = Blueprint("messages", __name__, url_prefix="/messages")


@blueprint.before_request
def take_a_whole_message() -> None:
    """Raise the limit, for who is signed in; a character takes up to twelve bytes in a form."""
    request.max_content_length = request.max_form_memory_size = 12 * MAX_CHARACTERS


@blueprint.post("")
def send() -> Response:
    """Send a message with the files beside its draft that the page showed, and with new ones."""
    fields = {**request.form.to_dict(), "files": request.form.getlist("files")}
    ask = parse_fields("send", fields)
    if not isinstance(ask, Send):
        raise BadCommand
    added = keep_uploads(ask.conversation_id)
    if added.refused:
        return _page_again(ask, said(added.refused), status_of(added.refused[0]))
    return _ask(replace(ask, files=(*ask.files, *added.ids)), added.ids)


@blueprint.post("/<message_id>/branch")
def branch(message_id: str) -> Response:
    own, session = services(), current_session()
    made = own.library.branch(session.user.id, message_id)
    announce_entry(own, session.user.id, made.id)
    return go_to(f"/c/{made.id}")


@blueprint.get("/<message_id>/thoughts")
def thoughts(message_id: str) -> Response:
    """Show what the model said to itself before an answer, as far as it has come."""
    own, user_id = services(), current_session().user.id
    message, text = own.chat.thoughts(user_id, message_id)
    if wants_part():
        return part(render_template("_thoughts.html", text=text))
    answer = f"/c/{message.conversation_id}?at={message_id}#message-{message_id}"
    return part(render_template("thoughts.html", text=text, answer=answer))


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
            return go_to(f"/c/{own.chat.stop(user_id, message_id)}")
        case Show(message_id):
            changed = own.library.show(user_id, message_id)
            place = f"?at={message_id}#message-{message_id}"
        case Delete(message_id, last):
            changed = own.library.delete(user_id, message_id, last=last)
            before = changed.parent_id
            place = f"?at={before}#message-{before}" if before else ""
        case _:
            raise BadCommand
    announce_branch(own, user_id, changed)
    return go_to(f"/c/{changed.conversation_id}{place}")


def _ask(ask: Ask, added: Sequence[str] = ()) -> Response:
    own, session = services(), current_session()
    asker = asker_of(own, session, ask)
    try:
        with own.turnstile.turn():
            asked = own.chat.ask(asker, ask)
    except NotSignedIn:
        raise
    except Refused as error:
        if not isinstance(ask, Send):
            raise
        return _page_again(ask, sentence(error), status_of(error))
    if asked.again:  # and so did its files
        own.files.forget(session.user.id, added)
    announce_asked(own, session.user.id, asked)
    if isinstance(ask, Send):
        # No script kept what was written since: whatever is kept, this came of it.
        own.drafts.keep(asker.user_id, session.id_hash, Written(ask.conversation_id, ""))
        announce_sent(own, asker, ask)
    return go_to(f"/c/{asked.conversation.id}")


def _page_again(ask: Send, notice: str, status: int) -> Response:
    """Show the page with what was not sent: its files wait beside the draft."""
    window = None
    if ask.conversation_id is not None:
        window = services().chat.window(current_session().user.id, ask.conversation_id)
    page = render_page(
        window,
        notice=notice,
        draft=ask.text,
        system_text=ask.system_text or "",
        parameters=ask.parameters,
    )
    return make_response(page, status)
