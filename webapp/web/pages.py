"""The chat page: a new chat, or a conversation."""

from __future__ import annotations

import uuid

from flask import Blueprint, render_template

from webapp.chat.service import Thread
from webapp.errors import LiaochatError
from webapp.web.i18n import sentence
from webapp.web.services import services
from webapp.web.sessions import auth_code_of, current_session, model_of
from webapp.web.views import PageView

blueprint = Blueprint("pages", __name__)


@blueprint.get("/")
def new_chat() -> str:
    return render_page(None)


@blueprint.get("/c/<conversation_id>")
def conversation(conversation_id: str) -> str:
    thread = services().chat.thread(current_session().user.id, conversation_id)
    return render_page(thread)


def render_page(
    thread: Thread | None, *, refused: LiaochatError | None = None, draft: str = ""
) -> str:
    """Draw the chat page; `refused` is said at the composer, and the draft is in it."""
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
