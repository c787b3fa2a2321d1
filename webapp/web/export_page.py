"""A conversation as one page that needs nothing else: for reading, keeping and printing."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup

from webapp.store.exports import StoredConversation, StoredMessage
from webapp.store.files import Attachment
from webapp.store.images import Image
from webapp.web.i18n import gettext, sentence
from webapp.web.present import thoughts_label
from webapp.web.rendered import draw
from webapp.web.services import Services

_STYLE = "css/pages/export.css"


@dataclass(frozen=True, slots=True)
class SaidView:
    """One message. A question has `text`, an answer `html`, and `thoughts` where it has some.

    `reason` says how it ended.
    """

    mine: bool
    who: str
    at: str
    moment: str
    text: str
    html: Markup
    files: Sequence[Attachment]
    reason: str
    images: Sequence[tuple[str, str]] = ()
    """Their names, and their contents as addresses; empty where one is not there."""
    thoughts: str = ""
    thoughts_label: str = ""


@dataclass(frozen=True, slots=True)
class ExportView:
    title: str
    style: Markup
    days: str
    models: Sequence[str]
    count: int
    system: str
    exported: str


def as_html(own: Services, conversation: StoredConversation) -> Iterator[str]:
    """Write the branch that is shown, message by message."""
    branch = conversation.branch()
    models = dict.fromkeys(own.presenter.model_name(one.model) for one in branch if one.model)
    days = list(dict.fromkeys(own.presenter.day(one.created_at) for one in branch))
    page = ExportView(
        title=conversation.title or gettext("New chat"),
        style=_style(own),
        days=" – ".join(dict.fromkeys((days[0], days[-1]))) if days else "",
        models=list(models),
        count=len(branch),
        system=conversation.system_text or "",
        exported=own.presenter.day(own.clock.now()),
    )
    said = (_said(own, message, f"m{at}-") for at, message in enumerate(branch))
    return own.presenter.pieces("export_page.html", page=page, said=said)


def _said(own: Services, message: StoredMessage, prefix: str) -> SaidView:
    answer = message.role != "user"
    html = draw(message.text, id_prefix=prefix) if answer and message.text else Markup()
    return SaidView(
        mine=not answer,
        who=(own.presenter.model_name(message.model) or gettext("Answer"))
        if answer
        else gettext("You"),
        at=_clock(message.created_at),
        moment=message.created_at.isoformat(timespec="seconds"),
        text="" if answer else message.text,
        html=html,
        files=message.attachments,
        reason=_ending(message),
        images=[(one.name, _in_place(own, one.image)) for one in message.images],
        thoughts=message.thoughts or "",
        thoughts_label=thoughts_label(message.thought_seconds or 0) if message.thoughts else "",
    )


def _in_place(own: Services, image: Image) -> str:
    """Write an image as an address that holds all of it."""
    content = own.exports.read_image(image)
    if content is None:
        return ""
    return f"{image.media_type};base64,{b64encode(content).decode('ascii')}"


def _ending(message: StoredMessage) -> str:
    if message.failure is not None:
        return sentence(message.failure)
    match message.state:
        case "stopped":
            return gettext("Stopped.")
        case "interrupted":
            return gettext("The answer broke off here.")
        case "failed":
            return gettext("The answer failed.")
        case "running":
            return gettext("This was still being written.")
        case _:
            return ""


def _clock(at: datetime) -> str:
    """Say day and time by this machine's calendar, in the order that sorts."""
    return f"{at.astimezone():%Y-%m-%d %H:%M}"


def _style(own: Services) -> Markup:
    asset = own.assets.get(_STYLE)
    assert asset is not None  # noqa: S101 - it ships with this module
    return Markup(asset.content.decode())  # noqa: S704 - our own file
