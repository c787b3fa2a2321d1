"""Read what a GGUF file says of the model in it, and nothing of the model itself.

https://github.com/ggml-org/ggml/blob/master/docs/gguf.md gives the format: a magic word, a
version, how many tensors and how many pairs of keys and values there are, the pairs, where
each tensor lies, and the tensors. All numbers are little-endian here. Versions 2 and 3 are
read; version 1 counted otherwise, and is read by nobody any more. The names of the keys are
given there as well, those of parts in llama.cpp (`gguf-py/gguf/constants.py`).

A file may be a stranger's: everything is bounded, each length is compared with what is left
before it is believed, and what is not known is an error.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from struct import Struct
from typing import BinaryIO

_MAGIC = b"GGUF"
_VERSIONS = (2, 3)
_SIZES = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}
"""The bytes of each type of value that has a fixed size."""

_NUMBERS = {0, 2, 4, 10}
"""The types of whole numbers without a sign."""

_BOOL, _TEXT, _ARRAY = 7, 8, 9

_MOST_BYTES = 256 * 1024 * 1024
_MOST_PAIRS = 65_536
_MOST_TENSORS = 1_000_000
_MOST_TEXTS = 4_000_000
"""Of all arrays together. The largest vocabularies have 260,000 words and twice as many merges."""

_LONGEST_KEY = 65_535
_LONGEST_VALUE = 4_096
_MOST_DIMENSIONS = 8
_MOST_CONTEXT = 2**31 - 1
_PIECE = 1024 * 1024
_ALIGNMENT = 32

_U32, _U64 = Struct("<I"), Struct("<Q")

_Value = str | int | bool
_WANTED = {
    "general.architecture",
    "general.name",
    "general.type",
    "general.alignment",
    "split.count",
    "tokenizer.chat_template",
}
_WANTED_ENDS = (".context_length", ".attention.causal")


class BadModelFileError(Exception):
    """The file cannot be used. The text ends a sentence that begins with its name."""


@dataclass(frozen=True, slots=True)
class Header:
    """What a file says of its model. `kind` is `model`, or `adapter`, `mmproj` and the like.

    `context_length` counts tokens, 0 where the file does not say; `parts` are the files
    that the model lies in. `causal` says that it makes text.
    """

    architecture: str
    name: str
    kind: str
    context_length: int
    causal: bool
    has_chat_template: bool
    parts: int


def read_header(path: Path) -> Header:
    """Read the header of a file, in a few seconds at most however it is made.

    Raise `BadModelFileError` where it is no such file, or ends before its last tensor.
    """
    try:
        with path.open("rb", buffering=0) as file:
            return _read(_Reading(file))
    except OSError as error:
        raise BadModelFileError(f"cannot be read ({error.strerror})") from error


class _Reading:
    """A file from its beginning, a window of it in memory."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.size = os.fstat(file.fileno()).st_size
        self._most = min(self.size, _MOST_BYTES)
        self._window = b""
        self._begin = 0  # where in the file the window begins
        self._at = 0  # where in the window we are
        self._texts_left = _MOST_TEXTS

    @property
    def position(self) -> int:
        return self._begin + self._at

    def take(self, length: int) -> bytes:
        self._need(length)
        self._at += length
        return self._window[self._at - length : self._at]

    def skip(self, length: int) -> None:
        if length > self._most - self.position:
            raise BadModelFileError("is cut off or damaged")
        self._at += length

    def u32(self) -> int:
        number: int = _U32.unpack(self.take(4))[0]
        return number

    def u64(self) -> int:
        number: int = _U64.unpack(self.take(8))[0]
        return number

    def text(self, most: int) -> str:
        """Read a text, the first `most` bytes of it."""
        length = self.u64()
        read = self.take(min(length, most))
        self.skip(length - len(read))
        return read.decode("utf-8", "replace")

    def skip_texts(self, count: int) -> None:
        """Pass over so many texts: hundreds of thousands, so without a call for each."""
        self._texts_left -= count
        if self._texts_left < 0:
            raise BadModelFileError("is damaged: it names more texts than any model has")
        unpack = _U64.unpack_from
        while count:
            self._need(8)
            window, at, last = self._window, self._at, len(self._window) - 8
            while count and at <= last:
                at += 8 + unpack(window, at)[0]
                count -= 1
            self._at = 0
            self._begin += at
            self._window = window[at:]
            self.skip(0)

    def _need(self, length: int) -> None:
        """Have so many bytes in the window."""
        if self._at + length <= len(self._window):
            return
        begin = self.position
        if length > self._most - begin:
            raise BadModelFileError("is cut off or damaged")
        self._file.seek(begin)
        wanted = min(max(length, _PIECE), self._most - begin)
        self._window, self._begin, self._at = self._file.read(wanted), begin, 0
        if len(self._window) < length:  # it was made shorter this moment
            raise BadModelFileError("is cut off or damaged")


def _read(reading: _Reading) -> Header:
    if reading.size < len(_MAGIC) or reading.take(len(_MAGIC)) != _MAGIC:
        raise BadModelFileError("is not a GGUF file")
    version = reading.u32()
    if version not in _VERSIONS:
        raise BadModelFileError("is a GGUF file of a version that is not read here")
    tensors, pairs = reading.u64(), reading.u64()
    if tensors > _MOST_TENSORS or pairs > _MOST_PAIRS:
        raise BadModelFileError("is damaged: it names more parts than any model has")
    values: dict[str, _Value] = {}
    for _ in range(pairs):
        key = reading.text(_LONGEST_KEY)
        value = _value(reading, reading.u32(), wanted=_is_wanted(key))
        if value is not None:
            values[key] = value
    _see_tensors(reading, tensors, alignment=_number(values, "general.alignment") or _ALIGNMENT)
    return _header(values)


def _is_wanted(key: str) -> bool:
    return key in _WANTED or key.endswith(_WANTED_ENDS)


def _value(reading: _Reading, kind: int, *, wanted: bool) -> _Value | None:
    """Read a value, or pass over one that nobody asks for."""
    if kind == _TEXT:
        if wanted:
            return reading.text(_LONGEST_VALUE)
        reading.skip(reading.u64())
    elif kind == _ARRAY:
        _skip_array(reading)
    elif kind in _SIZES:
        content = reading.take(_SIZES[kind])
        if wanted and kind == _BOOL:
            return content != b"\0"
        if wanted and kind in _NUMBERS:
            return int.from_bytes(content, "little")
    else:
        raise BadModelFileError("is damaged: it holds a value of no known type")
    return None


def _skip_array(reading: _Reading) -> None:
    kind, count = reading.u32(), reading.u64()
    if kind == _TEXT:
        reading.skip_texts(count)
    elif kind in _SIZES:
        reading.skip(_SIZES[kind] * count)
    else:  # arrays of arrays are in the format, and in no file: llama.cpp refuses them, too
        raise BadModelFileError("is damaged: it holds a list of no known type")


def _see_tensors(reading: _Reading, count: int, *, alignment: int) -> None:
    """See that the file goes on to its last tensor: a download that broke off does not."""
    last = -1
    for _ in range(count):
        reading.skip(reading.u64())
        dimensions = reading.u32()
        if dimensions > _MOST_DIMENSIONS:
            raise BadModelFileError("is damaged: it holds a tensor of too many dimensions")
        reading.skip(8 * dimensions + 4)
        last = max(last, reading.u64())
    content = -(-reading.position // alignment) * alignment
    if last >= 0 and content + last >= reading.size:
        raise BadModelFileError("is cut off: fetch it once more")


def _header(values: Mapping[str, _Value]) -> Header:
    architecture = values.get("general.architecture")
    if not isinstance(architecture, str) or not architecture:
        raise BadModelFileError("does not say what kind of model it holds")
    name, kind = values.get("general.name"), values.get("general.type")
    context = _number(values, f"{architecture}.context_length")
    return Header(
        architecture=architecture,
        name=name if isinstance(name, str) else "",
        kind=kind if isinstance(kind, str) and kind else "model",
        context_length=min(context, _MOST_CONTEXT),
        causal=values.get(f"{architecture}.attention.causal") is not False,
        has_chat_template=bool(values.get("tokenizer.chat_template")),
        parts=max(_number(values, "split.count"), 1),
    )


def _number(values: Mapping[str, _Value], key: str) -> int:
    value = values.get(key)
    return value if isinstance(value, int) and not isinstance(value, bool) else 0
