"""A top-level code block that is still open: no Markdown is parsed, lines are lexed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from webapp.render.blocks import Block
from webapp.render.clean import clean
from webapp.render.code_block import code_frame, language_of, line_element
from webapp.render.highlight import GrowingCode

if TYPE_CHECKING:
    from collections.abc import Callable

_OPENING: Final = re.compile(r"( {0,3})(?:(`{3,}+)([^`\n]*+)|(~{3,}+)([^\n]*+))\n")


class GrowingFence:
    """The block of an open fence, fed with the source behind its first line."""

    def __init__(self, opening: re.Match[str], translate: Callable[[str], str]) -> None:
        info = (opening[3] or opening[5] or "").strip()
        mark = opening[2] or opening[4]
        self._indent = len(opening[1])
        self._closing = re.compile(rf" {{0,3}}{mark[0]}{{{len(mark)},}}+[ \t]*")
        self._may_close = re.compile(rf" {{0,3}}{mark[0]}*[ \t]*")
        self._code = GrowingCode(language_of(info))
        self._source = [opening[0]]
        self._line = ""
        self._given = 0
        self._newlines = ""
        self.closed = False
        self.rest = ""
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
        """All that belongs to the block: to the end of its closing line, once there is one."""
        return "".join(self._source)

    @property
    def work(self) -> int:
        return self._code.work

    def feed(self, text: str) -> tuple[int, list[str]]:
        """Add source and return (lines that stand, the lines behind them).

        Once the closing line has come, `closed` is true and `rest` is what follows it.
        """
        self._source.append(text)
        unread = self._line + text
        certain: list[str] = []
        start = 0
        while (end := unread.find("\n", start)) >= 0:
            line = unread[start:end]
            start = end + 1
            if self._closing.fullmatch(line):
                self.closed = True
                self.rest = unread[start:]
                self._source.append(self._source.pop().removesuffix(self.rest))
                break
            certain.append(self._take(line))
            self._newlines += "\n"
            self._given = 0
        self._line = "" if self.closed else unread[start:]
        if self._line and not self._may_close.fullmatch(self._line):
            certain.append(self._take(self._line))
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
