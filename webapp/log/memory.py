"""The generation log of a single process."""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections.abc import Callable

from webapp.log.base import Ending, Reading

_TOGETHER = 64


class MemoryLog:
    """Keeps what came in pieces: appending costs the same whatever the length."""

    def __init__(self) -> None:
        self._records: dict[str, _Record] = {}
        self._listeners: tuple[Callable[[str], None], ...] = ()

    def open(self, generation_id: str) -> None:
        self._records[generation_id] = _Record()

    def append(self, generation_id: str, text: str) -> None:
        self._records[generation_id].append(text)
        self._notify(generation_id)

    def append_thoughts(self, generation_id: str, thoughts: str) -> None:
        self._records[generation_id].append_thoughts(thoughts)
        self._notify(generation_id)

    def finish(self, generation_id: str, ending: Ending) -> None:
        self._records[generation_id].finish(ending)
        self._notify(generation_id)

    def read(self, generation_id: str, offset: int, *, thoughts_from: int = 0) -> Reading | None:
        record = self._records.get(generation_id)
        return None if record is None else record.read(offset, thoughts_from)

    def drop(self, generation_id: str) -> None:
        self._records.pop(generation_id, None)

    def listen(self, listener: Callable[[str], None]) -> None:
        self._listeners = (*self._listeners, listener)

    def _notify(self, generation_id: str) -> None:
        for listener in self._listeners:
            listener(generation_id)


class _Pieces:
    """A text that grows. Whoever calls sees to it that one thread is in it.

    Pieces are joined when there are some: a word by itself takes ten times the room it has
    in a text.
    """

    __slots__ = ("_joined", "_length", "_pieces", "_starts")

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._starts: list[int] = []
        self._length = 0
        self._joined = 0

    def append(self, text: str) -> None:
        if not text:
            return
        self._starts.append(self._length)
        self._pieces.append(text)
        self._length += len(text)
        if len(self._pieces) - self._joined == _TOGETHER:
            self._pieces[self._joined :] = ["".join(self._pieces[self._joined :])]
            self._joined += 1
            del self._starts[self._joined :]

    def behind(self, offset: int) -> str:
        if offset >= self._length:
            return ""
        first = bisect_right(self._starts, offset) - 1
        text = "".join(self._pieces[first:])
        return text[offset - self._starts[first] :]


class _Record:
    """One generation. The lock keeps a reader from seeing an ending before the last text."""

    __slots__ = ("_ending", "_lock", "_text", "_thoughts")

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._text = _Pieces()
        self._thoughts: _Pieces | None = None
        self._ending: Ending | None = None

    def append(self, text: str) -> None:
        with self._lock:
            if self._ending is not None:
                raise LookupError("text after the ending")
            self._text.append(text)

    def append_thoughts(self, thoughts: str) -> None:
        with self._lock:
            if self._ending is not None:
                raise LookupError("thoughts after the ending")
            if self._thoughts is None:
                self._thoughts = _Pieces()
            self._thoughts.append(thoughts)

    def finish(self, ending: Ending) -> None:
        with self._lock:
            if self._ending is not None:
                raise LookupError("a second ending")
            self._ending = ending

    def read(self, offset: int, thoughts_from: int) -> Reading:
        with self._lock:
            text = self._text.behind(offset)
            if self._thoughts is None:
                return Reading(text, self._ending)
            return Reading(text, self._ending, self._thoughts.behind(thoughts_from))
