"""ChatGPT's `conversations.json`: each conversation a mapping of nodes, as seen since 2023.

A node has `parent`, `children` and `message`, or none in the root. Beside questions and
answers there are messages of tools, calls of tools, thoughts, hidden contexts; what a person
saw as text is taken along.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from typing import Any, Literal, cast

from webapp.chat.importing import fields
from webapp.chat.importing.shape import ImportedConversation, ImportedMessage, Unreadable
from webapp.chat.importing.stream import number
from webapp.chat.importing.tree import Node, settle

_ROLES = {"user", "assistant"}
_THOUGHTS = {"thoughts", "reasoning_recap"}
_HIDDEN = {"user_editable_context", "model_editable_context"}
_TOOLS = {
    "execution_output",
    "system_error",
    "tether_browsing_code",
    "tether_browsing_display",
    "tether_quote",
    "sonic_webpage",
}
_UNFINISHED = {"in_progress", "finished_partial_completion"}
# Marks in private characters, which ChatGPT's page draws as references.
_REFERENCE = re.compile("\ue200[^\ue200\ue201]*\ue201|[\ue200-\ue206]")


def is_one(entry: object) -> bool:
    return isinstance(entry, dict) and isinstance(entry.get("mapping"), dict)


def read(entry: Mapping[str, Any]) -> ImportedConversation | Unreadable:
    title = fields.title(entry.get("title"))
    counts: Counter[str] = Counter()
    mapping = fields.mapping(entry.get("mapping"))
    parents = _parents(mapping)
    nodes = [
        Node(key, parents.get(key), _message(key, node, entry, counts))
        for key, node in mapping.items()
    ]
    settled = settle(nodes, fields.text(entry.get("current_node")))
    if not settled.messages:
        return Unreadable(title, "no_messages")
    updated_at = fields.seconds(entry.get("update_time"))
    created_at = fields.seconds(entry.get("create_time"))
    own = fields.key(entry.get("conversation_id")) or fields.key(entry.get("id"))
    return ImportedConversation(
        source="chatgpt:" + (own or fields.digest(mapping)),
        title=title,
        messages=settled.messages,
        head=settled.head,
        created_at=created_at,
        updated_at=updated_at,
        pinned_at=(updated_at or created_at) if entry.get("is_starred") is True else None,
        archived_at=(updated_at or created_at) if entry.get("is_archived") is True else None,
        left_out=fields.both(settled.mended, fields.omissions(counts)),
    )


def _parents(mapping: Mapping[str, Any]) -> dict[str, str]:
    """Find each node's parent: it is named by the child, by the parent, or by both."""
    parents: dict[str, str] = {}
    for key, node in mapping.items():
        for child in fields.sequence(fields.mapping(node).get("children")):
            if isinstance(child, str):
                parents.setdefault(child, key)
    for key, node in mapping.items():
        parent = fields.mapping(node).get("parent")
        if isinstance(parent, str):
            parents[key] = parent
    return parents


def _message(
    key: str, node: object, entry: Mapping[str, Any], counts: Counter[str]
) -> ImportedMessage | None:
    message = fields.mapping(fields.mapping(node).get("message"))
    if not message:
        return None
    role = fields.mapping(message.get("author")).get("role")
    found: Counter[str] = Counter()
    text = _text(fields.mapping(message.get("content")), found)
    reason = _why_not(message, role)
    if reason:
        # Nobody misses the empty messages that most conversations begin with.
        counts[reason] += reason != "hidden" or bool(text or found.total())
        return None
    counts.update(found)
    if not text:
        return None
    metadata = fields.mapping(message.get("metadata"))
    answer = role == "assistant"
    unfinished = answer and fields.text(message.get("status")) in _UNFINISHED
    model = fields.text(metadata.get("model_slug")) or fields.text(entry.get("default_model_slug"))
    return ImportedMessage(
        key=key,
        parent=None,
        role=cast("Literal['user', 'assistant']", role),
        text=text,
        state="interrupted" if unfinished else "complete",
        model=fields.model(f"chatgpt/{model}") if answer and model else None,
        created_at=fields.seconds(message.get("create_time")),
    )


def _why_not(message: Mapping[str, Any], role: object) -> str:
    """Why a message is not taken along; empty where it is."""
    content_type = fields.mapping(message.get("content")).get("content_type")
    metadata = fields.mapping(message.get("metadata"))
    content_type = content_type if isinstance(content_type, str) else ""
    if content_type in _THOUGHTS or message.get("channel") == "analysis":
        return "thoughts"
    hidden = metadata.get("is_visually_hidden_from_conversation") is True
    if hidden or content_type in _HIDDEN or number(message.get("weight")) == 0 or role == "system":
        return "hidden"
    recipient = message.get("recipient")
    called = isinstance(recipient, str) and recipient not in {"all", ""}
    if role == "tool" or called or content_type in _TOOLS:
        return "tool"
    return "" if isinstance(role, str) and role in _ROLES else "not_message"


def _text(content: Mapping[str, Any], counts: Counter[str]) -> str:
    """Join what of a message's content is text; what is not is counted."""
    texts = []
    for part in fields.sequence(content.get("parts")):
        text = part if isinstance(part, str) else fields.mapping(part).get("text")
        if isinstance(text, str):
            texts.append(text)
        elif part is not None:
            counts["not_text"] += 1
    if isinstance(content.get("text"), str):
        texts.append(_fenced(content) if content.get("content_type") == "code" else content["text"])
    joined = fields.text("\n\n".join(text for text in texts if text.strip()))
    plain, references = _REFERENCE.subn("", joined)
    counts["references"] += references
    return plain


def _fenced(content: Mapping[str, Any]) -> str:
    language = fields.text(content.get("language"))
    language = language if language.isalnum() and language != "unknown" else ""
    return f"````{language}\n{content['text']}\n````"
