"""Watching the models file: read again when it has changed and come to rest."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from webapp.providers.models_file import ModelsFile

_State = tuple[Path, int, int, int] | tuple[Path]


class ModelsWatch:
    """Says when the models file is another one. To be asked by one thread, every second or so."""

    def __init__(self, find_file: Callable[[], Path], read: Callable[[Path], ModelsFile]) -> None:
        self._find_file = find_file
        self._read_file = read
        self._seen: _State | None = None
        self._read: _State | None = None

    def read(self) -> ModelsFile:
        """Read the file as it is; raise `ConfigurationError`."""
        self._seen = self._read = _state(self._find_file())
        return self._read_file(self._read[0])

    def look(self) -> ModelsFile | None:
        """Read the file if it has changed since it was read last; raise `ConfigurationError`.

        A change is taken when it has been seen twice: an editor may be in the middle of
        writing, or have moved the old file away before it puts the new one there.
        """
        state = _state(self._find_file())
        settled, self._seen = state == self._seen, state
        if state == self._read or not settled:
            return None
        self._read = state
        return self._read_file(state[0])


def _state(file: Path) -> _State:
    try:
        found = file.stat()
    except OSError:
        return (file,)
    return (file, found.st_mtime_ns, found.st_size, found.st_ino)
