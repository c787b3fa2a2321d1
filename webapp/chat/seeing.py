"""What of a conversation's images a model is sent, and what that counts as.

A model that sees is sent the newest ones, as many as one request should carry; of the others,
and where a model takes text alone of all, it is told that they were there: `[image: name]`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from webapp.chat.tokens import count
from webapp.providers import base
from webapp.providers.base import Model
from webapp.store.images import Image, NamedImage

TOKENS = 1500
"""What an image counts as. Hosts count by its size, each in its own way: of the 2,048 pixels
that are sent some count 800, others 1,600."""

CHARACTERS = 4 * TOKENS
"""What it takes of a quota of characters: about as many as these tokens hold."""

MOST = 20
LARGEST = 24_000_000
"""How many images one request carries, and how many bytes of them: a third more as base64.
No message alone has more."""

Read = Callable[[Image], bytes | None]


class Sight:
    """Decides whose images go along, from the newest message back: one after the other."""

    def __init__(self, model: Model) -> None:
        self._over = not model.sees
        self._count = MOST
        self._bytes = LARGEST

    def takes(self, images: Sequence[NamedImage]) -> bool:
        """Whether a message's images go along; from the first that do not, no older ones do."""
        self._count -= len(images)
        self._bytes -= sum(one.image.size for one in images)
        self._over = self._over or self._count < 0 or self._bytes < 0
        return not self._over

    def tokens(self, images: Sequence[NamedImage]) -> int:
        """What a message's images count as, or their names."""
        if not images:
            return 0
        return TOKENS * len(images) if self.takes(images) else count(named(images))

    def show(
        self, text: str, images: Sequence[NamedImage], read: Read
    ) -> tuple[str, tuple[base.Image, ...]]:
        """Give a message's content as a model is: its text, and the images that go along."""
        shown: list[base.Image] = []
        unseen = list(images)
        if images and self.takes(images):
            contents = [(one, read(one.image)) for one in images]
            shown = [
                base.Image(one.image.media_type, content)
                for one, content in contents
                if content is not None
            ]
            unseen = [one for one, content in contents if content is None]
        return "\n\n".join(filter(None, [text, named(unseen)])), tuple(shown)


def named(images: Sequence[NamedImage]) -> str:
    return "\n".join(f"[image: {one.name}]" for one in images)
