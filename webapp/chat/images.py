"""Images that people attach: kept, given to whom they belong, removed when nothing needs them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection

from webapp.clock import Clock
from webapp.errors import ImageNotSeen, ImageTooLarge, NotFound
from webapp.images.folder import Folder, Form
from webapp.images.reencode import LARGEST, SMALL_TYPE, MadeAnew, Reencoder
from webapp.providers.base import Model
from webapp.rounds import Rounds
from webapp.store import draft_images, images
from webapp.store.database import Database
from webapp.store.ids import new_id
from webapp.store.images import Image, NamedImage

MOST = 8
"""Images that one message may have."""

_EVERY = 5.0
"""Seconds between two looks at what was deleted: one read of an index that is mostly empty."""

_AFTER_FAILURE = 60.0
_PORTION = 50


@dataclass(frozen=True, slots=True)
class Shown:
    """An image as a browser is given it."""

    name: str  # empty where nobody saves it
    media_type: str
    content: bytes = field(repr=False)


class Images(Rounds):
    """Knows the folder of images, and the rows that say which of its files are needed.

    The rows are deleted in many ways: with messages, conversations, drafts, sessions, members.
    None of them is told of files; a thread removes those whose last row has gone.
    """

    def __init__(self, *, database: Database, clock: Clock, folder: Path) -> None:
        super().__init__("images", after_failure=_AFTER_FAILURE)
        self._database = database
        self._clock = clock
        self._folder = Folder(folder)
        self._reencoder = Reencoder()

    def start(self) -> None:
        """Begin, without the files that a run of the server left behind when it was killed."""
        self._remove_unneeded()
        super().start()

    def make(self, content: bytes, name: str, model: Model | None = None) -> MadeAnew:
        """Make an image anew for a model. Raises a `Refused` that names the file."""
        if model is not None and not model.sees:
            raise ImageNotSeen(name=name, model=model.name)
        if len(content) > LARGEST:
            raise ImageTooLarge(name=name, limit=LARGEST // 1_000_000)
        return self._reencoder.make(content, name)

    @contextmanager
    def laid_down(self, made: Sequence[MadeAnew]) -> Iterator[Sequence[Image]]:
        """Write images down for a transaction that keeps some of them; the others go again.

        The files come first, so that no row is ever without its file.
        """
        laid = [
            Image(new_id(), one.media_type, one.width, one.height, len(one.content)) for one in made
        ]
        try:
            for image, one in zip(laid, made, strict=True):
                self._folder.put(image.id, one)
            yield laid
        finally:
            self._remove_unknown([one.id for one in laid])

    def hold(self, made: MadeAnew) -> Image:
        """Keep an image that nothing needs yet, until `let_go`, or the next start."""
        with self.laid_down([made]) as laid, self._database.writing() as connection:
            images.keep(connection, laid, now=self._clock.now())
        return laid[0]

    def let_go(self, held: Sequence[Image]) -> None:
        if held:
            with self._database.writing() as connection:
                images.loosen(connection, [one.id for one in held])

    def add(
        self,
        connection: Connection,
        session_hash: str,
        conversation: str,
        added: Sequence[NamedImage],
        *,
        now: datetime,
    ) -> Sequence[str]:
        """Put images that were laid down beside a draft, and return their ids there."""
        images.keep(connection, [one.image for one in added], now=now)
        return draft_images.add(connection, session_hash, conversation, added, now=now)

    def waiting(self, user_id: str, image_id: str) -> Shown:
        """Give an image that waits beside a draft, as pages show it. Or `NotFound`.

        One that was just sent is given, too: a page may ask for it while it goes.
        """
        with self._database.reading() as connection:
            found = images.find(connection, user_id, image_id)
        return self._shown(None if found is None else NamedImage("", found), "small")

    def sent(self, user_id: str, message_id: str, position: int, form: Form) -> Shown:
        """Give an image that was sent with a message. Or `NotFound`."""
        with self._database.reading() as connection:
            found = images.sent(connection, user_id, message_id, position)
        return self._shown(found, form)

    def read(self, image: Image) -> bytes | None:
        """Read an image whole; None where its file is not there, as after half a backup."""
        return self._folder.read(image.id)

    def tidy(self) -> bool:
        """Remove some of the files that nothing needs any more; True while there may be more."""
        with self._database.reading() as connection:
            if not images.any_loose(connection):
                return False
        with self._database.writing() as connection:
            gone, more = images.part_with(connection, at_most=_PORTION)
            for image_id in gone:
                self._folder.remove(image_id)
        return more

    def _go_round(self) -> float:
        while not self.closing and self.tidy():
            pass
        return _EVERY

    def _shown(self, found: NamedImage | None, form: Form) -> Shown:
        if found is None:
            raise NotFound
        content = self._folder.read(found.image.id, form) if form == "small" else None
        if content is not None:
            return Shown(found.name, SMALL_TYPE, content)
        content = self._folder.read(found.image.id)
        if content is None:
            raise NotFound
        return Shown(found.name, found.image.media_type, content)

    def _remove_unneeded(self) -> None:
        """Remove files that no row names, while none is written that has no row yet.

        A database that knows of no image at all may be another one than these files belong to;
        then they stay.
        """
        with self._database.reading() as connection:
            if not images.any_known(connection):
                return
            self._folder.remove_all_but(lambda ids: images.known(connection, ids))
        with self._database.writing() as connection:
            images.loosen(connection)

    def _remove_unknown(self, image_ids: Sequence[str]) -> None:
        if image_ids:
            with self._database.reading() as connection:
                kept = images.known(connection, image_ids)
            for one in image_ids:
                if one not in kept:
                    self._folder.remove(one)
