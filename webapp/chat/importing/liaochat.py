"""Our own export, versions 1 to 4: docs/export.md describes it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal, cast

from webapp.chat.files import clean
from webapp.chat.importing import fields
from webapp.chat.importing.shape import (
    ImportedConversation,
    ImportedFolder,
    ImportedImage,
    ImportedMessage,
    ImportedPreset,
    ImportedPrompt,
    NamedKey,
    Unreadable,
)
from webapp.chat.importing.stream import number
from webapp.chat.importing.tree import Node, settle
from webapp.chat.parameters import dump, load
from webapp.errors import Failure
from webapp.store.files import Attachment
from webapp.store.text import one_line
from webapp.store.thoughts import NOTHING, Beside

NEWEST = 4

_ROLES = {"user", "assistant"}
_ENDED = {"complete", "stopped", "interrupted", "failed"}
_VALUES = 20
_VALUE_LENGTH = 1000
_CODE_LENGTH = 64
_HOST_LENGTH = 200
_LONGEST_THOUGHT = 86_400


def read(entry: object) -> ImportedConversation | Unreadable:
    """Read a conversation of any version; what version 1 lacks stays open."""
    if not isinstance(entry, dict) or not isinstance(entry.get("messages"), list):
        return Unreadable(fields.title(fields.mapping(entry).get("title")), "not_conversation")
    counts: Counter[str] = Counter()
    nodes = [
        node
        for at, message in enumerate(entry["messages"])
        if (node := _node(message, at, counts)) is not None
    ]
    settled = settle(nodes, fields.key(entry.get("head")))
    own = "liaochat:" + (fields.key(entry.get("id")) or fields.digest(entry["messages"]))
    source = fields.key(entry.get("source"))
    return ImportedConversation(
        source=source or own,
        also=(own,),
        title=fields.title(entry.get("title")),
        title_given=entry.get("title_given") is True,
        messages=settled.messages,
        head=settled.head,
        created_at=_time(entry, "created", counts),
        updated_at=_time(entry, "updated", counts),
        pinned_at=_time(entry, "pinned", counts),
        archived_at=_time(entry, "archived", counts),
        trashed_at=_time(entry, "trashed", counts),
        folder=fields.name(entry.get("folder")) or None,
        system_text=fields.text(entry.get("system")) or None,
        parameters=_parameters(entry.get("parameters")),
        left_out=fields.both(settled.mended, fields.omissions(counts)),
    )


def read_prompt(entry: object) -> ImportedPrompt | None:
    prompt = fields.mapping(entry)
    name, text = fields.name(prompt.get("name")), fields.text(prompt.get("text"))
    return ImportedPrompt(name, text) if name and text.strip() else None


def read_preset(entry: object) -> ImportedPreset | None:
    preset = fields.mapping(entry)
    name, model = fields.name(preset.get("name")), fields.model(preset.get("model"))
    return (
        ImportedPreset(name, model, fields.text(preset.get("system"))) if name and model else None
    )


def read_folder(entry: object) -> ImportedFolder | None:
    """Read a folder; those of chatbot-ui have ids, by which conversations name them."""
    folder = fields.mapping(entry)
    name = fields.name(folder.get("name"))
    return ImportedFolder(name) if name and "id" not in folder else None


def read_image(entry: object) -> ImportedImage | None:
    image = fields.mapping(entry)
    key, data = fields.key(image.get("id")), image.get("data")
    return ImportedImage(key, data) if key and isinstance(data, str) and data else None


def _node(message: object, at: int, counts: Counter[str]) -> Node | None:
    if not isinstance(message, dict) or message.get("role") not in _ROLES:
        counts["not_message"] += 1
        return None
    key = fields.key(message.get("id")) or f"#{at}"
    parent = fields.key(message.get("parent"))
    answer = message["role"] == "assistant"
    state = message.get("state")
    if not isinstance(state, str) or state not in _ENDED:
        state = "interrupted"  # it was being written, and nobody goes on with it
    if not isinstance(message.get("text"), str):
        counts["not_text"] += 1
    read = ImportedMessage(
        key=key,
        parent=parent,
        role=cast("Literal['user', 'assistant']", message["role"]),
        text=fields.text(message.get("text")),
        state=state if answer else "complete",
        model=fields.model(message.get("model")) if answer else None,
        created_at=_time(message, "created", counts),
        failure=_failure(message.get("failure")) if answer else None,
        attachments=() if answer else _attachments(message.get("attachments"), counts),
        images=() if answer else _images(message.get("images"), counts),
        beside=_beside(message) if answer else NOTHING,
    )
    return Node(key, parent, read)


def _parameters(value: object) -> Mapping[str, object]:
    asked_for = {
        name: one if isinstance(one, int | str) else number(one)
        for name, one in fields.mapping(value).items()
    }
    return dump(load(asked_for))


def _beside(message: Mapping[str, Any]) -> Beside:
    """Read what is kept beside an answer; a time of thoughts that are not there is none."""
    thoughts, seconds = fields.text(message.get("thoughts")), message.get("thought_seconds")
    if not isinstance(seconds, int) or not 0 <= seconds <= _LONGEST_THOUGHT:
        seconds = 0
    host = one_line(fields.text(message.get("host")), _HOST_LENGTH) or None
    return Beside(host, thoughts or None, int(seconds) if thoughts else None)


def _failure(value: object) -> Failure | None:
    """Read version 1's bare code, or version 2's code and values."""
    code = value if isinstance(value, str) else fields.mapping(value).get("code")
    if not isinstance(code, str) or not code:
        return None
    values = fields.mapping(fields.mapping(value).get("values"))
    kept: dict[str, str | int] = {}
    for name, one in list(values.items())[:_VALUES]:
        if isinstance(one, str):
            kept[fields.name(name)] = fields.text(one)[:_VALUE_LENGTH]
        elif isinstance(one, int) and not isinstance(one, bool) and abs(one) < 1 << 63:
            kept[fields.name(name)] = one
    return Failure(fields.text(code)[:_CODE_LENGTH], kept)


def _attachments(value: object, counts: Counter[str]) -> tuple[Attachment, ...]:
    found = []
    for file in fields.sequence(value):
        name, text = fields.mapping(file).get("name"), fields.mapping(file).get("text")
        if isinstance(name, str) and isinstance(text, str):
            found.append(Attachment(clean(name), fields.text(text)))
        else:
            counts["not_text"] += 1
    return tuple(found)


def _images(value: object, counts: Counter[str]) -> tuple[NamedKey, ...]:
    found = []
    for image in fields.sequence(value):
        name, key = fields.mapping(image).get("name"), fields.mapping(image).get("image")
        if isinstance(name, str) and (known := fields.key(key)):
            found.append(NamedKey(clean(name), known))
        else:
            counts["not_text"] += 1
    return tuple(found)


def _time(entry: Mapping[str, Any], name: str, counts: Counter[str]) -> datetime | None:
    value = entry.get(name)
    at = fields.iso(value)
    if at is None and value is not None:
        counts["time"] += 1
    return at
