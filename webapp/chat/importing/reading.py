"""Telling the formats apart, and reading each conversation of a file as ours."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import IO, Any

from webapp.chat.importing import chatbot_ui, chatgpt, fields, liaochat
from webapp.chat.importing.shape import (
    Format,
    ImportedConversation,
    ImportedFolder,
    ImportedImage,
    ImportedPreset,
    ImportedPrompt,
    Unreadable,
)
from webapp.chat.importing.stream import Event, TooMuch, Values, events
from webapp.errors import ImportNewer, ImportUnknown

_ARRAYS = {"conversations", "history", "folders", "prompts", "presets", "images"}
_OF_ONE = {
    "title",
    "name",
    "create_time",
    "update_time",
    "current_node",
    "conversation_id",
    "id",
    "default_model_slug",
    "is_archived",
    "mapping",
    "messages",
    "model",
    "prompt",
}
_PATIENCE = 1000


@dataclass(frozen=True, slots=True)
class Folder:
    key: str
    name: str


Found = (
    Format
    | ImportedConversation
    | ImportedPrompt
    | ImportedPreset
    | ImportedFolder
    | ImportedImage
    | Unreadable
    | Folder
)


def read(
    documents: Iterable[IO[bytes]],
    *,
    heed: Callable[[int], None],
    folders: Mapping[str, str] | None = None,
) -> Iterator[Found]:
    """Read all documents of a file: what format each is, and what is in it, as it comes.

    `folders` are the names of chatbot-ui's folders by their ids: they stand behind the
    conversations, and are known at a second reading. Raises a `Refused` where a file is not
    what it should be; the format's number may stand at its very end.
    """
    for document in documents:
        yield from _Document(Values(events(document, heed=heed)), folders or {}).read()


class _Document:
    def __init__(self, values: Values, folders: Mapping[str, str]) -> None:
        self._values = values
        self._folders = folders
        self._format: Format | None = None
        self._strange = 0

    def read(self) -> Iterator[Found]:
        kind, _ = self._values.next()
        if kind == "start_array":
            for entry in self._entries():
                yield from self._conversation(entry)
            if self._format is None and self._strange:
                raise ImportUnknown
        elif kind == "start_map":
            yield from self._members()
        else:
            raise ImportUnknown
        self._values.next()  # what follows the end is an error that the tokenizer finds

    def _members(self) -> Iterator[Found]:
        """Read an object: an export with its conversations, or a single conversation."""
        one: dict[str, Any] = {}
        arrays: set[str] = set()
        while (event := self._values.next())[0] == "map_key":
            name, first = event[1], self._values.next()
            if name in _ARRAYS and first[0] == "start_array":
                arrays.add(name)
                for entry in self._entries():
                    yield from self._member(name, entry)
            elif name in _OF_ONE or name in {"format", "version"}:
                one[name] = self._value(first)
            else:
                self._values.skip(first)
        _check_version(one)
        if not arrays & {"conversations", "history"}:
            if not chatgpt.is_one(one) and not chatbot_ui.is_one(one):
                if not arrays or one.get("format"):
                    raise ImportUnknown
            else:
                yield from self._conversation(one)
        elif self._format == "liaochat" and one.get("format") != "liaochat":
            raise ImportUnknown
        elif self._format is None and (one.get("format") == "liaochat" or "history" in arrays):
            yield "liaochat" if one.get("format") == "liaochat" else "chatbot-ui"

    def _member(self, name: str, entry: object) -> Iterator[Found]:
        if name == "folders":
            own, folder = liaochat.read_folder(entry), chatbot_ui.read_folder(entry)
            if own is not None:
                yield own
            elif folder is not None:
                yield Folder(*folder)
        elif name == "prompts":
            prompt = liaochat.read_prompt(entry) or chatbot_ui.read_prompt(entry)
            yield prompt or Unreadable("", "not_prompt")
        elif name == "presets":
            yield liaochat.read_preset(entry) or Unreadable("", "not_preset")
        elif name == "images":
            yield liaochat.read_image(entry) or Unreadable("", "not_image")
        elif name == "conversations" and not chatgpt.is_one(entry):
            if isinstance(entry, Unreadable):
                yield entry
            else:
                yield from self._told("liaochat", liaochat.read(entry))
        else:
            yield from self._conversation(entry)

    def _conversation(self, entry: object) -> Iterator[Found]:
        if isinstance(entry, Unreadable):
            yield entry
        elif isinstance(entry, dict) and chatgpt.is_one(entry):
            yield from self._told("chatgpt", chatgpt.read(entry))
        elif isinstance(entry, dict) and chatbot_ui.is_one(entry):
            yield from self._told("chatbot-ui", chatbot_ui.read(entry, self._folders))
        else:
            self._strange += 1
            if self._format is None and self._strange > _PATIENCE:
                raise ImportUnknown
            found = fields.mapping(entry)
            title = fields.title(found.get("title")) or fields.title(found.get("name"))
            yield Unreadable(title, "not_conversation")

    def _told(self, format_: Format, found: Found) -> Iterator[Found]:
        """Say the format before its first conversation."""
        if self._format is None:
            self._format = format_
            yield format_
        yield found

    def _entries(self) -> Iterator[object]:
        """Build the entries of an array, one at a time; `Unreadable` where one is too much."""
        while (event := self._values.next())[0] not in {"end_array", "end"}:
            yield self._value(event)

    def _value(self, first: Event) -> object:
        try:
            return self._values.value(first)
        except TooMuch as error:
            return Unreadable("", error.reason)


def _check_version(one: Mapping[str, object]) -> None:
    version = one.get("version")
    if one.get("format") == "liaochat" and (
        not isinstance(version, int) or version > liaochat.NEWEST
    ):
        raise ImportNewer(version=str(version)[:20], newest=liaochat.NEWEST)
