"""What waits beside a draft or was sent with a message, for people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from webapp.store.branches import FILE_SHOWN
from webapp.store.draft_images import DraftImage
from webapp.store.files import DraftFile
from webapp.store.images import Image
from webapp.store.messages import Message
from webapp.web.i18n import gettext, ngettext

_ALONE = 320
_AMONG_OTHERS = 160
"""Pixels of the longest side of an image on a page."""

_MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True)
class FileView:
    """A text file that waits beside a draft, or was sent; `size` is for people.

    Of one that was sent `text` is shown; the whole of it, or its `head` alone, is saved
    from `url`. Of an image that waits `thumbnail` is the address of the small one.
    """

    id: str
    name: str
    size: str
    url: str = ""
    text: str = ""
    head: bool = False
    thumbnail: str = ""


@dataclass(frozen=True, slots=True)
class ImageView:
    """An image that was sent: `small` is shown, in so many pixels, and leads to the whole one."""

    name: str
    url: str
    small: str
    width: int
    height: int


def draft_file(one: DraftImage | DraftFile) -> FileView:
    if isinstance(one, DraftFile):
        return FileView(one.id, one.name, _characters(one.length))
    size = _bytes(one.image.size)
    return FileView(one.id, one.name, size, thumbnail=f"/images/{one.image.id}")


def attached(message: Message) -> Sequence[FileView]:
    """Show the files of a message: big ones by their beginning, for the page's sake."""
    most = FILE_SHOWN // max(len(message.attachments), 1)
    return [
        FileView(
            id=f"{message.id}-{position}",
            name=file.name,
            size=_characters(file.length),
            url=f"/messages/{message.id}/files/{position}",
            text=file.text[:most],
            head=file.length > most,
        )
        for position, file in enumerate(message.attachments)
    ]


def images_of(message: Message, door: str = "") -> Sequence[ImageView]:
    """Show the images of a message, where they are found: behind a `door`, or at the message."""
    most = _ALONE if len(message.images) == 1 else _AMONG_OTHERS
    address = f"{door}/messages/{message.id}/images"
    return [
        ImageView(
            one.name,
            f"{address}/{position}/whole",
            f"{address}/{position}/small",
            *_fitted(one.image, most),
        )
        for position, one in enumerate(message.images)
    ]


def _fitted(image: Image, most: int) -> tuple[int, int]:
    """Scale an image down to a page: what it will take of it is known before it is there."""
    scale = min(1, most / max(image.width, image.height))
    return max(1, round(image.width * scale)), max(1, round(image.height * scale))


def _characters(length: int) -> str:
    count = f"{length:,}"
    return ngettext("%(count)s character", "%(count)s characters", length) % {"count": count}


def _bytes(count: int) -> str:
    if count < _MEGABYTE:
        return gettext("%(count)s kB") % {"count": max(1, round(count / 1000))}
    return gettext("%(count)s MB") % {"count": f"{count / _MEGABYTE:.1f}"}
