"""What every format is read into: conversations as they will be stored, and what was left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from webapp.chat.kept import digest as kept_digest
from webapp.errors import Failure
from webapp.store.files import Attachment
from webapp.store.thoughts import NOTHING, Beside

Format = Literal["liaochat", "chatbot-ui", "chatgpt"]


@dataclass(frozen=True, slots=True)
class ImportedImage:
    """An image of a file, under its key there; `data` is what stands there, as base64."""

    key: str
    data: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class NamedKey:
    """Which image of the file was sent with a message, and under which name."""

    name: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedMessage:
    """A message; `key` and `parent` are names within its file."""

    key: str
    parent: str | None
    role: Literal["user", "assistant"]
    text: str
    state: str = "complete"
    model: str | None = None
    created_at: datetime | None = None
    failure: Failure | None = None
    attachments: tuple[Attachment, ...] = ()
    images: tuple[NamedKey, ...] = ()
    beside: Beside = NOTHING


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedConversation:
    """A conversation. `source` says for all times where it came from, `also` other names of it.

    `folder` is a folder's name. In `messages` each stands behind its parent; `head` is the
    key of one of them. `left_out` counts what could not be taken along, by reason.
    """

    source: str
    title: str
    messages: tuple[ImportedMessage, ...]
    head: str | None
    also: tuple[str, ...] = ()
    title_given: bool = True
    created_at: datetime | None = None
    updated_at: datetime | None = None
    pinned_at: datetime | None = None
    archived_at: datetime | None = None
    trashed_at: datetime | None = None
    folder: str | None = None
    system_text: str | None = None
    parameters: Mapping[str, object] = field(default_factory=dict)
    left_out: tuple[Omission, ...] = ()


@dataclass(frozen=True, slots=True)
class ImportedPrompt:
    name: str
    text: str

    @property
    def fields(self) -> Mapping[str, str]:
        return {"text": self.text}

    @property
    def digest(self) -> str:
        """Name what it says, whatever it is called."""
        return kept_digest(self.text)


@dataclass(frozen=True, slots=True)
class ImportedPreset:
    name: str
    model: str
    system_text: str

    @property
    def fields(self) -> Mapping[str, str]:
        return {"model": self.model, "system_text": self.system_text}

    @property
    def digest(self) -> str:
        return kept_digest(self.model, self.system_text)


@dataclass(frozen=True, slots=True)
class ImportedFolder:
    """A folder of its own right: it comes even if nothing is in it."""

    name: str


@dataclass(frozen=True, slots=True)
class Omission:
    """Why something was left out or changed: one of `reasons.py`, and how often."""

    reason: str
    count: int = 1


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A conversation that cannot be taken in, and why; `title` where it has one."""

    title: str
    reason: str
