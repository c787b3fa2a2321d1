"""The generation log: the hot, append-only record of an answer under way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from webapp.errors import Failure


@dataclass(frozen=True, slots=True)
class Ending:
    """How an answer ended. `state`: complete, stopped, interrupted or failed."""

    state: str
    failure: Failure | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """What the log holds from an offset on. With `ending` set nothing will follow.

    `thoughts` are what the model said to itself, from an offset of their own on.
    """

    text: str
    ending: Ending | None
    thoughts: str = ""


class GenerationLog(Protocol):
    """Text with offsets in code points, closed by one ending. All calls from any thread.

    Beside the text, with offsets of their own, are thoughts; the ending closes both.

    A notification is a hint: it may come late, twice, or for nothing. The log is the truth.
    """

    def open(self, generation_id: str) -> None: ...

    def append(self, generation_id: str, text: str) -> None:
        """Add text. After the ending, and for an unknown id, raises `LookupError`."""
        ...

    def append_thoughts(self, generation_id: str, thoughts: str) -> None:
        """Add to the thoughts, as `append` does to the text."""
        ...

    def finish(self, generation_id: str, ending: Ending) -> None:
        """Add the ending. Text and state must be stored for good before it is called."""
        ...

    def read(self, generation_id: str, offset: int, *, thoughts_from: int = 0) -> Reading | None:
        """Read from offsets on; None for an id that is unknown or was dropped."""
        ...

    def drop(self, generation_id: str) -> None: ...

    def listen(self, listener: Callable[[str], None]) -> None:
        """Have `listener` called with an id after news, on the thread that brought them.

        It must return at once and never raise.
        """
        ...
