"""Taking conversations away: Markdown for people, JSON for programs, archives of many files.

Everything is written piece by piece, one conversation or image at a time, so that all of a
person's conversations need no more memory than the largest one. docs/export.md is the
JSON format's description; who changes the one changes the other.
"""

from __future__ import annotations

import json
import unicodedata
import zipfile
from base64 import b64encode
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from io import RawIOBase
from typing import TypeVar

from webapp.chat.seeing import Read, named
from webapp.errors import NotFound
from webapp.store import exports, folders, images
from webapp.store.database import Database
from webapp.store.exports import StoredConversation, StoredMessage
from webapp.store.images import Image
from webapp.store.kept import Kept
from webapp.store.presets import PRESETS, Preset
from webapp.store.prompts import PROMPTS, Prompt

JSON_VERSION = 4
"""Goes up when a reader of the old format would lose something; see docs/export.md."""

_PAGE = 200
_NAME_LENGTH = 60
_PLAIN = " .()-_,'"
_RESERVED = {
    "con",
    "prn",
    "aux",
    "nul",
    *(f"{port}{n}" for port in ("com", "lpt") for n in "123456789"),
}


Thing = TypeVar("Thing")


@dataclass(frozen=True, slots=True)
class Shelf:
    """What a person has beside conversations: the names of folders, templates, presets."""

    folders: Sequence[str]
    prompts: Iterable[Prompt]
    presets: Iterable[Preset]


class Exports:
    """Reads conversations for taking away. Each call names its user."""

    def __init__(self, database: Database, read_image: Read = lambda _: None) -> None:
        self._database = database
        self.read_image = read_image

    def one(self, user_id: str, conversation_id: str) -> StoredConversation:
        """Read a conversation with all its branches. Or `NotFound`."""
        with self._database.reading() as connection:
            conversation = exports.read(connection, user_id, conversation_id)
        if conversation is None:
            raise NotFound
        return conversation

    def all(self, user_id: str) -> Iterator[StoredConversation]:
        """Read all conversations of a user, the oldest first, each as it stands by then.

        No transaction is held between two of them. One that is deleted meanwhile is left out.
        """
        after = None
        while True:
            with self._database.reading() as connection:
                page = exports.ids_after(connection, user_id, after, limit=_PAGE)
            for _, conversation_id in page:
                with self._database.reading() as connection:
                    conversation = exports.read(connection, user_id, conversation_id)
                if conversation is not None:
                    yield conversation
            if len(page) < _PAGE:
                return
            after = page[-1]

    def shelf(self, user_id: str) -> Shelf:
        """Read what a user has beside conversations: the texts one after the other."""
        with self._database.reading() as connection:
            names = [one.name for one in folders.all_of(connection, user_id)]
        return Shelf(names, self._each(user_id, PROMPTS), self._each(user_id, PRESETS))

    def images(
        self, user_id: str, conversation_id: str | None = None
    ) -> Iterator[tuple[Image, bytes]]:
        """Read all images of a user's messages, or of those in one conversation, each once."""
        with self._database.reading() as connection:
            found = images.of_owner(connection, user_id, conversation_id)
        for one in found:
            content = self.read_image(one)
            if content is not None:
                yield one, content

    def _each(self, user_id: str, store: Kept[Thing]) -> Iterator[Thing]:
        with self._database.reading() as connection:
            ids = store.own_ids(connection, user_id)
        for one in ids:
            with self._database.reading() as connection:
                found = store.find(connection, user_id, one)
            if found is not None:
                yield found


def as_json(
    conversations: Iterable[StoredConversation],
    *,
    now: datetime,
    shelf: Shelf | None = None,
    pictures: Iterable[tuple[Image, bytes]] = (),
) -> Iterator[str]:
    """Write conversations with all their branches, in pieces of one conversation each.

    Their pictures come first: who reads them one after the other knows an image then when it
    is named, and one that is named often stands there once.
    """
    head = {"format": "liaochat", "version": JSON_VERSION, "exported": _time(now)}
    yield json.dumps(head)[:-1]
    if shelf is not None:
        yield from _array("folders", ({"name": name} for name in shelf.folders))
        yield from _array("prompts", map(_prompt_object, shelf.prompts))
        yield from _array("presets", map(_preset_object, shelf.presets))
    yield from _array("images", map(_image_object, pictures))
    yield from _array("conversations", map(conversation_object, conversations))
    yield "}\n"


def _array(name: str, entries: Iterable[dict[str, object]]) -> Iterator[str]:
    """Write an array as a member of an object, each entry on a line of its own."""
    yield f', "{name}": ['
    between = "\n"
    for entry in entries:
        yield between + json.dumps(entry, ensure_ascii=False)
        between = ",\n"
    yield "\n]"


def _prompt_object(prompt: Prompt) -> dict[str, object]:
    return {"name": prompt.name, "text": prompt.text}


def _preset_object(preset: Preset) -> dict[str, object]:
    return {"name": preset.name, "model": preset.model, "system": preset.system_text}


def _image_object(picture: tuple[Image, bytes]) -> dict[str, object]:
    image, content = picture
    return {"id": image.id, "type": image.media_type, "data": b64encode(content).decode("ascii")}


def conversation_object(conversation: StoredConversation) -> dict[str, object]:
    """Give a conversation as docs/export.md describes it."""
    return {
        "id": conversation.id,
        "title": conversation.title,
        "title_given": conversation.title_given,
        "head": conversation.head_id,
        "created": _time(conversation.created_at),
        "updated": _time(conversation.updated_at),
        "pinned": _time_or_null(conversation.pinned_at),
        "archived": _time_or_null(conversation.archived_at),
        "trashed": _time_or_null(conversation.trashed_at),
        "folder": conversation.folder,
        "system": conversation.system_text,
        "parameters": conversation.parameters or None,
        "source": conversation.source,
        "messages": [_message_object(message) for message in conversation.messages],
    }


def as_markdown(conversation: StoredConversation) -> str:
    """Write the branch that is shown, each message under a heading that says whose it is."""
    parts = [f"# {conversation.title}"]
    for message in conversation.branch():
        whose = "You" if message.role == "user" else (message.model or "").partition("/")[2]
        said = [_quoted(message.thoughts), message.text.strip()]
        files = [file.fenced for file in message.attachments]
        heading, images = f"## {whose or 'Answer'}", named(message.images)
        parts.append("\n\n".join(filter(None, [heading, *said, *files, images])))
    return "\n\n".join(parts) + "\n"


def _quoted(thoughts: str | None) -> str:
    """Quote what came before an answer, so that it cannot be taken for the answer."""
    lines = (thoughts or "").strip().splitlines()
    return "\n".join(f"> {line}".rstrip() for line in ["**Thoughts**", "", *lines]) if lines else ""


def file_name(title: str, kind: str) -> str:
    """Make a name that every file system takes: letters of all scripts, and no tricks."""
    kept = "".join(
        character if character in _PLAIN or unicodedata.category(character)[0] in "LMN" else " "
        for character in unicodedata.normalize("NFC", title)
    )
    words = " ".join(kept.split()).strip(" .")[:_NAME_LENGTH].strip(" .") or "conversation"
    if words.partition(".")[0].strip().casefold() in _RESERVED:
        words = f"_{words}"
    return f"{words}.{kind}"


def zipped(files: Iterable[tuple[str, str, Iterable[str]]], *, now: datetime) -> Iterator[bytes]:
    """Pack files, each a title, a kind and its pieces, into an archive that is sent as it grows.

    Names are made of the titles; of several alike the later ones are numbered.
    """
    sink, names = _Sink(), _Names()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        for title, kind, pieces in files:
            entry = zipfile.ZipInfo(names.take(title, kind), now.timetuple()[:6])
            entry.compress_type = zipfile.ZIP_DEFLATED
            with archive.open(entry, "w", force_zip64=True) as file:
                for piece in pieces:
                    file.write(piece.encode())
                    yield sink.take()
            yield sink.take()
    yield sink.take()


class _Sink(RawIOBase):
    """Where an archive is written that cannot go back: what is new is taken from it."""

    def __init__(self) -> None:
        self._written = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, piece: object) -> int:
        before = len(self._written)
        self._written += memoryview(piece)  # type: ignore[arg-type]
        return len(self._written) - before

    def take(self) -> bytes:
        taken = bytes(self._written)
        self._written.clear()
        return taken


class _Names:
    """Names that differ on file systems that do not tell capitals apart, too."""

    def __init__(self) -> None:
        self._taken: dict[str, int] = {}

    def take(self, title: str, kind: str) -> str:
        name = file_name(title, kind)
        words = name[: -len(kind) - 1]
        while (key := name.casefold()) in self._taken:
            first = f"{words}.{kind}".casefold()
            self._taken[first] += 1
            name = f"{words} ({self._taken[first]}).{kind}"
        self._taken[key] = 1
        return name


def _message_object(message: StoredMessage) -> dict[str, object]:
    failure = message.failure
    return {
        "id": message.id,
        "parent": message.parent_id,
        "role": message.role,
        "state": message.state,
        "model": message.model,
        "created": _time(message.created_at),
        "text": message.text,
        "failure": (
            None if failure is None else {"code": failure.code, "values": dict(failure.values)}
        ),
        "attachments": [{"name": file.name, "text": file.text} for file in message.attachments],
        "images": [{"name": one.name, "image": one.image.id} for one in message.images],
        "host": message.host,
        "thoughts": message.thoughts,
        "thought_seconds": message.thought_seconds,
    }


def _time(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _time_or_null(at: datetime | None) -> str | None:
    return None if at is None else _time(at)
