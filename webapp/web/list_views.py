"""From lists to what is shown of them, on the page's side and on a page of their own."""

from __future__ import annotations

from itertools import chain

from webapp.store.conversations import Conversation
from webapp.store.folders import Folder
from webapp.store.lists import Page
from webapp.web.i18n import gettext
from webapp.web.services import Services
from webapp.web.views import FolderView, ListView, PlaceView, SidebarView


def sidebar(own: Services, user_id: str, shown: Conversation | None = None) -> SidebarView:
    """Show what a page lists at first; the folder of what is shown is open."""
    version = own.list_versions.of(user_id)
    overview = own.lists.overview(user_id, shown)
    current = None if shown is None else shown.id
    listed = (*overview.pinned, *overview.dates.conversations)
    return SidebarView(
        groups=own.presenter.groups(listed, current=current),
        folders=[
            _opened(own, folder, overview.opened, current)
            if folder.id == overview.open_id
            else folder_view(folder)
            for folder in overview.folders
        ],
        more=more("/list", overview.dates),
        version=version,
    )


def folder_view(folder: Folder) -> FolderView:
    """Show a folder that is closed: what is in it comes when it is opened."""
    return FolderView(
        id=folder.id,
        name=folder.name,
        count=folder.count,
        url=f"/conversations?in={folder.id}",
        more=f"/folders/{folder.id}/list" if folder.count else "",
    )


def list_view(own: Services, user_id: str, key: str, page: Page, *, after: str) -> ListView:
    """Show a page of a place: `key` is active, archived, trashed, or a folder's id."""
    folders = [folder_view(folder) for folder in own.lists.folders(user_id)]
    names = {
        "active": gettext("All conversations"),
        "archived": gettext("Archive"),
        "trashed": gettext("Trash"),
    }
    folder = next((one for one in folders if one.id == key), None)
    return ListView(
        key=key,
        name=names[key] if folder is None else folder.name,
        after=after,
        conversations=[own.presenter.conversation(one) for one in page.conversations],
        more=more(f"/conversations?in={key}", page),
        places=[
            PlaceView(one, name, f"/conversations?in={one}", one == key)
            for one, name in chain(names.items(), ((each.id, each.name) for each in folders))
        ],
        folders=folders,
        folder=folder,
    )


def more(address: str, page: Page) -> str:
    """Make the address of what follows a page, or nothing where it is the last."""
    if page.behind is None:
        return ""
    return f"{address}{'&' if '?' in address else '?'}after={page.behind.dump()}"


def _opened(own: Services, folder: Folder, page: Page, current: str | None) -> FolderView:
    return FolderView(
        id=folder.id,
        name=folder.name,
        count=folder.count,
        url=f"/conversations?in={folder.id}",
        conversations=[
            own.presenter.conversation(one, current=current) for one in page.conversations
        ],
        more=more(f"/folders/{folder.id}/list", page),
        open=True,
    )
