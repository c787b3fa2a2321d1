"""Show the unfinished end of a growing text as what it will most likely become.

Without this a fifth of the updates would take back what a reader has just seen: `**`
that turns into bold, half a link, half a formula. Nothing here has to be right: the
next update draws the open end anew, and the last render mends nothing.
"""

from __future__ import annotations

import re
from typing import Final

from webapp.render.math_rule import dollar_end
from webapp.render.parser import PENDING_LINK

_MARKERS_ONLY: Final = re.compile(
    r"[ \t>]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)*"
    r"(?:[-=#+*_|:~`$\\ \t]+|\d{1,9}[.)]?|\[[ xX]?\]?|(?:```|~~~).*"
    r"|\\(?:b(?:e(?:g(?:in?)?)?)?))?"
    r"[ \t]*"
)
_SPECIAL: Final = re.compile(r"[\\`$!\[*_~<&]")
_ENTITY: Final = re.compile(r"&(?:#?\w{0,30})?\Z")
_AUTOLINK: Final = re.compile(r"<(?:h|ht|htt|https?|https?:\S*|m|ma|mai|mail|mailto:?\S*)?\Z")
_DESTINATION: Final = re.compile(r"\]\([^()\s]*(?:\([^()\s]*\)[^()\s]*)*(?:\s+\"[^\"]*\"?)?\Z")
_FORMULA_SIGN: Final = re.compile(r"[\\^_{=+<>]|[A-Za-z]\(|\A\w?\Z")
_MAX_MARKERS: Final = 80
_MAX_LABEL: Final = 300
_MAX_FORMULA: Final = 200


def hold_back(source: str) -> str:
    """Cut a last line that holds nothing but markers: what it will be is open."""
    start = source.rfind("\n") + 1
    short = len(source) - start <= _MAX_MARKERS
    return source[:start] if short and _MARKERS_ONLY.fullmatch(source, start) else source


def mend(content: str) -> str:
    """Close or hold back what is open at the end of inline text."""
    return _Mender(content).mended()


class _Mender:
    """One walk over the text that keeps the delimiters which are still open."""

    def __init__(self, text: str) -> None:
        self._text = text.rstrip()
        self._position = 0
        self._open: list[str] = []
        self._dropped: list[int] = []
        self._end = len(self._text)
        self._suffix = ""

    def mended(self) -> str:
        text = self._text
        while self._position < self._end:
            special = _SPECIAL.search(text, self._position, self._end)
            if special is None:
                break
            self._position = special.start()
            self._step(special[0])
        kept = (
            "".join(
                char for index, char in enumerate(text[: self._end]) if index not in self._dropped
            )
            if self._dropped
            else text[: self._end]
        )
        return kept.rstrip() + self._suffix + "".join(reversed(self._open))

    def _step(self, char: str) -> None:
        match char:
            case "\\":
                self._backslash()
            case "`":
                self._code()
            case "$":
                self._dollar()
            case "!" | "[":
                self._bracket(image=char == "!")
            case "*" | "_" | "~":
                self._delimiters(char)
            case _:
                pattern = _ENTITY if char == "&" else _AUTOLINK
                if pattern.match(self._text, self._position):
                    self._cut(self._position)
                self._position += 1

    def _cut(self, position: int) -> None:
        """Hold back everything from `position` on."""
        self._end = self._position = position

    def _backslash(self) -> None:
        following = self._text[self._position + 1 : self._position + 2]
        if not following:
            self._cut(self._position)
        elif following in "([":
            self._formula("\\)" if following == "(" else "\\]")
        else:
            self._position += 2

    def _formula(self, closer: str) -> None:
        end = self._text.find(closer, self._position + 2)
        if end < 0:
            self._cut(self._position)
        else:
            self._position = end + len(closer)

    def _code(self) -> None:
        text = self._text
        start = self._position
        after = _run_end(text, start, "`")
        position = text.find("`", after)
        while position >= 0:
            end = _run_end(text, position, "`")
            if end - position == after - start:
                self._position = end
                return
            position = text.find("`", end)
        if after == len(text):
            self._cut(start)
            return
        body = text.rstrip("`")
        self._suffix = text[start:after]
        self._end = self._position = len(body)

    def _dollar(self) -> None:
        text = self._text
        start = self._position
        if text.startswith("$$", start):
            self._formula("$$")
            return
        end = dollar_end(text, start, len(text))
        if end >= 0:
            self._position = end + 1
            return
        rest = text[start + 1 :]
        opens = not (start and text[start - 1].isalnum()) and not rest[:1].isspace()
        if opens and "$" not in rest and len(rest) < _MAX_FORMULA and _FORMULA_SIGN.search(rest):
            self._cut(start)
        else:
            self._position += 1

    def _bracket(self, *, image: bool) -> None:
        text = self._text
        start = self._position
        label = start + 1 + image
        if image and label > len(text):
            self._cut(start)
            return
        if image and text[label - 1] != "[":
            self._position += 1
            return
        closing = _label_end(text, label)
        if closing < 0:
            if len(text) - label > _MAX_LABEL or "\n\n" in text[label:]:
                self._position = label
            elif image or label == len(text):
                self._cut(start)
            else:  # the text of a link to come
                self._dropped.append(start)
                self._position = label
            return
        if closing == len(text) - 1:  # an address may follow
            if image:
                self._cut(start)
                return
            self._dropped.append(start)
            self._end = closing
        elif _DESTINATION.match(text, closing):
            if image:
                self._cut(start)
                return
            self._end = self._position = closing
            self._suffix = f"{''.join(reversed(self._open_since(label)))}]({PENDING_LINK})"
            return
        self._position = label if not image else closing + 1

    def _open_since(self, start: int) -> list[str]:
        """Close what a link's text left open itself; nothing spans the end of a link."""
        inner = _Mender(self._text[start : self._end])
        inner.mended()
        return inner._open

    def _delimiters(self, char: str) -> None:
        text = self._text
        start = self._position
        end = _run_end(text, start, char)
        self._position = end
        if end == len(text):
            self._cut(start)
            return
        before = text[start - 1 : start] or " "
        after = text[end]
        closes = not before.isspace()
        opens = not after.isspace()
        if char == "_":
            closes, opens = closes and not after.isalnum(), opens and not before.isalnum()
        length = end - start
        while length and closes and self._open and self._open[-1][0] == char:
            size = len(self._open[-1])
            if size > length:
                break
            self._open.pop()
            length -= size
        if char == "~":
            if length == 2 and opens:  # noqa: PLR2004 - `~~`
                self._open.append("~~")
        elif opens and not (char == "*" and length == 1 and before.isalnum()):
            self._open.extend([char * 2] * (length // 2) + [char] * (length % 2))


def _run_end(text: str, start: int, char: str) -> int:
    end = start
    while end < len(text) and text[end] == char:
        end += 1
    return end


def _label_end(text: str, start: int) -> int:
    """Find the `]` that closes the bracket before `start`, within reason."""
    depth = 0
    for position in range(start, min(len(text), start + _MAX_LABEL)):
        char = text[position]
        if char == "[":
            depth += 1
        elif char == "]":
            if not depth:
                return position
            depth -= 1
    return -1
