"""The part of a text that shows why it was found. Pieces, never HTML."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import islice

Piece = tuple[str, bool]
"""Some text, and whether it is what was looked for."""

LENGTH = 220
"""Characters of an excerpt, about."""

_LEAD = 48
_LOOKED_AT = 200  # places of a long text; the best of them is shown

_UNSPACED = "\u0e00"
"""From Thai on, scripts mostly write words without spaces between them."""


def begins_words(word: str) -> bool:
    """Whether a word is looked for at the beginning of words alone.

    So are one and two letters of scripts with spaces: “ai” stands in “said”, too.
    """
    return len(word) <= 2 and word[0].isalnum() and word[0] < _UNSPACED  # noqa: PLR2004


def excerpt(text: str, words: Sequence[str]) -> tuple[Piece, ...]:
    """Cut out where the most of the words stand together; the beginning where none does."""
    pattern = _pattern(words)
    at = _best(text, pattern) if pattern else 0
    start = 0 if at <= _LEAD else _word_end(text, at - _LEAD, at)
    end = start + LENGTH
    end = len(text) if end >= len(text) else max(text.rfind(" ", start + LENGTH // 2, end), -1)
    if end < 0:
        end = start + LENGTH
    shown = " ".join(text[start:end].split())
    pieces = marked(shown, words)
    before = (("… ", False),) if start else ()
    behind = ((" …", False),) if end < len(text) else ()
    return (*before, *pieces, *behind)


def marked(text: str, words: Sequence[str]) -> tuple[Piece, ...]:
    """Part a text into what was looked for and what stands between."""
    pattern = _pattern(words)
    if pattern is None:
        return ((text, False),)
    pieces: list[Piece] = []
    end = 0
    for found in pattern.finditer(text):
        if found.start() > end:
            pieces.append((text[end : found.start()], False))
        pieces.append((found[0], True))
        end = found.end()
    if end < len(text):
        pieces.append((text[end:], False))
    return tuple(pieces)


def _pattern(words: Sequence[str]) -> re.Pattern[str] | None:
    """Match any of the words, the longest first, each end of a line as a space."""
    alternatives = [
        (r"(?<!\w)" if begins_words(word) else "") + r"\s+".join(map(re.escape, word.split()))
        for word in sorted(words, key=len, reverse=True)
    ]
    return re.compile("|".join(alternatives), re.IGNORECASE) if alternatives else None


def _best(text: str, pattern: re.Pattern[str]) -> int:
    """Find where an excerpt should begin to hold the most different words."""
    found = [(one.start(), one[0].casefold()) for one in islice(pattern.finditer(text), _LOOKED_AT)]
    best, most = 0, 0
    for number, (start, _) in enumerate(found):
        near = {word for at, word in found[number:] if at < start + LENGTH - _LEAD}
        if len(near) > most:
            best, most = start, len(near)
    return best


def _word_end(text: str, start: int, at: int) -> int:
    """Move to the beginning of a word, where one begins before `at`."""
    space = text.find(" ", start, at)
    return start if space < 0 else space + 1
