"""Thoughts as they are sent: to who owns them alone, each piece with how many came before it."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from webapp.web.connection import Connection
from webapp.web.frames import encode


class Thinking:
    """What of the thoughts before one answer was sent. Not thread-safe, as the answer is not."""

    __slots__ = ("_message_id", "_reads_only", "offset")

    def __init__(self, message_id: str, reads_only: Callable[[Connection], bool]) -> None:
        """Who `reads_only` is sent none."""
        self._message_id = message_id
        self._reads_only = reads_only
        self.offset = 0
        """Code points that were sent."""

    def tell(self, thoughts: str, watchers: list[Connection]) -> list[Connection]:
        """Send more of them; who refuses is behind as with patches, and left out of the answer."""
        if not thoughts:
            return watchers
        frame = self._frame(self.offset, thoughts)
        self.offset += len(thoughts)
        return [one for one in watchers if self._reads_only(one) or one.offer(frame)]

    def recall(self, thoughts: str, newcomers: Iterable[Connection]) -> None:
        """Send those who come now what was sent before of all `thoughts`."""
        frame = self._frame(0, thoughts[: self.offset])
        for one in newcomers:
            if not self._reads_only(one):
                one.send(frame)

    def _frame(self, offset: int, thoughts: str) -> bytes:
        return encode("thinking", message=self._message_id, offset=offset, text=thoughts)
