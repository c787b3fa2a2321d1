"""Text files that a person attaches: read, named, bounded, and kept beside the draft."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.exc import IntegrityError

from webapp.chat.charsets import text_of
from webapp.chat.finding import find_conversation
from webapp.clock import Clock
from webapp.errors import (
    EmptyFile,
    FilesTooLarge,
    FileTooLarge,
    FileTooLong,
    NotFound,
    NotSignedIn,
    NotText,
    Refused,
    TooManyFiles,
)
from webapp.providers.base import Model
from webapp.store import files
from webapp.store.database import Database
from webapp.store.files import Attachment, DraftFile
from webapp.store.text import one_line, storable

MOST = 50
"""Files that one message may have."""

LONGEST = 1_000_000
"""Characters of a file, where the model names no limit or a higher one."""

TOGETHER = 2_000_000
"""Characters of all files of a message."""

LARGEST = 4 * LONGEST + 4
"""Bytes of a file: a character takes four at most, and there may be a byte order mark."""

# What a browser session keeps beside all of its drafts.
_KEPT = timedelta(days=30)
_KEPT_FILES = 200
_KEPT_LENGTH = 8_000_000

_NAME_LENGTH = 200
_HEAD = 4096


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it came: its first `LARGEST` + 1 bytes are enough."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Added:
    """The ids of the files that were kept, and why others were not."""

    ids: Sequence[str]
    refused: Sequence[Refused]


class DraftFiles:
    """The text files that wait beside the drafts of browser sessions.

    A draft is named by its session and its conversation; a new chat's has none.
    """

    def __init__(self, *, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def waiting(self, session_hash: str, conversation_id: str | None) -> Sequence[DraftFile]:
        with self._database.reading() as connection:
            return files.waiting(connection, session_hash, conversation_id or "")

    def add(
        self,
        user_id: str,
        session_hash: str,
        conversation_id: str | None,
        uploads: Iterable[Upload],
        *,
        model: Model | None,
    ) -> Added:
        """Keep those that can be sent to the model; tell why the others cannot.

        The uploads are read one after another. An unknown conversation is `NotFound`, a
        session that has just ended `NotSignedIn`.
        """
        refused: list[Refused] = []
        good: list[Attachment] = []
        for upload in uploads:
            try:
                good.append(read(upload, model))
            except Refused as error:
                refused.append(error)
        if not good:
            return Added((), refused)
        now = self._clock.now()
        try:
            with self._database.writing() as connection:
                if conversation_id is not None:
                    find_conversation(connection, user_id, conversation_id)
                beside = files.waiting(connection, session_hash, conversation_id or "")
                added = _fitting(good, beside, refused)
                ids = files.add(connection, session_hash, conversation_id or "", added, now=now)
                files.clean_up(
                    connection,
                    session_hash,
                    added_before=now - _KEPT,
                    most=_KEPT_FILES,
                    length=_KEPT_LENGTH,
                )
        except IntegrityError as error:
            raise NotSignedIn from error
        return Added(ids, refused)

    def remove(self, session_hash: str, file_id: str) -> str | None:
        """Take a file away again; the conversation of its draft, None for a new chat's.

        One that is not there any more is `NotFound`.
        """
        with self._database.writing() as connection:
            conversation = files.remove(connection, session_hash, file_id)
        if conversation is None:
            raise NotFound
        return conversation or None

    def forget(self, user_id: str, file_ids: Sequence[str]) -> None:
        """Take away what came twice, with a message that was sent twice."""
        with self._database.writing() as connection:
            files.forget(connection, user_id, file_ids)

    def attached(self, user_id: str, message_id: str, position: int) -> Attachment:
        """Find a file that was sent with a message. Or `NotFound`."""
        with self._database.reading() as connection:
            found = files.attached(connection, user_id, message_id, position)
        if found is None:
            raise NotFound
        return found


def read(upload: Upload, model: Model | None) -> Attachment:
    """Read a file for a model. Raises a `Refused` that names the file."""
    name = clean(upload.name)
    if len(upload.content) > LARGEST:
        # Too large or not, what is no text will not get better by being shorter.
        head = upload.content[:_HEAD]
        if b"\0" in head and text_of(head) is None:
            raise NotText(name=name)
        raise FileTooLarge(name=name, limit=LONGEST)
    text = text_of(upload.content)
    if text is None:
        raise NotText(name=name)
    if not text.strip():
        raise EmptyFile(name=name)
    if model is not None and 0 < model.max_length < len(text):
        raise FileTooLong(name=name, length=len(text), model=model.name, limit=model.max_length)
    if len(text) > LONGEST:
        raise FileTooLarge(name=name, limit=LONGEST)
    return Attachment(name, storable(text))


def _fitting(
    good: Iterable[Attachment], beside: Sequence[DraftFile], refused: list[Refused]
) -> Sequence[Attachment]:
    """Choose what a draft has room for, and give each a name of its own."""
    taken = {one.name for one in beside}
    length = sum(one.length for one in beside)
    added: list[Attachment] = []
    for one in good:
        if len(beside) + len(added) == MOST:
            refused.append(TooManyFiles(limit=MOST))
            break
        if length + len(one.text) > TOGETHER:
            refused.append(FilesTooLarge(name=one.name, limit=TOGETHER))
            continue
        name = unused(one.name, taken)
        taken.add(name)
        length += len(one.text)
        added.append(Attachment(name, one.text))
    return added


def clean(name: str) -> str:
    """Make a file's name one that can stand in a line: without its folders, cut in its stem."""
    last = re.split(r"[/\\]", name)[-1]
    stem, extension = _parts(one_line(last, 10 * _NAME_LENGTH) or "file.txt")
    return stem[: _NAME_LENGTH - len(extension)].rstrip() + extension


def unused(name: str, taken: Container[str]) -> str:
    """Number a name that is taken: “notes (2).txt”."""
    stem, extension = _parts(name)
    number = 1
    while name in taken:
        number += 1
        suffix = f" ({number}){extension}"
        name = stem[: _NAME_LENGTH - len(suffix)] + suffix
    return name


def _parts(name: str) -> tuple[str, str]:
    """Part a name before its extension, where that is a short one."""
    stem, dot, extension = name.rpartition(".")
    if not stem or len(extension) > 20:  # noqa: PLR2004 - an extension is short
        return name, ""
    return stem, dot + extension
