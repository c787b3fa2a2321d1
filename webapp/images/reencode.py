"""Making images anew, each in a process of its own: `process.py` does it."""

from __future__ import annotations

import json
import logging
import re
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from webapp import cores
from webapp.errors import CannotSave, ImageBroken, ImagesBusy, ImageTooManyPixels
from webapp.images import process

LARGEST = 20_000_000
"""Bytes that an image may come with."""

MEDIA_TYPES = ("image/png", "image/jpeg")
"""What it may be afterwards."""

SMALL_TYPE = "image/webp"

_PROGRAM = Path(process.__file__)
_SIGNATURE = re.compile(
    rb"\x89PNG\r\n\x1a\n|\xff\xd8\xff|GIF8[79]a|RIFF....WEBP",
    re.DOTALL,
)

_AT_ONCE = 2
"""An image may take 0.8 GB for some seconds, and time that answers want."""

_WAITING = 20.0
"""Seconds that an image waits for its turn."""

_PATIENCE = 40.0

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class MadeAnew:
    """An image as it is kept; `small` is for pages, empty where it is small itself."""

    media_type: str
    width: int
    height: int
    content: bytes = field(repr=False)
    small: bytes = field(repr=False)


def is_image(content: bytes) -> bool:
    """Tell by its beginning whether a file is of a kind that is made anew, whatever its name."""
    return _SIGNATURE.match(content) is not None


class Reencoder:
    """Makes images anew, a few at once."""

    def __init__(self) -> None:
        self._turns = threading.BoundedSemaphore(_AT_ONCE)

    def make(self, content: bytes, name: str) -> MadeAnew:
        """Make an image anew: its pixels alone, upright, in the size that models look at.

        It takes from a tenth of a second to some: call it under no lock and in no transaction.
        Raises `ImageBroken`, `ImageTooManyPixels`, or `ImagesBusy` where others come first;
        `CannotSave` where the process itself does not work here.
        """
        if not self._turns.acquire(timeout=_WAITING):
            raise ImagesBusy
        try:
            # What the process writes goes to a file, whose size the system bounds.
            with tempfile.TemporaryFile() as file:
                status = _run(content, file)
                file.seek(0)
                written = file.read()
        finally:
            self._turns.release()
        if status == process.TOO_LARGE:
            raise ImageTooManyPixels(name=name, limit=process.PIXELS // 1_000_000)
        made = _read(written) if status == 0 else None
        if made is not None:
            return made
        if status != process.UNREADABLE:
            _logger.warning("an image could not be made anew: status %s", status)
        if status > 0 and status != process.UNREADABLE:
            raise CannotSave  # no file does that: Pillow is missing, or there is no room
        raise ImageBroken(name=name)


def _run(content: bytes, file: IO[bytes]) -> int:
    """Run the process, which is told nothing of this one: no variables, no modules of ours."""
    try:
        with cores.anywhere():
            return subprocess.run(  # noqa: S603 - our own interpreter and our own file
                [sys.executable, "-I", _PROGRAM],
                input=content,
                stdout=file,
                stderr=subprocess.DEVNULL,
                env={},
                timeout=_PATIENCE,
                check=False,
            ).returncode
    except subprocess.TimeoutExpired as error:
        raise ImagesBusy from error


def _read(written: bytes) -> MadeAnew | None:
    """Read what the process wrote, and trust it no more than the file that it was given."""
    line, _, parts = written.partition(b"\n")
    try:
        head = json.loads(line)
        media_type, length = str(head["type"]), int(head["bytes"])
        width, height = int(head["width"]), int(head["height"])
    except (ValueError, TypeError, KeyError):
        return None
    sides_fit = all(0 < side <= process.LONGEST for side in (width, height))
    if media_type not in MEDIA_TYPES or not sides_fit or not 0 < length <= len(parts):
        return None
    return MadeAnew(media_type, width, height, parts[:length], parts[length:])
