"""Where images lie: a file or two each, under a name that says nothing, for our eyes alone."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Literal

from webapp.errors import CannotSave
from webapp.images.reencode import MadeAnew

Form = Literal["whole", "small"]

_FORMS: tuple[Form, ...] = ("small", "whole")
_NAME = re.compile(r"([0-9a-f]{32})(-small)?(\.new)?")


class Folder:
    """The files of images, by their ids. Which of them are needed the database knows.

    A file is whole before it has its name, and on the disk before a row says that it is
    there: so a row has its files, whenever the server is killed. A file may lie there
    without a row; `remove_all_but` is for those.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def put(self, image_id: str, image: MadeAnew) -> None:
        """Write an image down. Raises `CannotSave`; then nothing of it is there."""
        try:
            self.path.mkdir(mode=0o700, exist_ok=True)
            if image.small:
                _write(self._file(image_id, "small"), image.small)
            _write(self._file(image_id, "whole"), image.content)
        except OSError as error:
            self.remove(image_id)
            raise CannotSave from error

    def read(self, image_id: str, form: Form = "whole") -> bytes | None:
        """Read an image; None where there is no such file, as after half a backup."""
        try:
            return self._file(image_id, form).read_bytes()
        except FileNotFoundError:
            return None

    def remove(self, image_id: str) -> None:
        """Remove an image, or what is there of it."""
        for form in _FORMS:
            file = self._file(image_id, form)
            file.unlink(missing_ok=True)
            _unnamed(file).unlink(missing_ok=True)

    def remove_all_but(self, needed: Callable[[Collection[str]], Collection[str]]) -> None:
        """Remove the files that nobody needs; of some ids `needed` tells which somebody does.

        Only while nothing is put here: that has no row yet. What is not named as our files
        are is not ours, and stays.
        """
        found = list(self._found())
        kept = needed({one[1] for one in found})
        for one in found:
            if one[1] not in kept or one[3]:
                (self.path / one[0]).unlink(missing_ok=True)

    def _found(self) -> Iterator[re.Match[str]]:
        with suppress(FileNotFoundError):
            for entry in os.scandir(self.path):
                if (found := _NAME.fullmatch(entry.name)) is not None:
                    yield found

    def _file(self, image_id: str, form: Form) -> Path:
        return self.path / (f"{image_id}-small" if form == "small" else image_id)


def _write(file: Path, content: bytes) -> None:
    unnamed = _unnamed(file)
    descriptor = os.open(unnamed, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as new:
        new.write(content)
        new.flush()
        os.fsync(descriptor)
    unnamed.rename(file)


def _unnamed(file: Path) -> Path:
    """Where a file is written before it has its name."""
    return file.with_name(f"{file.name}.new")
