"""Which passwords are refused: short ones, and those that guessers try first.

Guessers go by lists, and the lists go by rules: a common word with digits behind it, a walk
over the keyboard, something said twice, the site's or the person's own name. So a password is
read as the fewest pieces that make it: each such thing is a piece however long it is, and so
is each other character; of bare digits two are one piece. What has few pieces is common.
No list of leaked passwords is needed, and none would have known “Liaochat2026”.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from functools import cache

from webapp.errors import PasswordCommon, PasswordTooShort

SHORTEST = 10

_FEWEST_PIECES = 6
_READ = 64
"""Characters that are looked at: reading takes time by their square."""

_COMMON = """
a abc access account admin administrator adobe ai alexander amanda amazing amigo andrea andrew
angel angels anthony apple april arsenal ashley august autumn babe baby bailey banana barcelona
baseball basketball batman bear beautiful blue boss buster butterfly carlos change changeme
charlie chat chelsea chicken chocolate christian code computer cookie corvette cowboy daniel data
database david december default demo diamond dog dolphin dragon eagle elephant facebook family
father february flower football forever freedom friend friends fuck fucking fuckyou gandalf garden
george ginger girl god golden golf google guest guitar hannah happy harley hello help hockey home
house hunter iceman iloveyou in internet is jackson january jasmine jennifer jessica jesus jordan
joseph joshua july june junior justin killer king letmein liverpool login london love lovely
loveme lover lucky maggie manager march marina marine martin master matrix matthew maverick may me
melissa mercedes merlin michael michelle microsoft mike money monkey monster morgan mother mustang
my mynameis mypassword name naruto natasha new nicholas nicole ninja nothing november october
office oliver one orange pass password patrick peanut pepper phoenix please pokemon police porsche
prince princess private purple qazwsx queen rabbit rachel raiders rainbow ranger red robert root
samantha samsung school scooter secret security september server service shadow silver simple
slayer snoopy soccer sophie spider spring star starwars steelers steven summer sunday sunshine
super superman superstar support sweet taylor team temp temporary tennis test tester testing the
thomas thunder tiger tigger trustno two user victoria wall welcome whatever william windows winner
winter wizard woaini word work yamaha yankees yellow you your zxcvbn
"""
_WORDS = dict.fromkeys(_COMMON.split(), 1.5)
"""What a piece counts that is a word: four words that are common are just enough."""

_ROWS = ("`1234567890-=", "\0qwertyuiop[]\\", "\0asdfghjkl;'", "\0zxcvbnm,./")
_LEET = str.maketrans("01345789@$!|+", "oieastbgasilt")
_DATE = re.compile(
    r"(?:19|20)\d\d(?:[01]\d(?:[0-3]\d)?)?|[0-3]\d[01]\d(?:19|20)\d\d|[0-3]\d[01]\d\d\d"
)
_SHORTEST_WALK = 3
_SHORTEST_NAME = 3


def check(password: str, *names: str) -> None:
    """Raise `PasswordTooShort` or `PasswordCommon`. The names are the person's own."""
    plain = unicodedata.normalize("NFKC", password)
    if len(plain) < SHORTEST:
        raise PasswordTooShort(shortest=SHORTEST)
    own = {part for name in ("liaochat", "liao", "liaobots", *names) for part in _parts(name)}
    if _pieces(plain.casefold()[:_READ], _WORDS | dict.fromkeys(own, 1.0)) < _FEWEST_PIECES:
        raise PasswordCommon


def _parts(name: str) -> set[str]:
    folded = unicodedata.normalize("NFKC", name).casefold()
    words = {*re.findall(r"[^\W\d_]+", folded), "".join(folded.split())}
    return {word for word in words if len(word) >= _SHORTEST_NAME}


def _pieces(text: str, words: Mapping[str, float]) -> float:
    """Count the fewest pieces that make a text, from its end to its beginning."""
    if (repeated := re.fullmatch(r"(.+?)\1+", text)) and repeated[1] != text:
        return 1 + _pieces(repeated[1], words)
    plain = text.translate(_LEET)
    longest = max(map(len, words))
    behind: list[float] = [0.0] * (len(text) + 1)
    for at in reversed(range(len(text))):
        single = 0.5 if text[at].isdigit() else 1.0
        best = single + behind[at + 1]
        for end in range(at + 2, min(at + max(longest, 2), len(text)) + 1):
            for word in (text[at:end], plain[at:end]):
                if word in words:
                    best = min(best, words[word] + behind[end])
        if date := _DATE.match(text, at):
            best = min(best, 1 + behind[date.end()])
        for end in range(at + _SHORTEST_WALK, _end_of_walk(text, at) + 1):
            best = min(best, 1 + behind[end])
        behind[at] = best
    return behind[0]


def _end_of_walk(text: str, at: int) -> int:
    """Find how far a walk goes: along the alphabet, over neighbouring keys, or on one spot."""
    return max(_end(text, at, related) for related in (_same, _next, _last, _beside))


def _end(text: str, at: int, related: Callable[[str, str], bool]) -> int:
    while at + 1 < len(text) and related(text[at], text[at + 1]):
        at += 1
    return at + 1


def _same(one: str, other: str) -> bool:
    return one == other


def _next(one: str, other: str) -> bool:
    return ord(other) - ord(one) == 1 or (one, other) == ("9", "0")


def _last(one: str, other: str) -> bool:
    return _next(other, one)


def _beside(one: str, other: str) -> bool:
    return other in _neighbours().get(one, "")


@cache
def _neighbours() -> dict[str, str]:
    places = {
        key: (row, column)
        for row, keys in enumerate(_ROWS)
        for column, key in enumerate(keys)
        if key != "\0"
    }
    return {
        key: "".join(
            other
            for other, (row, column) in places.items()
            if abs(row - places[key][0]) <= 1 and abs(column - places[key][1]) <= 1
        )
        for key in places
    }
