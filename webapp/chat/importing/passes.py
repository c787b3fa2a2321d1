"""The two passes over a file: one that looks and one that writes."""

from __future__ import annotations

from collections.abc import Iterable

from webapp.chat.importing.reading import Folder, Found
from webapp.chat.importing.report import Report
from webapp.chat.importing.shape import (
    ImportedConversation,
    ImportedFolder,
    ImportedPreset,
    ImportedPrompt,
    Unreadable,
)
from webapp.chat.importing.shelf import Shelf
from webapp.chat.importing.writing import Writer
from webapp.errors import ImportTooMany

_MOST = 100_000
"""Conversations of a file, with what is here already, unreadable, a folder or a template: each
costs time, and one that is none takes no more room than a comma."""


def survey(
    entries: Iterable[Found],
    there: set[str],
    shelf: Shelf,
    report: Report,
    *,
    folders: dict[str, str],
) -> None:
    """Tell the report what is in a file, and gather the names of chatbot-ui's `folders`.

    `there` are the sources of what the user has.
    """
    for found in entries:
        match found:
            case Folder():
                folders[found.key] = found.name
            case ImportedPrompt() | ImportedPreset() | ImportedFolder():
                if shelf.has(found):
                    report.kept_here += 1
                else:
                    report.keep(found)
            case _:
                _sort(found, there, report)
        if report.entries + len(folders) > _MOST:
            raise ImportTooMany(limit=_MOST)


def take_in(entries: Iterable[Found], there: set[str], report: Report, writer: Writer) -> None:
    """Write what a file has and the user has not."""
    for found in entries:
        if isinstance(found, ImportedPrompt | ImportedPreset):
            writer.keep(found)
        elif isinstance(found, ImportedFolder):
            writer.add_folder(found.name)
        elif not isinstance(found, Folder) and _sort(found, there, report):
            assert isinstance(found, ImportedConversation)  # noqa: S101 - nothing else is new
            writer.write(found)
    writer.flush()


def _sort(found: Found, there: set[str], report: Report) -> bool:
    """Count what was found; True for a conversation that is not there yet."""
    match found:
        case ImportedConversation():
            names = {found.source, *found.also}
            if names & there:
                report.pass_over(found)
                return False
            there |= names
            report.take(found)
            return True
        case Unreadable():
            report.refuse(found)
        case str():
            report.format = report.format or found
        case _:
            pass
    return False
