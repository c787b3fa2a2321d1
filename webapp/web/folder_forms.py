"""What can be done with folders, and moving conversations into them. Plain forms."""

from __future__ import annotations

from collections.abc import Collection

from flask import Blueprint, Response, request

from webapp.web.announce_lists import announce_arranged, announce_folders
from webapp.web.parts import go_to
from webapp.web.services import Services, services
from webapp.web.sessions import current_session

blueprint = Blueprint("folders", __name__)

_TOLD = 200
"""Of how many conversations of a deleted folder the open pages are told, the newest."""


@blueprint.post("/folders")
def create() -> Response:
    own, user_id = services(), current_session().user.id
    folder = own.lists.create(user_id, request.form.get("name", ""))
    announce_folders(own, user_id)
    return go_to(f"/conversations?in={folder.id}")


@blueprint.post("/folders/<folder_id>/rename")
def rename(folder_id: str) -> Response:
    own, user_id = services(), current_session().user.id
    own.lists.rename(user_id, folder_id, request.form.get("name", ""))
    announce_folders(own, user_id)
    return go_to(f"/conversations?in={folder_id}")


@blueprint.post("/folders/<folder_id>/delete")
def delete(folder_id: str) -> Response:
    own, user_id = services(), current_session().user.id
    filed = own.lists.filed(user_id, folder_id, limit=_TOLD)
    own.lists.remove(user_id, folder_id)
    announce_arranged(own, user_id, {one.id for one in filed})
    announce_folders(own, user_id)
    return go_to("/conversations")


@blueprint.post("/c/<conversation_id>/move")
def move(conversation_id: str) -> Response:
    own, user_id = services(), current_session().user.id
    move_as_told(own, user_id, {conversation_id})
    announce_arranged(own, user_id, {conversation_id})
    return go_to(f"/c/{conversation_id}")


def move_as_told(own: Services, user_id: str, conversation_ids: Collection[str]) -> None:
    """Move conversations as the form says: to a folder, to a new one, or out of all."""
    name = request.form.get("name", "")
    if name.strip():
        own.lists.move_to_new(user_id, conversation_ids, name)
    else:
        own.lists.move(user_id, conversation_ids, request.form.get("folder", "") or None)
