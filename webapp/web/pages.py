"""The chat page: a new chat, or a conversation."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace

from flask import Blueprint, Response, render_template, request

from webapp.chat.context import DEFAULT_SYSTEM_TEXT
from webapp.chat.drafts import Written
from webapp.chat.parameters import written
from webapp.chat.window import Window
from webapp.web.drafting import gauge_view
from webapp.web.frames import parse_id
from webapp.web.list_views import sidebar
from webapp.web.parts import go_to, part, wants_part
from webapp.web.prompt_views import presets_to_begin_with
from webapp.web.quota_views import scarce
from webapp.web.services import Services, services
from webapp.web.session_views import session_view
from webapp.web.sessions import current_session, model_of
from webapp.web.views import PageView, TranscriptView

blueprint = Blueprint("pages", __name__)


@blueprint.get("/")
def new_chat() -> str:
    """Show a new chat, with the instructions of a preset where it begins with one."""
    preset = request.args.get("preset")
    if preset is None:
        return render_page(None)
    found = services().presets.find(current_session().user.id, preset)
    return render_page(None, system_text=found.system_text)


@blueprint.get("/c/<conversation_id>")
def conversation(conversation_id: str) -> str:
    """Show the end of the branch, or where the reader wants to be, as far as that is in it."""
    user_id, at = current_session().user.id, request.args.get("at")
    return render_page(services().chat.window(user_id, conversation_id, at=at), at=at)


@blueprint.get("/c/<conversation_id>/older")
def older(conversation_id: str) -> Response:
    own, user_id = services(), current_session().user.id
    before = request.args.get("before", "")
    if not wants_part():
        return go_to(f"/c/{conversation_id}?at={parse_id(before)}#message-{before}")
    window = own.chat.window_before(user_id, conversation_id, before)
    return part(older_part(own, window, f"/c/{conversation_id}"))


@blueprint.get("/sent/<client_id>")
def sent(client_id: str) -> Response:
    """Tell a page that was reloaded too soon where its message went; nothing if nowhere."""
    message = services().chat.of_client(current_session().user.id, client_id)
    if message is None:
        return Response(status=204)
    return Response(f"/c/{message.conversation_id}", content_type="text/plain; charset=utf-8")


def render_page(
    window: Window | None,
    *,
    at: str | None = None,
    draft: str = "",
    system_text: str = "",
    parameters: Mapping[str, str] | None = None,
    notice: str = "",
) -> str:
    """Draw the chat page; the `notice` is said at the composer, and the draft is in it."""
    own, session = services(), current_session()
    current = None if window is None else window.conversation.id
    draft = draft or own.drafts.find(session.id_hash, current)
    if current is not None:
        system_text = own.drafts.instructions(session.user.id, current)
        parameters = written(own.drafts.parameters(session.user.id, current))
    model, to_send = model_of(own, session), Written(current, draft, system_text or None)
    gauge = own.drafts.gauge(session.user.id, session.id_hash, model, to_send)
    page = PageView(
        user=session.user.name,
        session=session_view(own, session),
        sidebar=sidebar(own, session.user.id, None if window is None else window.conversation),
        conversation=(
            None
            if window is None
            else own.presenter.conversation(window.conversation, current=current)
        ),
        transcript=(
            TranscriptView(())
            if window is None
            else transcript(own, window, f"/c/{current}", at=at, unsent=gauge.unsent)
        ),
        client_id=str(uuid.uuid4()),
        notice=notice,
        draft=draft,
        files=own.presenter.files(own.files.waiting(session.id_hash, current)),
        system_text=system_text,
        default_system_text=DEFAULT_SYSTEM_TEXT,
        parameters=parameters or {},
        gauge=gauge_view(gauge, model, scarce(own, session, model)),
        presets=() if window is not None else presets_to_begin_with(own, session.user.id),
    )
    return render_template("chat.html", page=page)


def transcript(
    own: Services,
    window: Window,
    address: str,
    *,
    at: str | None = None,
    unsent: Sequence[str] = (),
    door: str = "",
) -> TranscriptView:
    """Show a window of a conversation that stands at `address`, the `unsent` messages as such.

    Who reads by a link finds images behind a `door` of their own.
    """
    ids = {message.id for message in window.messages}
    behind = set(unsent)
    return TranscriptView(
        messages=[
            replace(
                own.presenter.message(
                    message,
                    own.chat.text_so_far(message),
                    ahead=own.chat.ahead(message),
                    door=door,
                ),
                unsent=message.id in behind,
            )
            for message in window.messages
        ],
        older=own.presenter.older(address, window),
        newer=own.presenter.newer(address, window),
        head=window.conversation.head_id or "",
        at=at if at in ids and at is not None else "",
    )


def older_part(own: Services, window: Window, address: str, *, read_only: bool = False) -> str:
    """Draw a window as what is put before the messages that a page has."""
    door = address if read_only else ""
    shown = replace(transcript(own, window, address, door=door), newer=None, head="")
    return render_template("_older.html", transcript=shown, read_only=read_only)
