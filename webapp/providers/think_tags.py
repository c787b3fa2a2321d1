"""A thought that stands in tags where an answer begins: `<think>…</think>`. Pure.

So models write that think, and so servers hand it on that do not take it out of the text:
llama.cpp, Ollama and vLLM, as they are set up. Such tags anywhere else are part of the answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from webapp.providers.base import Thought

if TYPE_CHECKING:
    from collections.abc import Iterator

_OPENING, _CLOSING = "<think>", "</think>"
_MOST_BLANK = 64
"""Characters of nothing before a tag; with more before it, it is none."""


class OpeningThought:
    """Divides the text of an answer into a thought and what follows it.

    What may be the beginning of a tag is held back until more is there; `flush` gives it out.
    """

    def __init__(self) -> None:
        self._part: Literal["start", "thought", "between", "answer"] = "start"
        self._held = ""
        self._thinks = False

    def feed(self, text: str) -> Iterator[str | Thought]:
        self._held += text
        if self._part == "start":
            self._start()
        if self._part == "thought":
            yield from self._think()
        if self._part == "between" and (rest := self._held.lstrip()):
            self._part, self._held = "answer", rest
        if self._part == "answer" and self._held:
            yield self._held
            self._held = ""

    def flush(self) -> Iterator[str | Thought]:
        """Give out what was held back: nothing follows that it could be the beginning of."""
        held, self._held = self._held, ""
        if self._part == "start" and held:
            self._part = "answer"
        if held and self._part != "between":
            yield held if self._part == "answer" else Thought(held)

    def leave(self) -> Iterator[str | Thought]:
        """Look for no tag any more: thoughts come by another way."""
        yield from self.flush()
        self._part = "answer"

    def _start(self) -> None:
        begun = self._held.lstrip()
        if len(self._held) - len(begun) > _MOST_BLANK or not begun.startswith(
            _OPENING[: len(begun)]
        ):
            self._part = "answer"
        elif begun.startswith(_OPENING):
            self._part, self._held = "thought", begun.removeprefix(_OPENING)

    def _think(self) -> Iterator[Thought]:
        if not self._thinks:
            self._held = self._held.lstrip()
        inside, closing, rest = self._held.partition(_CLOSING)
        if closing:
            self._part = "between"
        else:
            sizes = range(len(_CLOSING) - 1, 0, -1)
            kept = next((size for size in sizes if inside.endswith(_CLOSING[:size])), 0)
            inside, rest = inside[: len(inside) - kept], inside[len(inside) - kept :]
        self._held = rest
        if inside:
            self._thinks = True
            yield Thought(inside)
