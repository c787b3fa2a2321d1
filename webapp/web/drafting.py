"""What is being written: kept, measured, and said on all pages that it concerns."""

from __future__ import annotations

from collections.abc import Iterable

from flask import Blueprint, Response, request

from webapp.chat.asking import Asker, Send
from webapp.chat.drafts import Gauge
from webapp.chat.parameters import written
from webapp.errors import ImagesNotSeen, NotFound, RequestTooLong
from webapp.providers.base import Model
from webapp.store.sessions import BrowserSession
from webapp.store.text import storable
from webapp.web.connection import Connection
from webapp.web.frames import Draft, encode, parse_parameters
from webapp.web.i18n import gettext, ngettext, sentence
from webapp.web.parts import go_to
from webapp.web.quota_views import scarce
from webapp.web.services import Services, services
from webapp.web.sessions import current_session, model_of
from webapp.web.views import GaugeView

blueprint = Blueprint("drafting", __name__)

_WORTH_A_LOOK = 0.6
_ROOM_FOR_INSTRUCTIONS = 512 * 1024


@blueprint.before_request
def take_long_instructions() -> None:
    request.max_content_length = request.max_form_memory_size = _ROOM_FOR_INSTRUCTIONS


@blueprint.post("/c/<conversation_id>/system")
def instruct(conversation_id: str) -> Response:
    own, user_id = services(), current_session().user.id
    text = storable(request.form.get("system", "")).replace("\r\n", "\n")
    own.drafts.instruct(user_id, conversation_id, text)
    frame = encode("system", conversation=conversation_id, text=text if text.strip() else "")
    for connection, showing in own.hub.showing(conversation_id):
        if not showing.read_only:
            connection.send(frame)
    return go_to(f"/c/{conversation_id}")


@blueprint.post("/c/<conversation_id>/parameters")
def ask_for(conversation_id: str) -> Response:
    """Change what is asked of the model, with all its fields at once."""
    own, user_id = services(), current_session().user.id
    kept = own.drafts.ask_for(user_id, conversation_id, parse_parameters(request.form))
    frame = encode("parameters", conversation=conversation_id, values=written(kept))
    for connection, showing in own.hub.showing(conversation_id):
        if not showing.read_only:
            connection.send(frame)
    return go_to(f"/c/{conversation_id}")


def answer_draft(
    own: Services, connection: Connection, session: BrowserSession, command: Draft
) -> None:
    """Keep what a page says is written there, and tell it what would be sent with it."""
    written, model = command.written, model_of(own, session)
    try:
        if command.keep:
            own.drafts.keep(session.user.id, session.id_hash, written, was=command.was)
        gauge = own.drafts.gauge(session.user.id, session.id_hash, model, written)
    except NotFound:
        gauge = Gauge()  # deleted on another page: this one hears of that anyway
    view = gauge_view(gauge, model, scarce(own, session, model))
    connection.send(
        encode(
            "gauge",
            conversation=written.conversation_id,
            length=gauge.length,
            max_length=gauge.max_length,
            tokens=gauge.tokens,
            token_limit=gauge.token_limit,
            first=gauge.first_id,
            unsent=len(gauge.unsent),
            size=view.size,
            over=view.over,
            text=view.text,
        )
    )


def announce_sent(
    own: Services, asker: Asker, send: Send, *, sender: Connection | None = None
) -> None:
    """Tell the browser's other pages that stand there that what their box may hold was sent."""
    frame = encode("draft", conversation=send.conversation_id, text=send.text)
    for connection in own.hub.of_user(asker.user_id):
        shown = own.hub.shown_by(connection)
        where = None if shown is None else shown.conversation_id
        beside = connection.session_hash == asker.session_hash and connection is not sender
        if beside and where == send.conversation_id:
            connection.send(frame)


def gauge_view(gauge: Gauge, model: Model | None, quotas: Iterable[str] = ()) -> GaugeView:
    """Say what is worth a look: lengths near their limits, and what stays behind.

    `quotas` are sentences about what is nearly used up.
    """
    sizes = list(quotas)
    if _near(gauge.length, gauge.max_length):
        numbers = _numbers(gauge.length, gauge.max_length)
        sizes.append(gettext("%(count)s of %(limit)s characters") % numbers)
    if gauge.tokens is not None and _near(gauge.tokens, gauge.token_limit):
        numbers = _numbers(gauge.tokens, gauge.token_limit)
        sizes.append(gettext("%(count)s of %(limit)s tokens with the answer") % numbers)
    text, count = "", len(gauge.unsent)
    if count:
        text = ngettext(
            "The oldest message will not be sent.",
            "The oldest %(count)s messages will not be sent.",
            count,
        ) % {"count": count}
    if gauge.blind_to and model is not None:
        text = " ".join(filter(None, [text, _blind(gauge, model)]))
    if not gauge.possible and model is not None:
        text = sentence(RequestTooLong(model=model.name, room=gauge.room or 0))
    over = not gauge.possible or 0 < gauge.max_length < gauge.length or gauge.blind_to == "own"
    return GaugeView(size=" · ".join(sizes), text=text, over=over)


def _blind(gauge: Gauge, model: Model) -> str:
    """Say that the model takes text alone: so these cannot be sent, or those are not."""
    if gauge.blind_to == "own":
        return sentence(ImagesNotSeen(model=model.name))
    words = gettext("%(model)s takes text alone: of the images above it is told only the names.")
    return words % {"model": model.name}


def _near(count: int, limit: int) -> bool:
    return bool(limit) and count >= limit * _WORTH_A_LOOK


def _numbers(count: int, limit: int) -> dict[str, str]:
    return {"count": f"{count:,}", "limit": f"{limit:,}"}
