"""A top-level code block that is still open: no Markdown is parsed, lines are lexed."""

from __future__ import annotations

import re
from typing import Final

from webapp.render.blocks import Block
from webapp.render.clean import clean
from webapp.render.code_block import code_frame, language_of, line_element
from webapp.render.highlight import GrowingCode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_OPENING: Final = re.compile(r"( {0,3})(?:(`{3,})([^`\n]*)|(~{3,})([^\n]*))\n")


class GrowingFence:
    """The block of an open fence, fed with the source behind its first line."""

    def __init__(self, opening: re.Match[str], translate: Callable[[str], str]) -> None:
        info = (opening[3] or opening[5] or "").strip()
        mark = opening[2] or opening[4]
        self._indent = len(opening[1])
        self._closing = re.compile(rf" {{0,3}}{mark[0]}{{{len(mark)},}}[ \t]*")
        self._may_close = re.compile(rf" {{0,3}}{mark[0]}*[ \t]*")
        self._code = GrowingCode(language_of(info))
        self._source = [opening[0]]
        self._line = ""
        self._given = 0
        self._newlines = ""
        frame, end = code_frame(info, translate)
        self.block = Block(clean(f"{frame}>{end}").removesuffix(f">{end}"), end)

    @classmethod
    def opened_by(cls, source: str, translate: Callable[[str], str]) -> GrowingFence | None:
        """Recognise `source` as an open fence, and take all of it."""
        opening = _OPENING.match(source)
        if opening is None:
            return None
        return cls(opening, translate)

    @property
    def source(self) -> str:
        return "".join(self._source)

    @property
    def work(self) -> int:
        return self._code.work

    def feed(self, text: str) -> tuple[int, list[str]] | None:
        """Add source and return (lines that stand, lines behind them), or None once closed."""
        self._source.append(text)
        *lines, last = (self._line + text).split("\n")
        self._line = last
        certain: list[str] = []
        for line in lines:
            if self._closing.fullmatch(line):
                return None
            certain.append(self._take(line))
            self._newlines += "\n"
            self._given = 0
        if last and not self._may_close.fullmatch(last):
            certain.append(self._take(last))
        keep, rendered = self._code.feed("".join(certain))
        return keep, [clean(line_element(line)) for line in rendered]

    def _take(self, line: str) -> str:
        """Give what is new of a line, after the newlines that were held back."""
        indent = len(line) - len(line.lstrip(" "))
        new = line[min(indent, self._indent) :][self._given :]
        self._given += len(new)
        if not new:
            return ""
        new = self._newlines + new
        self._newlines = ""
        return new
