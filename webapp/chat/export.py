"""Taking a conversation away: Markdown for people, JSON for programs."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from webapp.chat.service import Thread
from webapp.store.messages import Message

JSON_VERSION = 1
"""Goes up when a reader of the old format could not read the new one; see docs/export.md."""

_UNSAFE = re.compile(r"[^\w .()-]+")


def as_markdown(thread: Thread) -> str:
    """Write the branch that is shown, each message under a heading that says whose it is."""
    parts = [f"# {thread.conversation.title}"]
    for message in thread.messages:
        whose = "You" if message.role == "user" else (message.model or "").partition("/")[2]
        parts.append(f"## {whose}\n\n{message.text.strip()}")
    return "\n\n".join(parts) + "\n"


def as_json(thread: Thread, tree: Sequence[Message]) -> str:
    """Write all branches; `head` names the last message of the one that is shown."""
    conversation = thread.conversation
    return json.dumps(
        {
            "format": "liaochat",
            "version": JSON_VERSION,
            "conversations": [
                {
                    "id": conversation.id,
                    "title": conversation.title,
                    "head": conversation.head_id,
                    "messages": [_message(message) for message in tree],
                }
            ],
        },
        ensure_ascii=False,
        indent=1,
    )


def file_name(title: str, kind: str) -> str:
    """Make a name that every file system takes."""
    words = _UNSAFE.sub(" ", title).strip(" .")[:60].strip() or "conversation"
    return f"{words}.{kind}"


def _message(message: Message) -> dict[str, object]:
    return {
        "id": message.id,
        "parent": message.parent_id,
        "role": message.role,
        "state": message.state,
        "model": message.model,
        "text": message.text,
        "failure": None if message.failure is None else message.failure.code,
    }
