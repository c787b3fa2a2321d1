"""The chat page: a new chat or a conversation, and its forms for a browser without script."""

from __future__ import annotations

import uuid

from flask import Blueprint, Response, make_response, redirect, render_template, request

from webapp.chat.service import Thread
from webapp.errors import LiaochatError, NotSignedIn, Refused
from webapp.web.announce import announce_sent
from webapp.web.errors import status_of
from webapp.web.frames import parse_id, parse_send
from webapp.web.i18n import sentence
from webapp.web.services import services
from webapp.web.sessions import asker_of, auth_code_of, current_session, model_of
from webapp.web.views import PageView

blueprint = Blueprint("pages", __name__)


@blueprint.get("/")
def new_chat() -> str:
    return _page(None)


@blueprint.get("/c/<conversation_id>")
def conversation(conversation_id: str) -> str:
    thread = services().chat.thread(current_session().user.id, conversation_id)
    return _page(thread)


@blueprint.post("/messages")
def send() -> Response:
    own, session = services(), current_session()
    command = parse_send(request.form)
    try:
        sent = own.chat.send(asker_of(own, session), command)
    except NotSignedIn:
        raise
    except Refused as error:
        thread = None
        if command.conversation_id is not None:
            thread = own.chat.thread(session.user.id, command.conversation_id)
        page = _page(thread, refused=error, draft=command.text)
        return make_response(page, status_of(error))
    announce_sent(own, session.user.id, sent)
    return make_response(redirect(f"/c/{sent.conversation.id}", 303))


@blueprint.post("/messages/<message_id>/stop")
def stop(message_id: str) -> Response:
    own, session = services(), current_session()
    conversation_id = own.chat.stop(session.user.id, parse_id(message_id))
    return make_response(redirect(f"/c/{conversation_id}", 303))


def _page(thread: Thread | None, *, refused: LiaochatError | None = None, draft: str = "") -> str:
    own, session = services(), current_session()
    current = None if thread is None else thread.conversation.id
    page = PageView(
        user=session.user.name,
        session=own.presenter.session(model_of(own, session), auth_code_of(own, session)),
        groups=own.presenter.groups(own.chat.recent(session.user.id), current=current),
        conversation=(
            None
            if thread is None
            else own.presenter.conversation(thread.conversation, current=current)
        ),
        messages=[
            own.presenter.message(message, own.chat.text_so_far(message))
            for message in (() if thread is None else thread.messages)
        ],
        client_id=str(uuid.uuid4()),
        notice="" if refused is None else sentence(refused),
        draft=draft,
    )
    return render_template("chat.html", page=page)
