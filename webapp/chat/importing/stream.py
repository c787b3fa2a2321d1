"""JSON from strangers, read as a stream: bounded in memory and time whatever it holds.

bytes ─ utf8 ─ events ─ Values ─ one conversation at a time
"""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from typing import IO, Any

import ijson
from ijson.common import JSONError

from webapp.errors import ImportBroken

Event = tuple[str, Any]

TOKEN_LIMIT = 16 * 1024 * 1024
"""Bytes that one text or number of a file may have."""

DEPTH_LIMIT = 100
VALUES_LIMIT = 2_000_000
TEXT_LIMIT = 64 * 1024 * 1024
"""What one conversation may hold: levels, values, and characters of text."""

_CHUNK = 64 * 1024
_DEEP_ENOUGH = 100_000
_OPENING = frozenset({"start_map", "start_array"})
_CLOSING = frozenset({"end_map", "end_array"})
_ENDING = frozenset({*_CLOSING, "end"})


class TooMuch(Exception):
    """A value breaks a limit. It was read to its end, and what follows can be."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def events(file: IO[bytes], *, heed: Callable[[int], None]) -> Iterator[Event]:
    """Tokenise a file. `heed` is told how many bytes were read, and may raise to end it.

    Raises `ImportBroken` where the file ends being JSON, and for a token over the limit.

    A tokenizer keeps a token that goes on, and looks at it anew with each chunk; so the
    chunks grow with it, or a long one would cost the square of its length.
    """
    found: Any = ijson.sendable_list()
    tokens = ijson.basic_parse_coro(found)
    text = _Utf8(file)
    read = silent = 0
    try:
        while chunk := text.read(min(max(_CHUNK, silent), TOKEN_LIMIT + 1 - silent)):
            tokens.send(chunk)
            read += len(chunk)
            heed(len(chunk))
            silent = 0 if found else silent + len(chunk)
            if silent > TOKEN_LIMIT:
                raise ImportBroken(at=read - silent)
            yield from found
            found.clear()
        tokens.send(b"")
    except StopIteration:
        yield from found
    except (JSONError, UnicodeError, ValueError, SystemError) as error:
        # SystemError: how ijson passes on that Python refuses a number of 5,000 digits.
        raise ImportBroken(at=read) from error


class Values:
    """Builds values from events, each within the limits of one conversation."""

    def __init__(self, source: Iterable[Event]) -> None:
        self._source = iter(source)
        self._depth = self._count = self._text = 0

    def next(self) -> Event:
        """Take the next event; ("end", None) behind the last one."""
        event = next(self._source, ("end", None))
        if event[0] in _OPENING:
            self._depth += 1
            if self._depth > _DEEP_ENOUGH:
                raise ImportBroken(at=0)
        elif event[0] in _CLOSING:
            self._depth -= 1
        return event

    def value(self, first: Event) -> Any:  # noqa: ANN401 - whatever is in the file
        """Build the value that begins with this event.

        Raises `TooMuch` for one over the limits, when it has been read to its end: what
        follows can be read.
        """
        outside = self._depth - (first[0] in _OPENING)
        self._count = self._text = 0
        try:
            return self._build(first, DEPTH_LIMIT)
        except TooMuch:
            self._leave(outside)
            raise

    def skip(self, first: Event) -> None:
        """Read a value to its end, keeping nothing."""
        if first[0] in _OPENING:
            self._leave(self._depth - 1)

    def _build(self, event: Event, levels: int) -> Any:  # noqa: ANN401 - see above
        kind, value = event
        self._count += 1
        if isinstance(value, str):
            self._text += len(value)
        if levels == 0:
            raise TooMuch("too_deep")
        if self._count > VALUES_LIMIT or self._text > TEXT_LIMIT:
            raise TooMuch("too_large")
        if kind == "start_array":
            built = []
            while (event := self.next())[0] not in _ENDING:
                built.append(self._build(event, levels - 1))
            return built
        if kind == "start_map":
            members = {}
            while (event := self.next())[0] not in _ENDING:
                members[event[1]] = self._build(self.next(), levels - 1)
            return members
        return value

    def _leave(self, outside: int) -> None:
        while self._depth > outside and self.next()[0] != "end":
            pass


def number(value: object) -> float | None:
    """Read a number as a float: no `1e999999` is ever written out. None for what is none."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    try:
        return float(value)
    except OverflowError:
        return None


class _Utf8:
    """Reads UTF-8, as files are, or UTF-16 with its mark, as some programs write them anew."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._first = file.read(_CHUNK)
        self._decoder = None
        if self._first.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            self._decoder = codecs.getincrementaldecoder("utf-16")()
        self._first = self._first.removeprefix(codecs.BOM_UTF8)

    def read(self, size: int) -> bytes:
        chunk, self._first = self._first or self._file.read(size), b""
        if self._decoder is None:
            return chunk
        return self._decoder.decode(chunk, final=not chunk).encode()
