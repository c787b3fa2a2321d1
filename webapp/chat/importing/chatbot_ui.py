"""chatbot-ui's exports, versions 1 to 4 (its `types/export.ts`).

1: a list of conversations; 2 and 3: `history` and `folders`, 3 with its number; 4: `prompts`
as well. A conversation is a list of messages without times, and stands behind the older ones.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any, Literal, cast

from webapp.chat.context import DEFAULT_SYSTEM_TEXT
from webapp.chat.importing import fields
from webapp.chat.importing.shape import (
    ImportedConversation,
    ImportedMessage,
    ImportedPrompt,
    Unreadable,
)
from webapp.chat.importing.stream import number
from webapp.chat.importing.tree import Node, settle
from webapp.chat.parameters import dump, load

_ROLES = {"user", "assistant"}
_DEFAULT_TEMPERATURE = 1
"""What chatbot-ui wrote where nobody had chosen one: nothing that anybody asked for."""


def is_one(entry: object) -> bool:
    return isinstance(entry, dict) and isinstance(entry.get("messages"), list)


def read(entry: Mapping[str, Any], folders: Mapping[str, str]) -> ImportedConversation | Unreadable:
    """Read a conversation; `folders` are names by the ids of the file."""
    title = fields.title(entry.get("name"))
    model = fields.mapping(entry.get("model"))
    model_id = fields.text(model.get("id")) or fields.text(model.get("name"))
    counts: Counter[str] = Counter()
    nodes: list[Node] = []
    system = fields.text(entry.get("prompt"))
    for message in entry["messages"]:
        role, text = fields.mapping(message).get("role"), _text(message, counts)
        if role == "system" and not system.strip():
            system = text
        elif not isinstance(role, str) or role not in _ROLES:
            counts["hidden" if role == "system" else "not_message"] += 1
        elif text:
            key = str(len(nodes))
            parent = nodes[-1].key if nodes else None
            answer = role == "assistant"
            read = ImportedMessage(
                key=key,
                parent=parent,
                role=cast("Literal['user', 'assistant']", role),
                text=text,
                model=fields.model(f"chatbot-ui/{model_id}") if answer and model_id else None,
            )
            nodes.append(Node(key, parent, read))
    settled = settle(nodes, nodes[-1].key if nodes else None)
    if not settled.messages:
        return Unreadable(title, "no_messages")
    return ImportedConversation(
        source="chatbot-ui:" + _name(entry),
        title=title,
        messages=settled.messages,
        head=settled.head,
        folder=folders.get(fields.key(entry.get("folderId")) or ""),
        system_text=system if system.strip() and system != DEFAULT_SYSTEM_TEXT else None,
        parameters=_parameters(entry.get("temperature")),
        left_out=fields.both(settled.mended, fields.omissions(counts)),
    )


def read_folder(entry: object) -> tuple[str, str] | None:
    """Read a folder's id and name; None where it is none, or one of prompts."""
    folder = fields.mapping(entry)
    key, name = fields.key(folder.get("id")), fields.name(folder.get("name"))
    of_chats = folder.get("type") in {None, "chat"}
    return (key, name) if key and name and of_chats else None


def read_prompt(entry: object) -> ImportedPrompt | None:
    prompt = fields.mapping(entry)
    name, text = fields.name(prompt.get("name")), fields.text(prompt.get("content"))
    return ImportedPrompt(name, text) if name and text.strip() else None


def _parameters(temperature: object) -> Mapping[str, object]:
    value = number(temperature)
    return {} if value == _DEFAULT_TEMPERATURE else dump(load({"temperature": value}))


def _name(entry: Mapping[str, Any]) -> str:
    """Name a conversation: by its id where that is one; version 1 counted 1, 2, 3 anew."""
    own = entry.get("id")
    return (fields.key(own) if isinstance(own, str) else None) or fields.digest(
        [entry.get("name"), entry["messages"]]
    )


def _text(message: object, counts: Counter[str]) -> str:
    content = fields.mapping(message).get("content")
    if isinstance(content, str):
        return fields.text(content)
    texts = []
    for part in fields.sequence(content):
        text = part if isinstance(part, str) else fields.mapping(part).get("text")
        if isinstance(text, str):
            texts.append(text)
        else:
            counts["not_text"] += 1
    return fields.text("\n\n".join(texts))
