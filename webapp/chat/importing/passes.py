"""The two passes over a file: one that looks and one that writes."""

from __future__ import annotations

from collections.abc import Container, Iterable

from webapp.chat.importing.reading import Folder, Found
from webapp.chat.importing.report import Report
from webapp.chat.importing.shape import (
    ImportedConversation,
    ImportedFolder,
    ImportedImage,
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
    images: set[str],
) -> None:
    """Tell the report what is in a file, and gather the names of chatbot-ui's `folders`.

    `there` are the sources of what the user has. Of the `images` the keys are gathered that
    something new names.
    """
    count = 0
    for found in entries:
        match found:
            case ImportedImage():
                count += 1
            case Folder():
                folders[found.key] = found.name
            case ImportedPrompt() | ImportedPreset() | ImportedFolder():
                if shelf.has(found):
                    report.kept_here += 1
                else:
                    report.keep(found)
            case _:
                if _sort(found, there, report):
                    images |= _keys(found)
        if report.entries + len(folders) + count > _MOST:
            raise ImportTooMany(limit=_MOST)


def take_in(
    entries: Iterable[Found],
    there: set[str],
    report: Report,
    writer: Writer,
    *,
    images: Container[str],
) -> None:
    """Write what a file has and the user has not; of its images these keys."""
    for found in entries:
        if isinstance(found, ImportedImage):
            if found.key in images:
                writer.add_image(found)
        elif isinstance(found, ImportedPrompt | ImportedPreset):
            writer.keep(found)
        elif isinstance(found, ImportedFolder):
            writer.add_folder(found.name)
        elif not isinstance(found, Folder) and _sort(found, there, report):
            assert isinstance(found, ImportedConversation)  # noqa: S101 - nothing else is new
            writer.write(found)
    writer.flush()


def _keys(found: Found) -> set[str]:
    if not isinstance(found, ImportedConversation):
        return set()
    return {image.key for message in found.messages for image in message.images}


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
