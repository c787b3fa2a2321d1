"""Sharing: a conversation's links, and what others share with the team. Plain forms."""

from __future__ import annotations

from datetime import timedelta
from typing import cast, get_args

from flask import Blueprint, Response, make_response, render_template, request

from webapp.chat.shares import Link
from webapp.errors import BadCommand, NotFound, Refused
from webapp.store.shares import Audience
from webapp.web.audited import record
from webapp.web.errors import status_of
from webapp.web.i18n import sentence
from webapp.web.parts import go_to, part, wants_part
from webapp.web.services import services
from webapp.web.sessions import current_session, own_address
from webapp.web.share_views import ShareableView, SharedLinkView, ShareView

blueprint = Blueprint("shares", __name__)

_DAYS = {"1", "7", "30"}


@blueprint.get("/c/<conversation_id>/share")
def links(conversation_id: str) -> Response:
    return _panel(conversation_id)


@blueprint.post("/c/<conversation_id>/share")
def make(conversation_id: str) -> Response:
    own, user_id = services(), current_session().user.id
    try:
        own.shares.make(
            user_id,
            conversation_id,
            audience=_audience(),
            snapshot=_choice("kind", {"live", "snapshot"}) == "snapshot",
            lifetime=_lifetime(),
            record=record,
        )
    except (BadCommand, NotFound):
        raise
    except Refused as error:
        return _panel(conversation_id, refused=error)
    return _shown(conversation_id)


@blueprint.post("/shares/<share_id>/revoke")
def revoke(share_id: str) -> Response:
    own, user_id = services(), current_session().user.id
    conversation_id = own.shares.revoke(user_id, share_id, record=record)
    own.doorkeeper.look()
    return _shown(conversation_id)


@blueprint.get("/shared")
def with_team() -> str:
    """List what others share with the team."""
    own, user_id = services(), current_session().user.id
    found = [
        SharedLinkView(
            title=one.title,
            url=f"/shared/{one.token}",
            day=own.presenter.day(one.share.created_at),
            snapshot=one.share.head_id is not None,
        )
        for one in own.shares.with_team(user_id)
    ]
    return render_template("shared_with_team.html", shared=found)


def _shown(conversation_id: str) -> Response:
    if wants_part():
        return _panel(conversation_id)
    return go_to(f"/c/{conversation_id}/share")


def _panel(conversation_id: str, *, refused: Refused | None = None) -> Response:
    own, user_id = services(), current_session().user.id
    conversation = own.chat.conversation(user_id, conversation_id)
    if conversation is None:
        raise NotFound
    view = ShareableView(
        conversation=own.presenter.conversation(conversation),
        links=[_view(link) for link in own.shares.links(user_id, conversation_id)],
        public_allowed=own.shares.public_allowed(),
        error="" if refused is None else sentence(refused),
    )
    status = 200 if refused is None else status_of(refused)
    if wants_part():
        return part(render_template("_share.html", shareable=view), status)
    return make_response(render_template("share.html", shareable=view), status)


def _view(link: Link) -> ShareView:
    own, share = services(), link.share
    address = own_address(own.settings, request)
    return ShareView(
        id=share.id,
        url="" if link.token is None else f"{address}/shared/{link.token}",
        audience=share.audience,
        snapshot_of="" if share.head_id is None else own.presenter.day(share.created_at),
        until="" if share.expires_at is None else own.presenter.day(share.expires_at),
        closed=share.audience == "public" and not own.shares.public_allowed(),
    )


def _audience() -> Audience:
    return cast("Audience", _choice("audience", set(get_args(Audience))))


def _lifetime() -> timedelta | None:
    days = _choice("days", {*_DAYS, ""})
    return timedelta(days=int(days)) if days else None


def _choice(name: str, choices: set[str]) -> str:
    chosen = request.form.get(name)
    if chosen not in choices:
        raise BadCommand
    return chosen
