"""What the upstream says: numbered, dated chunks that read like plain words.

A chunk is `Q17T3k9zfa `: its number in the answer, then the microsecond at which it
was handed to the network. The clock is CLOCK_MONOTONIC, which on Linux all processes
share; six digits in base 36 come round after 36 minutes.
"""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

PARAGRAPH = 40
"""Chunks in a paragraph: about 500 characters, as people and models write them."""

STAMP = 6
"""How long a moment is, written."""

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_ROUND = 36**STAMP
_NUMBER = re.compile(rb"Q(\d+)T[0-9a-z]{6}")
_CHUNK = re.compile(r"Q(\d+)T[0-9a-z]{6}")


def chunk(number: int) -> bytes:
    """Make a chunk that leaves now; the last one of a paragraph ends it."""
    end = "\n\n" if number % PARAGRAPH == PARAGRAPH - 1 else " "
    return f"Q{number}T{_written(now())}{end}".encode()


def beginning(number: int) -> bytes:
    return b"Q%dT" % number


def now() -> int:
    """The microsecond, by the clock that all processes share."""
    return time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000


def age(stamp: bytes, moment: int) -> float:
    """Tell how many seconds before a moment a stamp was written."""
    return (moment - int(stamp, 36)) % _ROUND / 1e6


def last_number(content: bytes) -> int:
    """Tell the number of the last chunk in there; -1 where there is none."""
    return max(map(int, _NUMBER.findall(content)), default=-1)


@dataclass(frozen=True, slots=True)
class Tally:
    """How the chunks in a text compare with those that were sent."""

    lost: int
    doubled: int
    misplaced: int


def tally(text: str, sent: int) -> Tally:
    found = [int(number) for number in _CHUNK.findall(text)]
    counts = Counter(found)
    return Tally(
        lost=sum(not counts[number] for number in range(sent)),
        doubled=sum(count - 1 for count in counts.values()),
        misplaced=sum(after < before for before, after in pairwise(found)),
    )


def total(tallies: Iterable[Tally]) -> Tally:
    tallies = list(tallies)
    return Tally(
        lost=sum(one.lost for one in tallies),
        doubled=sum(one.doubled for one in tallies),
        misplaced=sum(one.misplaced for one in tallies),
    )


def _written(moment: int) -> str:
    digits = []
    for _ in range(6):
        moment, digit = divmod(moment, 36)
        digits.append(_DIGITS[digit])
    return "".join(reversed(digits))
