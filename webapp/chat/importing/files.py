"""What a file that was brought along holds: JSON, or an archive with JSON in it."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

from webapp.errors import (
    ArchiveBroken,
    ArchiveForeign,
    ArchiveLocked,
    ArchiveTooLarge,
    ImportNothing,
    ImportNotText,
)

_ZIP = b"PK\x03\x04"
_EMPTY_ZIP = b"PK\x05\x06"
_CONVERSATIONS = re.compile(r"(?:.*/)?conversations(?:[-_ ]?\d+)?\.json", re.IGNORECASE)
_DIRECTORY_LIMIT = 8 * 1024 * 1024
_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
_ENCRYPTED = 0x1
_BINARY = re.compile(rb"[\x00-\x08\x0e-\x1f]")


class Documents:
    """The JSON documents of a file. `size` is how many bytes there are to be read in all."""

    def __init__(self, path: Path, *, limit: int) -> None:
        """Look into a file. Raises a `Refused` for what cannot be one.

        `limit` bounds what an archive may unpack to, in MB.
        """
        self._path = path
        with path.open("rb") as file:
            head = file.read(512)
        self._archive = head.startswith((_ZIP, _EMPTY_ZIP))
        self._members: list[zipfile.ZipInfo] = []
        if self._archive:
            with _opened(path) as archive:
                self._members = _chosen(archive)
            self.size = sum(member.file_size for member in self._members)
            if self.size > limit * 1_000_000:
                raise ArchiveTooLarge(limit=limit)
        else:
            self.size = path.stat().st_size
            if not head.strip():
                raise ImportNothing
            if _BINARY.search(head) and not head.startswith((b"\xff\xfe", b"\xfe\xff")):
                raise ImportNotText

    def __iter__(self) -> Iterator[IO[bytes]]:
        if not self._archive:
            with self._path.open("rb") as file:
                yield file
            return
        with _opened(self._path) as archive:
            for member in self._members:
                with archive.open(member) as packed:
                    yield cast("IO[bytes]", _Member(packed))


class _Member:
    """A packed file; what is wrong with it shows while it is read."""

    def __init__(self, packed: IO[bytes]) -> None:
        self._packed = packed

    def read(self, size: int) -> bytes:
        try:
            return self._packed.read(size)
        except (zipfile.BadZipFile, zlib.error, EOFError) as error:
            raise ArchiveBroken from error


class _Careful(io.FileIO):
    """A file that gives no more than a bounded piece at once.

    The standard library reads an archive's whole directory with one such call, and makes
    an object of each of its entries: ten million of them fit into half a gigabyte.
    """

    def read(self, size: int | None = -1) -> bytes:
        if size is not None and size > _DIRECTORY_LIMIT:
            raise zipfile.BadZipFile("the directory is too large")
        return super().read(size)


@contextmanager
def _opened(path: Path) -> Iterator[zipfile.ZipFile]:
    try:
        with _Careful(path) as file, zipfile.ZipFile(cast("IO[bytes]", file)) as archive:
            yield archive
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OverflowError) as error:
        raise ArchiveBroken from error


def _chosen(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    """Choose `conversations.json`, or its parts, or else the only JSON file there is."""
    members = [one for one in archive.infolist() if not one.is_dir()]
    chosen = [one for one in members if _CONVERSATIONS.fullmatch(one.filename)]
    if not chosen:
        chosen = [one for one in members if one.filename.casefold().endswith(".json")]
        if len(chosen) != 1:
            raise ArchiveForeign
    for member in chosen:
        # Of other methods the standard library unpacks without bounds.
        if member.flag_bits & _ENCRYPTED or member.compress_type not in _METHODS:
            raise ArchiveLocked
    return sorted(chosen, key=lambda member: member.filename)
