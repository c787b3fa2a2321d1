"""Writing what was read, in transactions that are short whatever the file is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Self

from sqlalchemy import Connection

from webapp.chat.asking import INSTRUCTIONS_LIMIT
from webapp.chat.images import Images
from webapp.chat.importing.pictures import Pictures
from webapp.chat.importing.pieces import CHARACTERS, MESSAGES, Piece, pieces
from webapp.chat.importing.report import Report
from webapp.chat.importing.shape import (
    ImportedConversation,
    ImportedFolder,
    ImportedImage,
    ImportedPreset,
    ImportedPrompt,
    Omission,
    Unreadable,
)
from webapp.chat.importing.taken import Taken, Thing
from webapp.chat.kept import MOST
from webapp.chat.lists import FOLDER_LIMIT
from webapp.chat.prompts import TEXT_LIMIT
from webapp.store import folders, images, imports
from webapp.store.database import Database
from webapp.store.imports import Import
from webapp.store.kept import Kept
from webapp.store.presets import PRESETS
from webapp.store.prompts import PROMPTS

_UNDATED = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class _Kind:
    """What is kept under a name: where, how long its text may be, and what was made of it."""

    reason: str
    store: Kept[Any]
    text: Callable[[Any], str]
    limit: int
    made: Callable[[Report], list[str]]


_KINDS: Mapping[type, _Kind] = {
    ImportedPrompt: _Kind(
        "prompt", PROMPTS, lambda one: one.text, TEXT_LIMIT, lambda report: report.made_prompts
    ),
    ImportedPreset: _Kind(
        "preset",
        PRESETS,
        lambda one: one.system_text,
        INSTRUCTIONS_LIMIT,
        lambda report: report.made_presets,
    ),
}


class Writer:
    """Writes the conversations of one import, several small ones or part of a large one at once.

    What each transaction made is known to the import's row when it ends, so that it can be
    undone whatever happens then.
    """

    def __init__(
        self,
        database: Database,
        one: Import,
        report: Report,
        *,
        images: Images,
        between: Callable[[], None],
    ) -> None:
        """`between` is called between two transactions, and may raise to end it."""
        self._database = database
        self._between = between
        self._one = one
        self._report = report
        self._pictures = Pictures(images, between=between)
        self._folders: dict[str, str | None] = {}
        self._taken: dict[str, Taken] = {}
        self._waiting: list[Piece] = []
        self._size = self._messages = 0
        self._written = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._pictures.let_go()

    def write(self, conversation: ImportedConversation) -> None:
        """Write a conversation, or let it wait for others."""
        for piece in pieces(conversation, self._undated(), self._one.created_at):
            if self._waiting and (
                self._messages + len(piece.rows) > MESSAGES or self._size + piece.size > CHARACTERS
            ):
                self.flush()
            self._waiting.append(piece)
            self._messages += len(piece.rows)
            self._size += piece.size

    def add_image(self, image: ImportedImage) -> None:
        """Take an image in, before the messages that have it."""
        self._pictures.add(image)
        self._between()

    def flush(self) -> None:
        """Write what waits."""
        if not self._waiting:
            return
        with self._database.writing() as connection:
            for piece in self._waiting:
                self._put(connection, piece)
        self._waiting.clear()
        self._size = self._messages = 0
        self._between()

    def keep(self, thing: Thing) -> None:
        """Add a template or a preset, under another name where a different one has its name.

        Nothing is looked for while others wait to write, and where there are as many as may
        be no free name is: a file may have thousands of one name.
        """
        kind = _KINDS[type(thing)]
        if len(kind.text(thing)) > kind.limit:
            self._report.refuse(Unreadable(thing.name, f"{kind.reason}_too_long"))
            return
        taken = self._taken.get(kind.reason) or self._read_taken(kind)
        if taken.has(thing):
            return
        if taken.full or not self._added(kind, taken, thing):
            self._report.refuse(Unreadable(thing.name, f"{kind.reason}_limit"))
            return
        self._report.keep(thing)
        self._between()

    def add_folder(self, name: str) -> None:
        """Make a folder where there is none of this name."""
        if name in self._folders:
            return
        if None in self._folders.values():  # there are too many, and looking for each takes long
            self._report.change(Omission("folder"))
            return
        made = len(self._report.made_folders)
        with self._database.writing() as connection:
            found = self._find_folder(connection, name)
        if found is None:
            self._report.change(Omission("folder"))
        elif len(self._report.made_folders) > made:
            self._report.keep(ImportedFolder(name))
        self._between()

    def _read_taken(self, kind: _Kind) -> Taken:
        with self._database.reading() as connection:
            taken = self._taken[kind.reason] = Taken(kind.store.own(connection, self._one.owner_id))
        return taken

    def _added(self, kind: _Kind, taken: Taken, thing: Thing) -> bool:
        """Write it down; False where the person made the last one meanwhile."""
        owner_id, now = self._one.owner_id, self._one.created_at
        name = taken.free_name(thing)
        with self._database.writing() as connection:
            if kind.store.named(connection, owner_id, name) is not None:  # made meanwhile, too
                taken = self._taken[kind.reason] = Taken(kind.store.own(connection, owner_id))
                name = taken.free_name(thing)
            if kind.store.count(connection, owner_id) >= MOST:
                return False
            fields = {"name": name, **thing.fields, "shared": False}
            made = kind.store.add(connection, owner_id, fields, now=now)
            kind.made(self._report).append(made)
            self._note(connection)
        taken.take(name, thing)
        return True

    def _put(self, connection: Connection, piece: Piece) -> None:
        owner_id = self._one.owner_id
        if piece.begins is not None:
            folder_id = self._folder(connection, piece.folder) if piece.folder else None
            values = {**piece.begins, "folder_id": folder_id}
            imports.add_conversation(connection, owner_id, self._one.id, values)
        if piece.rows:
            imports.add_messages(
                connection, owner_id, piece.conversation_id, piece.rows, piece.files
            )
        for message_id, named in piece.images:
            found = self._pictures.of(named)
            images.attach(connection, message_id, found)
            if missing := len(named) - len(found):
                self._report.change(Omission("image", missing))
        if piece.head_id is not None:
            imports.show(connection, owner_id, piece.conversation_id, piece.head_id)

    def _folder(self, connection: Connection, name: str) -> str | None:
        """Find the folder of a conversation, or make it; None where there are too many."""
        found = self._find_folder(connection, name)
        if found is None:
            self._report.change(Omission("folder_limit"))
        return found

    def _find_folder(self, connection: Connection, name: str) -> str | None:
        owner_id = self._one.owner_id
        if name not in self._folders:
            folder = folders.find_by_name(connection, owner_id, name)
            if folder is None and len(folders.all_of(connection, owner_id)) < FOLDER_LIMIT:
                folder = folders.create(connection, owner_id, name, now=self._one.created_at)
                self._report.made_folders.append(folder.id)
                self._note(connection)
            self._folders[name] = None if folder is None else folder.id
        return self._folders[name]

    def _note(self, connection: Connection) -> None:
        """Keep what was made beside conversations where a crash finds it."""
        imports.change(connection, self._one.owner_id, self._one.id, "running", self._report.dump())

    def _undated(self) -> datetime:
        """When a conversation was made that does not say it: just before, in their order."""
        self._written += 1
        at = self._one.created_at - _UNDATED + timedelta(microseconds=self._written)
        return min(at, self._one.created_at)
