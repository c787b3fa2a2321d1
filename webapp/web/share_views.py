"""What templates are given of links to conversations, and of what is read by them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from webapp.web.views import ConversationView, TranscriptView


@dataclass(frozen=True, slots=True)
class ShareView:
    """A link as its author sees it.

    `snapshot_of` is the day that a snapshot shows, or empty for a live one; `until` the day
    on which it runs out, or empty. It is `closed` where the server allows no public links.
    Without the key that sealed it there is no `url`.
    """

    id: str
    url: str
    audience: str
    snapshot_of: str = ""
    until: str = ""
    closed: bool = False


@dataclass(frozen=True, slots=True)
class ShareableView:
    """A conversation, its links, and which can be made."""

    conversation: ConversationView
    links: Sequence[ShareView]
    public_allowed: bool
    error: str = ""


@dataclass(frozen=True, slots=True)
class SharedLinkView:
    """A link as the team finds it."""

    title: str
    url: str
    day: str
    snapshot: bool


@dataclass(frozen=True, slots=True)
class SharedView:
    """What a reader sees; a `member` of the team can go back to their own conversations."""

    conversation_id: str
    title: str
    transcript: TranscriptView
    snapshot_of: str
    until: str
    member: bool
