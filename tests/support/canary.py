"""Auth codes in the whole test suite: whichever a test uses must show itself nowhere.

A code is noted where it arrives, at the scripted Liaobots, and where a form takes it; so no
test can forget to. It is looked for in every answer and frame that the browsers of tests
get, in what their servers log (at debug level), in their files, row by row and byte by byte,
in what the system shows of their processes, and at the end in all that the tests left
behind. A hit fails the test that made it.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path

_BEGINNING = "test-"
_SHORTEST = 9
_QUIET = ("sqlalchemy", "markdown_it", "charset_normalizer")
"""These say so much that servers would do little else; `tests/security` hears them once."""

_codes: set[str] = set()


def note(code: object) -> None:
    """Look for this code from now on. Short ones are words, too."""
    if isinstance(code, str) and code.startswith(_BEGINNING) and len(code) >= _SHORTEST:
        _codes.add(code)


def listen(*, to_all: bool = False) -> None:
    """Log at debug level. Called in the server's process, before it sets its own level."""
    logging.basicConfig(level=logging.DEBUG, format="%(levelname)s %(name)s: %(message)s")
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.DEBUG if to_all else logging.WARNING)


def expect_none(place: str, *contents: bytes | str, but: Iterable[str] = ()) -> None:
    """See that no code is in what a place holds, `but` those that must be."""
    for content in contents:
        held = content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content
        # One look for all of them: there are hundreds, and frames by the thousand.
        if _BEGINNING.encode() not in held:
            continue
        for code in _codes - set(but):
            assert code.encode() not in held, f"an auth code shows in {place}"


def expect_none_in_files(folder: Path) -> None:
    """See that no code is in a folder: in no byte of a file, and in no row of a database."""
    for file in folder.rglob("*"):
        if file.is_file() and not file.is_symlink():
            expect_none(str(file), *contents(file))


def expect_none_in_processes(ids: Iterable[int], *, but: Iterable[str] = ()) -> None:
    """See that no code is in what everybody may list, or the same user may.

    `but` are those that the environment holds because its owner wants it so.
    """
    for process in ids:
        for name in ("cmdline", "environ"):
            file = Path(f"/proc/{process}/{name}")
            try:
                held = file.read_bytes()
            except OSError:  # it has ended, or this is no Linux
                continue
            expect_none(str(file), held, but=but if name == "environ" else ())


def contents(file: Path) -> Iterator[bytes]:
    """Give what a file holds, and each row of a database."""
    try:
        yield file.read_bytes()
    except OSError:  # made for a test to be refused, or gone
        return
    # A long value lies in pieces in the file. A database that a crash left is not looked into:
    # who opened it would mend it.
    journal = file.with_name(f"{file.name}-wal")
    if file.suffix == ".db" and not (journal.exists() and journal.stat().st_size):
        yield from _rows(file)


def _rows(file: Path) -> Iterator[bytes]:
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as database:
        database.text_factory = bytes
        try:
            tables = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            for (table,) in tables.fetchall():
                for row in database.execute(f'SELECT * FROM "{table.decode()}"'):  # noqa: S608
                    yield b"\n".join(one for one in row if isinstance(one, bytes))
        except sqlite3.Error:  # a test broke it, or another has it
            return
