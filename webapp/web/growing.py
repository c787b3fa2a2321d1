"""An answer as it grows: drawn as Markdown up to what a page can bear, and then as text."""

from __future__ import annotations

import time

from markupsafe import Markup, escape

from webapp.render import Op, StreamingRenderer
from webapp.web.i18n import gettext
from webapp.web.rendered import LONGEST, MOST, end_of_markdown, rest_block

_FIRST = 1_000
"""Characters that are drawn first; then twice as many, as long as there is time for them."""


class GrowingAnswer:
    """Makes, patch by patch, what `rendered.draw` makes of the whole.

    Not thread-safe: one caller at a time. The text behind the Markdown is a block of its
    own, whose children are pieces that never change.
    """

    def __init__(self, *, id_prefix: str) -> None:
        self._markdown = StreamingRenderer(id_prefix=id_prefix, translate=gettext)
        self._length = 0
        self._full = False
        self._fresh: list[str] = []
        self._rest = rest_block()

    def feed(self, text: str) -> None:
        """Take the next piece of the answer; it costs nothing until the next flush."""
        if not self._full:
            end = end_of_markdown(text, before=self._length)
            begins, text = text[:end], text[end:]
            self._markdown.feed(begins)
            self._length += end
            self._full = self._length >= MOST or (self._length > LONGEST and begins[-1:] == "\n")
        if text:
            self._fresh.append(text)

    def draw(self, text: str, *, seconds: float) -> tuple[int, list[Op]]:
        """Draw of what comes next as much as so many seconds are enough for, or a little.

        Returns how many characters that were, and what they change.
        """
        ops: list[Op] = []
        done, size, cost = 0, _FIRST, 0.0
        while not done or (done < len(text) and 2 * cost < seconds):
            started = time.thread_time()
            self.feed(text[done : done + size])
            ops += self.flush()
            cost = time.thread_time() - started
            done, size, seconds = done + size, 2 * size, seconds - cost
        return min(done, len(text)), ops

    def flush(self) -> list[Op]:
        """Bring the page up to date with what was fed."""
        return [*self._markdown.flush(), *self._more_rest()]

    def close(self, text: str) -> list[Op]:
        """Read the whole answer once more, all of which was fed, and repair what differs."""
        before = self._markdown.count
        ops = self._markdown.close(text[: self._length])
        if self._rest.children and any(keep < 0 or block >= before for block, _, keep, _ in ops):
            # Blocks come or go before the rest: it is taken away first, and put back.
            put_back = (self._markdown.count, self._rest.shell, 0, "".join(self._rest.children))
            ops = [(before, None, -1, ""), *ops, put_back]
        return [*ops, *self._more_rest()]

    def snapshot(self) -> str:
        """Join what was sent so far, with the growing points marked."""
        return self._markdown.snapshot([self._rest] if self._rest.children else [])

    def html(self, text: str) -> Markup:
        """Join the whole answer, once it is closed: what `rendered.draw` makes of it."""
        rest = text[self._length :]
        return Markup(self._markdown.html([rest_block(rest)] if rest else []))  # noqa: S704 - as there

    def _more_rest(self) -> list[Op]:
        if not self._fresh:
            return []
        piece = f"<span>{escape(''.join(self._fresh))}</span>"
        self._fresh.clear()
        self._rest.children.append(piece)
        kept = len(self._rest.children) - 1
        return [(self._markdown.count, None if kept else self._rest.shell, kept, piece)]
