"""What templates are given: plain values, already decided, nothing to compute."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from markupsafe import Markup

from webapp.web.file_views import FileView, ImageView
from webapp.web.model_views import SessionView


@dataclass(frozen=True, slots=True)
class MessageView:
    """One message of the transcript.

    `state` is running, complete, stopped, interrupted or failed. A user's message
    has `text`, an answer has `html` (its blocks, see docs/protocol.md) and, where
    it did not end well, `reason`, a sentence. It is the `place`th of `places` messages under
    the same parent; `before` and `behind` are the ids of its neighbours there. The `host` that
    answered is named where there are several; `thoughts` says that there are some, or may be.
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
    unsent: bool = False
    files: Sequence[FileView] = ()
    images: Sequence[ImageView] = ()
    waiting: str = ""
    host: str = ""
    thoughts: str = ""


@dataclass(frozen=True, slots=True)
class FurtherView:
    """The `way` (older, newer) to messages that a page does not have, and where it leads.

    `head` is the last message of the branch, where that is not on the page.
    """

    way: str
    url: str
    head: str = ""


@dataclass(frozen=True, slots=True)
class TranscriptView:
    """What of a conversation is on a page, and the ways to what is not.

    `at` is the message that the reader came for, or empty; `head` the last one of the branch.
    """

    messages: Sequence[MessageView]
    older: FurtherView | None = None
    newer: FurtherView | None = None
    head: str = ""
    at: str = ""


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
    folder: str = ""
    at: int = 0
    """When it went on last, in microseconds: what lists are ordered by."""
    day: str = ""


@dataclass(frozen=True, slots=True)
class GroupView:
    """`label` is for people, `key` one of pinned, today, yesterday, week, a month (2026-11).

    A folder's conversations are a group, too: folder-, and its id.
    """

    key: str
    label: str
    conversations: Sequence[ConversationView]


@dataclass(frozen=True, slots=True)
class FolderView:
    """`more` is the address of what of it is not listed yet, or empty."""

    id: str
    name: str
    count: int
    url: str
    conversations: Sequence[ConversationView] = ()
    more: str = ""
    open: bool = False


@dataclass(frozen=True, slots=True)
class SidebarView:
    """The list of conversations; `more` is the address of what goes on behind it, or empty.

    The `version` tells a page whether it misses anything.
    """

    groups: Sequence[GroupView]
    folders: Sequence[FolderView]
    version: str
    more: str = ""


@dataclass(frozen=True, slots=True)
class PlaceView:
    """A place of conversations: its `key` in addresses, and its name."""

    key: str
    name: str
    url: str
    current: bool


@dataclass(frozen=True, slots=True)
class ListView:
    """A page of a place. `folder` is the folder that it is, or None."""

    key: str
    name: str
    after: str
    conversations: Sequence[ConversationView]
    more: str
    places: Sequence[PlaceView]
    folders: Sequence[FolderView]
    folder: FolderView | None


@dataclass(frozen=True, slots=True)
class PresetView:
    """An entry: `line` is the first of its text, `owner` empty for one's own.

    `offered` says whether its model can still be chosen.
    """

    id: str
    name: str
    url: str
    line: str
    owner: str
    shared: bool
    model: str
    offered: bool


@dataclass(frozen=True, slots=True)
class GaugeView:
    """What a message that is sent now takes: its `size`, where that is worth a look.

    The `text` says what stays behind; or, `over` its limits, that nothing can be sent.
    """

    size: str = ""
    text: str = ""
    over: bool = False


@dataclass(frozen=True, slots=True)
class PageView:
    user: str
    session: SessionView
    sidebar: SidebarView
    conversation: ConversationView | None
    transcript: TranscriptView
    client_id: str
    notice: str = ""
    draft: str = ""
    files: Sequence[FileView] = ()
    system_text: str = ""
    default_system_text: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)
    gauge: GaugeView = GaugeView()
    presets: Sequence[PresetView] = ()
