"""Images of a file that is taken in: made anew like any, and held until messages have them."""

from __future__ import annotations

import binascii
from base64 import b64decode
from collections.abc import Callable, Sequence

from webapp.chat.images import Images
from webapp.chat.importing.shape import ImportedImage, NamedKey
from webapp.errors import ImagesBusy, Refused
from webapp.images.reencode import LARGEST
from webapp.store.images import Image, NamedImage


class Pictures:
    """Knows the images of one file by their keys there."""

    def __init__(self, images: Images, *, between: Callable[[], None]) -> None:
        """`between` is called while others come first, and may raise to end it."""
        self._images = images
        self._between = between
        self._held: dict[str, Image] = {}

    def add(self, one: ImportedImage) -> None:
        """Take an image in; one that cannot be read is none."""
        if one.key in self._held or len(one.data) > LARGEST * 4 // 3 + 4:
            return
        try:
            content = b64decode(one.data, validate=True)
        except (binascii.Error, ValueError):
            return
        while True:
            try:
                self._held[one.key] = self._images.hold(self._images.make(content, one.key))
            except ImagesBusy:
                self._between()
                continue
            except Refused:
                pass
            return

    def of(self, named: Sequence[NamedKey]) -> Sequence[NamedImage]:
        """Find the images that there are of these."""
        there = [one for one in named if one.key in self._held]
        return [NamedImage(one.name, self._held[one.key]) for one in there]

    def let_go(self) -> None:
        """Hold them no longer: what no message has by now is not needed."""
        self._images.let_go(list(self._held.values()))
