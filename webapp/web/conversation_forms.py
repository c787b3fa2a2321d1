"""What can be done with a conversation: its title, its place, its way out. Plain forms."""

from __future__ import annotations

from flask import Blueprint, Response, request

from webapp.store.conversations import Mark
from webapp.web.announce_lists import announce_arranged
from webapp.web.parts import go_to
from webapp.web.services import services
from webapp.web.sessions import current_session

blueprint = Blueprint("conversations", __name__)

MARKS: dict[str, tuple[Mark, bool]] = {
    "pin": ("pinned", True),
    "unpin": ("pinned", False),
    "archive": ("archived", True),
    "unarchive": ("archived", False),
    "trash": ("trashed", True),
    "restore": ("trashed", False),
}
_PUT_AWAY = {"archive", "trash"}


@blueprint.post("/c/<conversation_id>/rename")
def rename(conversation_id: str) -> Response:
    own, user_id = services(), current_session().user.id
    own.library.rename(user_id, conversation_id, request.form.get("title", ""))
    announce_arranged(own, user_id, [conversation_id])
    return go_to(f"/c/{conversation_id}")


@blueprint.post("/c/<conversation_id>/delete")
def delete(conversation_id: str) -> Response:
    own, user_id = services(), current_session().user.id
    own.library.remove(user_id, [conversation_id])
    announce_arranged(own, user_id, [conversation_id])
    return go_to("/conversations?in=trashed")


@blueprint.post(f"/c/<conversation_id>/<any({', '.join(MARKS)}):action>")
def mark(conversation_id: str, action: str) -> Response:
    own, user_id = services(), current_session().user.id
    name, on = MARKS[action]
    own.library.mark(user_id, [conversation_id], name, on=on)
    announce_arranged(own, user_id, [conversation_id])
    return go_to("/" if action in _PUT_AWAY else f"/c/{conversation_id}")
