"""From what is stored to what is shown: views, and the partials that page and socket share."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from itertools import groupby

from jinja2 import Environment
from markupsafe import Markup

from webapp.chat.window import Window
from webapp.clock import Clock
from webapp.lanes import Place
from webapp.render import render_blocks
from webapp.store.conversations import Conversation
from webapp.store.draft_images import DraftImage
from webapp.store.files import DraftFile
from webapp.store.messages import Message
from webapp.store.tables import microseconds
from webapp.web.addresses import for_frames
from webapp.web.file_views import FileView, attached, draft_file, images_of
from webapp.web.groups import group_of, label_of, month_name
from webapp.web.i18n import gettext, ngettext, sentence
from webapp.web.rendered import RenderedAnswers, draw
from webapp.web.views import (
    ConversationView,
    FurtherView,
    GroupView,
    MessageView,
)

_KEEP = 16 * 1024 * 1024
"""Characters of rendered answers that are kept."""

_MINUTES_FROM = 90

_SAMPLE = "`a` $x^2$\n\n```python\nx = 1\n```\n\n| a |\n|---|\n| 1 |\n"


class Presenter:
    """Makes views and partials. Needs no request, so that any thread may call it."""

    def __init__(
        self,
        environment: Environment,
        clock: Clock,
        *,
        model_name: Callable[[str], str],
        keep: int = _KEEP,
    ) -> None:
        """`model_name` names a model by its key, also one that is not offered any more."""
        self._pages = environment
        # Drawn into each form that asks: a form that is sent twice asks once.
        environment.globals["new_client_id"] = _new_client_id
        self._frames = for_frames(environment)
        self._clock = clock
        self._model_name = model_name
        self._rendered = RenderedAnswers(keep)

    def prepare(self) -> None:
        """Load what the first long conversation would wait for: 40 ms of lexers and templates."""
        render_blocks(_SAMPLE)
        for name in ("chat.html", "_message.html"):
            self._pages.get_template(name)
            self._frames.get_template(name)

    def rehearse(self, conversation: Conversation, said: Sequence[Message]) -> None:
        """Draw once what pages are told of a question."""
        for message in said:
            self.article(self.message(message, message.text))
        view = self.conversation(conversation)
        self.entry(view)
        self.part("_menu_items.html", conversation=view, folders=())

    def message(
        self, message: Message, text: str, *, ahead: Place | None = None, door: str = ""
    ) -> MessageView:
        """Show a message; `text` is what has come of it so far, `ahead` what comes before.

        Who reads by a link finds its images behind a `door` of their own, the link's address.
        """
        answer = message.role != "user"
        siblings = message.siblings or (message.id,)
        at = siblings.index(message.id)
        return MessageView(
            id=message.id,
            role=message.role,
            state=message.state,
            text="" if answer else text,
            html=self._html(message, text) if answer else Markup(),
            model=self.model_name(message.model) if answer else "",
            reason="" if message.failure is None else sentence(message.failure),
            place=at + 1,
            places=len(siblings),
            before=siblings[at - 1] if at else "",
            behind=siblings[at + 1] if at + 1 < len(siblings) else "",
            can_continue=message.state in {"stopped", "interrupted"} and bool(text),
            files=attached(message),
            images=images_of(message, door),
            waiting=_waiting(ahead) if message.state == "running" else "",
            host=message.host or "",
            thoughts=self.thoughts(message),
        )

    def thoughts(self, message: Message) -> str:
        """Say that there are thoughts before an answer, or may be: it is not over. Else nothing."""
        seconds = message.thought_seconds
        if message.role != "user" and (seconds is not None or message.state == "running"):
            return thoughts_label(seconds or 0)
        return ""

    def keep(self, message_id: str, text: str, html: Markup) -> None:
        """Keep an answer that was drawn while it came, so that nobody draws it again."""
        self._rendered.keep(text, html, message_id=message_id)

    def files(self, waiting: Iterable[DraftImage | DraftFile]) -> Sequence[FileView]:
        """Show what waits beside a draft."""
        return [draft_file(one) for one in waiting]

    def footer(
        self, message: Message, *, ahead: Place | None = None, read_only: bool = False
    ) -> str:
        """Draw the footer of an answer. `read_only`: without what can be done."""
        view = self.message(message, message.text, ahead=ahead)
        template = self._frames.get_template("_message_footer.html")
        return template.render(message=view, read_only=read_only)

    def article(self, view: MessageView, *, read_only: bool = False) -> str:
        template = self._frames.get_template("_message.html")
        return template.render(message=view, read_only=read_only)

    def older(self, address: str, window: Window) -> FurtherView | None:
        """Show the way to what comes before, where something does."""
        return None if window.before is None else _further("older", address, window.before)

    def newer(self, address: str, window: Window) -> FurtherView | None:
        if window.behind is None:
            return None
        return _further("newer", address, window.behind, head=window.conversation.head_id or "")

    def further(self, view: FurtherView | None) -> str | None:
        if view is None:
            return None
        return self._frames.get_template("_further.html").render(further=view)

    def entry(self, view: ConversationView) -> str:
        return self._frames.get_template("_conversation.html").render(conversation=view)

    def conversation(self, one: Conversation, *, current: str | None = None) -> ConversationView:
        return ConversationView(
            id=one.id,
            title=one.title,
            url=f"/c/{one.id}",
            group=group_of(one, self._clock.now()),
            live=one.live,
            current=one.id == current,
            pinned=one.pinned,
            archived=one.archived,
            trashed=one.trashed,
            folder=one.folder_id or "",
            at=microseconds(one.updated_at),
            day=f"{one.updated_at.astimezone():%Y-%m-%d}",
        )

    def part(self, template: str, **views: object) -> str:
        """Draw a part of a page that needs nothing but these views."""
        return self._frames.get_template(template).render(**views)

    def pieces(self, template: str, **views: object) -> Iterator[str]:
        """Draw a page that is too large for that at once."""
        return self._pages.get_template(template).generate(**views)

    def day(self, at: datetime) -> str:
        """Write a day for people, by this machine's calendar."""
        day = at.astimezone().date()
        return f"{day.day} {month_name(day.month)} {day.year}"

    def moment(self, at: datetime) -> str:
        """Write a day and the time of day, by this machine's clock."""
        return f"{self.day(at)}, {at.astimezone():%H:%M}"

    def groups(self, all_: Sequence[Conversation], *, current: str | None) -> Sequence[GroupView]:
        """Group a list that is ordered by time."""
        views = [self.conversation(one, current=current) for one in all_]
        return [
            GroupView(key, label_of(key), list(members))
            for key, members in groupby(views, key=lambda view: view.group)
        ]

    def model_name(self, key: str | None) -> str:
        return self._model_name(key) if key else ""

    def _html(self, message: Message, text: str) -> Markup:
        if message.state == "running":
            return draw(text, id_prefix=message.id)
        return self._rendered.html(text, message_id=message.id)


def thoughts_label(seconds: int) -> str:
    """Name the thoughts of so many seconds; 0 where that is unknown."""
    if not seconds:
        return gettext("Thoughts")
    if seconds < _MINUTES_FROM:
        return ngettext(
            "Thought for %(count)s second", "Thought for %(count)s seconds", seconds
        ) % {"count": seconds}
    minutes = round(seconds / 60)
    return ngettext("Thought for %(count)s minute", "Thought for %(count)s minutes", minutes) % {
        "count": minutes
    }


def _further(way: str, address: str, message_id: str, *, head: str = "") -> FurtherView:
    return FurtherView(way, f"{address}?at={message_id}#message-{message_id}", head)


def _waiting(place: Place | None) -> str:
    if place is None or not place.ahead:
        return ""
    count = place.ahead
    if place.shared:
        waiting = ngettext(
            "Waiting: %(count)s answer comes first.",
            "Waiting: %(count)s answers come first.",
            count,
        )
    else:
        waiting = ngettext(
            "Waiting: %(count)s of your answers comes first.",
            "Waiting: %(count)s of your answers come first.",
            count,
        )
    return waiting % {"count": count}


def _new_client_id() -> str:
    return str(uuid.uuid4())
