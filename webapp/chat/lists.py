"""The lists: where conversations stand, in pages and in folders. Each call names its user."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection

from webapp.chat.names import name_of
from webapp.clock import Clock
from webapp.errors import FolderExists, NotFound, TooManyFolders
from webapp.store import conversations, folders, lists
from webapp.store.conversations import Conversation
from webapp.store.database import Database
from webapp.store.folders import NAME_LIMIT, Folder
from webapp.store.lists import DATES, PINNED, Cursor, Page, Place

FOLDER_LIMIT = 200
"""How many folders a person may have: every page lists them."""

_PAGE = 50


@dataclass(frozen=True, slots=True)
class Overview:
    """What a page lists at first: all that is pinned, the folders, and the newest of the rest.

    `opened` is the beginning of the folder in which the shown conversation is seen.
    """

    pinned: Sequence[Conversation]
    folders: Sequence[Folder]
    dates: Page
    open_id: str | None = None
    opened: Page = field(default_factory=Page)


class Lists:
    def __init__(self, *, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def overview(self, user_id: str, shown: Conversation | None = None) -> Overview:
        """List what a page shows at first beside this conversation."""
        seen = shown is not None and not (shown.pinned or shown.archived or shown.trashed)
        open_id = shown.folder_id if shown is not None and seen else None
        opened = Page()
        with self._database.reading() as connection:
            if open_id is not None:
                filed = Place("filed", open_id)
                opened = lists.page(connection, user_id, filed, limit=_PAGE)
            return Overview(
                pinned=lists.page(connection, user_id, PINNED).conversations,
                folders=folders.all_of(connection, user_id),
                dates=lists.page(connection, user_id, DATES, limit=_PAGE),
                open_id=open_id,
                opened=opened,
            )

    def page(self, user_id: str, place: Place, *, after: Cursor | None = None) -> Page:
        """List a page of a place. A folder that is not there is `NotFound`."""
        with self._database.reading() as connection:
            if place.folder_id is not None:
                _find(connection, user_id, place.folder_id)
            return lists.page(connection, user_id, place, after=after, limit=_PAGE)

    def found(self, user_id: str, conversation_ids: Collection[str]) -> Sequence[Conversation]:
        """Read those of the conversations that there are, the one that went on last first."""
        with self._database.reading() as connection:
            return lists.find_all(connection, user_id, conversation_ids)

    def filed(self, user_id: str, folder_id: str, *, limit: int) -> Sequence[Conversation]:
        """List what is in a folder and on no shelf, the last one first."""
        with self._database.reading() as connection:
            place = Place("folder", folder_id)
            return lists.page(connection, user_id, place, limit=limit).conversations

    def folders(self, user_id: str) -> Sequence[Folder]:
        with self._database.reading() as connection:
            return folders.all_of(connection, user_id)

    def folder(self, user_id: str, folder_id: str) -> Folder:
        with self._database.reading() as connection:
            return _find(connection, user_id, folder_id)

    def move(self, user_id: str, conversation_ids: Collection[str], folder_id: str | None) -> None:
        """Put conversations into a folder, or out of all. All of them, or none."""
        with self._database.writing() as connection:
            if folder_id is not None:
                _find(connection, user_id, folder_id)
            _move(connection, user_id, set(conversation_ids), folder_id)

    def move_to_new(self, user_id: str, conversation_ids: Collection[str], name: str) -> Folder:
        """Put conversations into a folder of this name, which is made unless there is one."""
        name = name_of(name, NAME_LIMIT)
        with self._database.writing() as connection:
            folder = folders.find_by_name(connection, user_id, name)
            if folder is None:
                folder = self._create(connection, user_id, name)
            _move(connection, user_id, set(conversation_ids), folder.id)
        return folder

    def create(self, user_id: str, name: str) -> Folder:
        """Make a folder. Raises `FolderExists` where the name is taken."""
        name = name_of(name, NAME_LIMIT)
        with self._database.writing() as connection:
            taken = folders.find_by_name(connection, user_id, name)
            if taken is not None:
                raise FolderExists(name=taken.name)
            return self._create(connection, user_id, name)

    def rename(self, user_id: str, folder_id: str, name: str) -> None:
        name = name_of(name, NAME_LIMIT)
        with self._database.writing() as connection:
            _find(connection, user_id, folder_id)
            taken = folders.find_by_name(connection, user_id, name)
            if taken is not None and taken.id != folder_id:
                raise FolderExists(name=taken.name)
            folders.rename(connection, user_id, folder_id, name)

    def remove(self, user_id: str, folder_id: str) -> None:
        """Delete a folder. What is in it stays, in none."""
        with self._database.writing() as connection:
            if not folders.remove(connection, user_id, folder_id):
                raise NotFound

    def _create(self, connection: Connection, user_id: str, name: str) -> Folder:
        if len(folders.all_of(connection, user_id)) >= FOLDER_LIMIT:
            raise TooManyFolders(limit=FOLDER_LIMIT)
        return folders.create(connection, user_id, name, now=self._clock.now())


def _find(connection: Connection, user_id: str, folder_id: str) -> Folder:
    folder = folders.find(connection, user_id, folder_id)
    if folder is None:
        raise NotFound
    return folder


def _move(
    connection: Connection, user_id: str, conversation_ids: set[str], folder_id: str | None
) -> None:
    there = conversations.move(connection, user_id, conversation_ids, folder_id)
    if there != len(conversation_ids):
        raise NotFound
