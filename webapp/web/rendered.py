"""The HTML of ended answers: bounded, made once, and kept."""

from __future__ import annotations

import threading
from collections import OrderedDict
from hashlib import blake2b

from markupsafe import Markup, escape

from webapp.render.blocks import Block, join
from webapp.render.markdown import whole_blocks
from webapp.web.i18n import gettext

LONGEST = 200_000
"""Characters of an answer that are drawn as Markdown. What follows is shown as it was sent:
a page of megabytes of markup would cost its server and its reader more than it says."""

MOST = LONGEST + 20_000
"""Where Markdown ends in the middle of a line, if that line is so long."""

_AT_ONCE = 2


def end_of_markdown(text: str, *, before: int = 0) -> int:
    """Tell how much of a text, which follows so many characters, is drawn as Markdown."""
    line_end = text.find("\n", max(0, LONGEST - before), max(0, MOST - before))
    return line_end + 1 if line_end >= 0 else min(len(text), MOST - before)


def rest_block(text: str = "") -> Block:
    """Make the block for what follows the Markdown."""
    return Block('<pre class="rest" tabindex="0"', "</pre>", [escape(text)] if text else [])


def draw(text: str, *, id_prefix: str) -> Markup:
    """Render an answer; of a very long one the rest as plain text, in a block of its own."""
    cut = end_of_markdown(text)
    blocks = whole_blocks(text[:cut], id_prefix=id_prefix, translate=gettext)
    if cut < len(text):
        blocks.append(rest_block(text[cut:]))
    return Markup(join(blocks, marked=False))  # noqa: S704 - the renderer's promise


class RenderedAnswers:
    """Kept by a digest of their text: the last used, up to a size.

    Few are drawn at once, and each by one thread: who wants the same waits for it. So
    that many readers of one dear answer cost no more than one.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._lock = threading.Lock()  # guards all below
        self._html: OrderedDict[bytes, Markup] = OrderedDict()
        self._size = 0
        self._drawing: dict[bytes, threading.Event] = {}
        self._turns = threading.BoundedSemaphore(_AT_ONCE)

    def html(self, text: str, *, message_id: str) -> Markup:
        key = _key(text, message_id)
        while True:
            with self._lock:
                html = self._html.get(key)
                if html is not None:
                    self._html.move_to_end(key)
                    return html
                drawn = self._drawing.get(key)
                if drawn is None:
                    self._drawing[key] = threading.Event()
            if drawn is None:
                return self._draw(key, text, message_id)
            drawn.wait()

    def keep(self, text: str, html: Markup, *, message_id: str) -> None:
        """Keep what was drawn elsewhere: it must be what `draw` makes of this text."""
        key = _key(text, message_id)
        with self._lock:
            self._keep(key, html)

    def _draw(self, key: bytes, text: str, message_id: str) -> Markup:
        try:
            with self._turns:
                html = draw(text, id_prefix=message_id)
            with self._lock:
                self._keep(key, html)
            return html
        finally:
            with self._lock:
                self._drawing.pop(key).set()

    def _keep(self, key: bytes, html: Markup) -> None:
        self._size += len(html) - len(self._html.pop(key, ""))
        self._html[key] = html
        while self._size > self._limit and len(self._html) > 1:
            _, oldest = self._html.popitem(last=False)
            self._size -= len(oldest)


def _key(text: str, message_id: str) -> bytes:
    """Name an answer by its text.

    What has footnotes has the message's own id in it; all else is the same in every branch,
    copy and import of a conversation.
    """
    of = message_id if "[^" in text else ""
    return blake2b(text.encode(), key=of.encode(), digest_size=16).digest()
