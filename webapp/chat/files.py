"""Files that a person attaches: read, named, bounded, and kept beside the draft."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from webapp.chat import images as pictures
from webapp.chat.charsets import text_of
from webapp.chat.finding import find_conversation
from webapp.chat.images import Images
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
    TooManyImages,
)
from webapp.images import reencode
from webapp.images.reencode import MadeAnew, is_image
from webapp.providers.base import Model
from webapp.store import draft_images, files
from webapp.store.database import Database
from webapp.store.draft_images import DraftImage
from webapp.store.files import Attachment, DraftFile
from webapp.store.images import NamedImage
from webapp.store.text import one_line, storable

MOST = 50
"""Files that one message may have."""

LONGEST = 1_000_000
"""Characters of a file, where the model names no limit or a higher one."""

TOGETHER = 2_000_000
"""Characters of all files of a message."""

LARGEST = 4 * LONGEST + 4
"""Bytes of a text: a character takes four at most, and there may be a byte order mark."""

LARGEST_UPLOAD = max(LARGEST, reencode.LARGEST)
"""Bytes of a file of any kind."""

# What a browser session keeps beside all of its drafts.
_KEPT = timedelta(days=30)
_KEPT_FILES = 200
_KEPT_LENGTH = 8_000_000
_KEPT_IMAGES = 40

_NAME_LENGTH = 200
_HEAD = 4096


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it came: its first `LARGEST_UPLOAD` + 1 bytes are enough."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Added:
    """The ids of the files that were kept, and why others were not."""

    ids: Sequence[str]
    refused: Sequence[Refused]


@dataclass(frozen=True, slots=True)
class _NewImage:
    name: str
    made: MadeAnew


class DraftFiles:
    """The text files and images that wait beside the drafts of browser sessions.

    A draft is named by its session and its conversation; a new chat's has none.
    """

    def __init__(self, *, database: Database, clock: Clock, images: Images) -> None:
        self._database = database
        self._clock = clock
        self._images = images

    def waiting(
        self, session_hash: str, conversation_id: str | None
    ) -> Sequence[DraftImage | DraftFile]:
        with self._database.reading() as connection:
            return _waiting(connection, session_hash, conversation_id or "")

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
        texts: list[Attachment] = []
        seen: list[_NewImage] = []
        for upload in uploads:
            try:
                if is_image(upload.content):
                    name = clean(upload.name)
                    seen.append(_NewImage(name, self._images.make(upload.content, name, model)))
                else:
                    texts.append(read(upload, model))
            except Refused as error:
                refused.append(error)
        if not texts and not seen:
            return Added((), refused)
        place, now = conversation_id or "", self._clock.now()
        try:
            with (
                self._images.laid_down([one.made for one in seen]) as laid,
                self._database.writing() as connection,
            ):
                if conversation_id is not None:
                    find_conversation(connection, user_id, conversation_id)
                room = _Room(_waiting(connection, session_hash, place), refused)
                named = [NamedImage(one.name, image) for one, image in zip(seen, laid, strict=True)]
                images, attached = room.for_images(named), room.for_texts(texts)
                ids = [
                    *self._images.add(connection, session_hash, place, images, now=now),
                    *files.add(connection, session_hash, place, attached, now=now),
                ]
                _clean_up(connection, session_hash, now)
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
                conversation = draft_images.remove(connection, session_hash, file_id)
        if conversation is None:
            raise NotFound
        return conversation or None

    def forget(self, user_id: str, file_ids: Sequence[str]) -> None:
        """Take away what came twice, with a message that was sent twice."""
        with self._database.writing() as connection:
            forget(connection, user_id, file_ids)

    def attached(self, user_id: str, message_id: str, position: int) -> Attachment:
        """Find a file that was sent with a message. Or `NotFound`."""
        with self._database.reading() as connection:
            found = files.attached(connection, user_id, message_id, position)
        if found is None:
            raise NotFound
        return found


def forget(connection: Connection, user_id: str, file_ids: Sequence[str]) -> None:
    """Take files from their drafts, as they were sent."""
    if not file_ids:
        return
    files.forget(connection, user_id, file_ids)
    draft_images.forget(connection, user_id, file_ids)


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


class _Room:
    """What a draft has room for: of each file that has none it is told why."""

    def __init__(self, beside: Sequence[DraftImage | DraftFile], refused: list[Refused]) -> None:
        self._refused = refused
        self._names = {one.name for one in beside}
        self._count = len(beside)
        self._images = sum(isinstance(one, DraftImage) for one in beside)
        self._length = sum(one.length for one in beside if isinstance(one, DraftFile))

    def for_images(self, images: Iterable[NamedImage]) -> Sequence[NamedImage]:
        added: list[NamedImage] = []
        for one in images:
            if self._full:
                break
            if self._images == pictures.MOST:
                self._refused.append(TooManyImages(name=one.name, limit=pictures.MOST))
                continue
            self._images += 1
            added.append(NamedImage(self._take(one.name), one.image))
        return added

    def for_texts(self, texts: Iterable[Attachment]) -> Sequence[Attachment]:
        added: list[Attachment] = []
        for one in texts:
            if self._full:
                break
            if self._length + len(one.text) > TOGETHER:
                self._refused.append(FilesTooLarge(name=one.name, limit=TOGETHER))
                continue
            self._length += len(one.text)
            added.append(Attachment(self._take(one.name), one.text))
        return added

    @property
    def _full(self) -> bool:
        if self._count == MOST:
            self._refused.append(TooManyFiles(limit=MOST))
        return self._count == MOST

    def _take(self, name: str) -> str:
        name = unused(name, self._names)
        self._names.add(name)
        self._count += 1
        return name


def _waiting(
    connection: Connection, session_hash: str, conversation: str
) -> Sequence[DraftImage | DraftFile]:
    """List what waits beside a draft: what is seen first, then what is read."""
    return [
        *draft_images.waiting(connection, session_hash, conversation),
        *files.waiting(connection, session_hash, conversation),
    ]


def _clean_up(connection: Connection, session_hash: str, now: datetime) -> None:
    before = now - _KEPT
    draft_images.clean_up(connection, session_hash, added_before=before, most=_KEPT_IMAGES)
    files.clean_up(
        connection, session_hash, added_before=before, most=_KEPT_FILES, length=_KEPT_LENGTH
    )


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
