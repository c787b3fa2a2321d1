"""The places in a prompt template that ask to be filled in: `{{names}}`."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

LONGEST = 40
"""Characters of a variable's name."""

# A brace inside ends the try: of "{{{{a}}}}" the inner pair is the place. What is between
# is bounded, so that a text of nothing but braces costs no more than its length.
_PLACE = re.compile(r"\{\{([^{}\r\n]{1,60})\}\}")
_JOINERS = "\u200c\u200d"  # which Persian and the scripts of India write words with
_PARTS = {"L", "M", "N"}
_BETWEEN = {"Zs", "Pd", "Pc"}


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a template as it is written; where it is a place, the name of its variable."""

    text: str
    variable: str | None = None


def pieces(text: str) -> Sequence[Piece]:
    """Part a template at its places. Put together again the pieces are the text."""
    return list(_pieces(text))


def variables(text: str) -> Sequence[str]:
    """Name the variables of a template, each once, in the order in which they come."""
    return list(dict.fromkeys(piece.variable for piece in _pieces(text) if piece.variable))


def _pieces(text: str) -> Iterator[Piece]:
    stands = 0
    for place in _PLACE.finditer(text):
        name = " ".join(place[1].split())
        if not _is_name(name):
            continue
        if place.start() > stands:
            yield Piece(text[stands : place.start()])
        yield Piece(place[0], name)
        stands = place.end()
    if stands < len(text):
        yield Piece(text[stands:])


def _is_name(name: str) -> bool:
    """A name begins with a letter; words, digits, hyphens and underscores make the rest.

    So code in a template, such as `{{ item.price | round }}`, stays what it is.
    """
    return (
        name[:1].isalpha()
        and len(name) <= LONGEST
        and all(
            (kind := unicodedata.category(character))[0] in _PARTS
            or kind in _BETWEEN
            or character in _JOINERS
            for character in name
        )
    )
