"""Telling open pages where conversations stand now. Callable from any thread."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from webapp.store.conversations import Conversation
from webapp.store.folders import Folder
from webapp.web.announce import announce_version, entry_frame
from webapp.web.connection import Connection
from webapp.web.frames import encode
from webapp.web.list_views import folder_view
from webapp.web.services import Services


def announce_arranged(own: Services, user_id: str, conversation_ids: Collection[str]) -> None:
    """Bring lists and menus up to date after something was done with conversations."""
    own.list_versions.change(user_id)
    pages = own.hub.of_user(user_id)
    if not pages:
        return
    found = {one.id: one for one in own.lists.found(user_id, conversation_ids)}
    folders = own.lists.folders(user_id)
    gone = [one for one in conversation_ids if one not in found]
    frames = [
        _folders_frame(own, folders),
        *(entry_frame(own, one, found.get(one)) for one in (*gone, *reversed(found))),
    ]
    for connection in pages:
        for frame in frames:
            connection.send(frame)
        shown = _shown_by(own, connection)
        if shown in found:
            connection.send(_menu_frame(own, found[shown], folders))
        elif shown in gone:
            connection.send(encode("menu", conversation=shown, title="", trashed=True, html=None))


def announce_imported(own: Services, user_id: str) -> None:
    """Have the lists brought up to date after much came at once, and the menus."""
    announce_folders(own, user_id)
    for connection in own.hub.of_user(user_id):
        announce_version(own, connection)


def announce_folders(own: Services, user_id: str) -> None:
    """Bring the folders of the user's pages up to date, and the menus, which name them."""
    own.list_versions.change(user_id)
    pages = own.hub.of_user(user_id)
    if not pages:
        return
    folders = own.lists.folders(user_id)
    frame = _folders_frame(own, folders)
    for connection in pages:
        connection.send(frame)
        shown = _shown_by(own, connection)
        conversation = None if shown is None else own.chat.conversation(user_id, shown)
        if conversation is not None:
            connection.send(_menu_frame(own, conversation, folders))


def show_menu(own: Services, connection: Connection, conversation: Conversation) -> None:
    """Tell a page what can be done with the conversation that it shows."""
    folders = own.lists.folders(connection.user_id)
    connection.send(_menu_frame(own, conversation, folders))


def _menu_frame(own: Services, conversation: Conversation, folders: Sequence[Folder]) -> bytes:
    view = own.presenter.conversation(conversation)
    html = own.presenter.part(
        "_menu_items.html", conversation=view, folders=[folder_view(one) for one in folders]
    )
    return encode("menu", conversation=view.id, title=view.title, trashed=view.trashed, html=html)


def _folders_frame(own: Services, folders: Sequence[Folder]) -> bytes:
    views = [folder_view(one) for one in folders]
    return encode("folders", html=own.presenter.part("_folders.html", folders=views))


def _shown_by(own: Services, connection: Connection) -> str | None:
    showing = own.hub.shown_by(connection)
    return None if showing is None or showing.read_only else showing.conversation_id
