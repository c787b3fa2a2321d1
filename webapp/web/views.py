"""What templates are given: plain values, already decided, nothing to compute."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup


@dataclass(frozen=True, slots=True)
class MessageView:
    """One message of the transcript.

    `state` is running, complete, stopped, interrupted or failed. A user's message
    has `text`, an answer has `html` (its blocks, see docs/protocol.md) and, where
    it did not end well, `reason`, a sentence. It is the `place`th of `places` messages under
    the same parent; `before` and `behind` are the ids of its neighbours there.
    """

    id: str
    role: str
    state: str
    text: str = ""
    html: Markup = Markup("")
    model: str = ""
    reason: str = ""
    place: int = 1
    places: int = 1
    before: str = ""
    behind: str = ""
    can_continue: bool = False


@dataclass(frozen=True, slots=True)
class ConversationView:
    id: str
    title: str
    url: str
    group: str
    live: bool = False
    current: bool = False
    pinned: bool = False
    archived: bool = False
    trashed: bool = False


@dataclass(frozen=True, slots=True)
class GroupView:
    """`key` is pinned, today, yesterday, week, or a month (2026-11); `label` is for people."""

    key: str
    label: str
    conversations: Sequence[ConversationView]


@dataclass(frozen=True, slots=True)
class ModelView:
    """One choice. `note` says in one line what a person should know before choosing."""

    key: str
    name: str
    provider: str
    max_length: int
    needs_auth_code: bool
    selected: bool
    note: str = ""


@dataclass(frozen=True, slots=True)
class SessionView:
    """The settings of the browser session; each error belongs to its field."""

    models: Sequence[ModelView]
    model: ModelView | None
    auth_code_set: bool
    auth_code_tail: str = ""
    error: str = ""
    model_error: str = ""


@dataclass(frozen=True, slots=True)
class PageView:
    user: str
    session: SessionView
    groups: Sequence[GroupView]
    conversation: ConversationView | None
    messages: Sequence[MessageView]
    client_id: str
    notice: str = ""
    draft: str = ""
