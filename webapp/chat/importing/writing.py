"""Writing what was read, in transactions that are short whatever the file is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from sqlalchemy import Connection

from webapp.chat.asking import INSTRUCTIONS_LIMIT
from webapp.chat.importing.report import Report
from webapp.chat.importing.shape import (
    ImportedConversation,
    ImportedFolder,
    ImportedMessage,
    ImportedPreset,
    ImportedPrompt,
    Omission,
    Unreadable,
)
from webapp.chat.importing.taken import Taken, Thing
from webapp.chat.kept import MOST
from webapp.chat.library import IN_TRASH
from webapp.chat.lists import FOLDER_LIMIT
from webapp.chat.prompts import TEXT_LIMIT
from webapp.chat.storing import title_of
from webapp.store import folders, imports
from webapp.store.conversations import TITLE_LIMIT
from webapp.store.database import Database
from webapp.store.ids import new_id
from webapp.store.imports import Import
from webapp.store.kept import Kept
from webapp.store.presets import PRESETS
from webapp.store.prompts import PROMPTS
from webapp.store.text import one_line

_MESSAGES = 100
_CHARACTERS = 256 * 1024
"""What is written in one transaction: other writers wait for it."""

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
        self, database: Database, one: Import, report: Report, *, between: Callable[[], None]
    ) -> None:
        """`between` is called between two transactions, and may raise to end it."""
        self._database = database
        self._between = between
        self._one = one
        self._report = report
        self._folders: dict[str, str | None] = {}
        self._taken: dict[str, Taken] = {}
        self._waiting: list[_Piece] = []
        self._size = self._messages = 0
        self._written = 0

    def write(self, conversation: ImportedConversation) -> None:
        """Write a conversation, or let it wait for others."""
        for piece in _pieces(conversation, self._undated(), self._one.created_at):
            if self._waiting and (
                self._messages + len(piece.rows) > _MESSAGES
                or self._size + piece.size > _CHARACTERS
            ):
                self.flush()
            self._waiting.append(piece)
            self._messages += len(piece.rows)
            self._size += piece.size

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

    def _put(self, connection: Connection, piece: _Piece) -> None:
        owner_id = self._one.owner_id
        if piece.begins is not None:
            folder_id = self._folder(connection, piece.folder) if piece.folder else None
            values = {**piece.begins, "folder_id": folder_id}
            imports.add_conversation(connection, owner_id, self._one.id, values)
        if piece.rows:
            imports.add_messages(
                connection, owner_id, piece.conversation_id, piece.rows, piece.files
            )
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


@dataclass(frozen=True, slots=True)
class _Piece:
    """What is written in one transaction of a conversation: its beginning, messages, its end."""

    conversation_id: str
    begins: Mapping[str, object] | None
    folder: str | None
    rows: Sequence[Mapping[str, object]]
    files: Sequence[Mapping[str, object]]
    head_id: str | None
    size: int


def _pieces(
    conversation: ImportedConversation, undated: datetime, latest: datetime
) -> Iterator[_Piece]:
    """Cut a conversation into pieces; its head is set with the last one."""
    conversation_id = new_id()
    # In the order of the file: messages of one moment are shown in the order of their ids.
    new_ids = sorted(new_id() for _ in conversation.messages)
    ids = {one.key: mine for one, mine in zip(conversation.messages, new_ids, strict=True)}
    times = _times(conversation, undated, latest)
    begins: Mapping[str, object] | None = _values(conversation, conversation_id, times, latest)
    cuts = list(_cuts(conversation.messages))
    for start, end in pairwise(cuts):
        some = conversation.messages[start:end]
        last = end == len(conversation.messages)
        yield _Piece(
            conversation_id=conversation_id,
            begins=begins,
            folder=conversation.folder if begins is not None else None,
            rows=[_row(one, ids, times[one.key]) for one in some],
            files=[
                {"message_id": ids[one.key], "position": at, "name": file.name, "text": file.text}
                for one in some
                for at, file in enumerate(one.attachments)
            ],
            head_id=ids.get(conversation.head or "") if last else None,
            size=sum(map(_size, some)),
        )
        begins = None


def _cuts(some: Sequence[ImportedMessage]) -> Iterator[int]:
    """Say where to cut messages so that no part is large, unless one message is."""
    yield 0
    count = size = 0
    for at, message in enumerate(some):
        if count and (count >= _MESSAGES or size + _size(message) > _CHARACTERS):
            yield at
            count = size = 0
        count += 1
        size += _size(message)
    yield len(some)


def _size(message: ImportedMessage) -> int:
    return len(message.text) + sum(len(file.text) for file in message.attachments)


def _times(
    conversation: ImportedConversation, undated: datetime, latest: datetime
) -> dict[str | None, datetime]:
    """Date every message: as the file says, else like its parent. Nothing is in the future."""
    times: dict[str | None, datetime] = {None: conversation.created_at or undated}
    for message in conversation.messages:
        times[message.key] = min(message.created_at or times[message.parent], latest)
    return times


def _values(
    conversation: ImportedConversation,
    conversation_id: str,
    times: Mapping[str | None, datetime],
    latest: datetime,
) -> dict[str, object]:
    dated = [times[message.key] for message in conversation.messages] or [times[None]]
    title = conversation.title
    if not title and not conversation.source.startswith("liaochat:"):
        question = next((one for one in conversation.messages if one.role == "user"), None)
        title = "" if question is None else one_line(title_of(question.text), TITLE_LIMIT)

    def bounded(at: datetime | None) -> datetime | None:
        return None if at is None else min(at, latest)

    return {
        "id": conversation_id,
        "title": title,
        "title_given": conversation.title_given and bool(conversation.title),
        "created_at": bounded(conversation.created_at or min(dated)),
        "updated_at": bounded(conversation.updated_at or max(dated)),
        "pinned_at": bounded(conversation.pinned_at),
        "archived_at": bounded(conversation.archived_at),
        "trashed_at": _in_trash(conversation.trashed_at, latest),
        "system_text": conversation.system_text,
        "source": conversation.source,
    }


def _in_trash(at: datetime | None, latest: datetime) -> datetime | None:
    """Keep what was trashed long ago for as long as what is trashed now; it would be gone."""
    return at if at is None or latest - IN_TRASH < at <= latest else latest


def _row(
    message: ImportedMessage, ids: Mapping[str, str], created_at: datetime
) -> dict[str, object]:
    return {
        "id": ids[message.key],
        "parent_id": None if message.parent is None else ids[message.parent],
        "role": message.role,
        "state": message.state,
        "model": message.model,
        "text": message.text,
        "failure": None if message.failure is None else message.failure.dump(),
        "created_at": created_at,
    }
