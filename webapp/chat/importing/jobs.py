"""What an import is at, while it has a file on the server."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from pathlib import Path


class CancelledError(Exception):
    """Whoever imports, or the server, wants no more of it."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far it is, in bytes of the file."""

    done: int = 0
    size: int = 0


@dataclass(frozen=True, slots=True)
class Slot:
    """A place for a file that is being uploaded."""

    id: str
    owner_id: str
    path: Path


@dataclass(slots=True)
class Job:
    """An import under way.

    `folders` are the names that the first pass found, by their keys; `images` the keys of
    those that the second one needs.
    """

    slot: Slot
    cancelled: threading.Event = field(default_factory=threading.Event)
    progress: Progress = field(default_factory=Progress)
    folders: dict[str, str] = field(default_factory=dict)
    images: set[str] = field(default_factory=set)
