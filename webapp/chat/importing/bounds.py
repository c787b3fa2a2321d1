"""The lengths that a message may have here, held by what comes from elsewhere, too."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from webapp.chat.files import LONGEST, MOST, TOGETHER
from webapp.chat.importing import fields
from webapp.chat.importing.reading import Found
from webapp.chat.importing.shape import ImportedConversation, ImportedMessage
from webapp.store.files import Attachment


def within(found: Iterable[Found], limit: int) -> Iterator[Found]:
    """Cut texts at the limit of an answer, and leave out files that could not be sent.

    Pages, searches and exports hold a message as a whole, and are made for no longer ones.
    What is cut is counted: a person sees it before anything is imported.
    """
    for one in found:
        yield _bounded(one, limit) if isinstance(one, ImportedConversation) else one


def _bounded(conversation: ImportedConversation, limit: int) -> ImportedConversation:
    counts: Counter[str] = Counter()
    messages = tuple(_message(one, limit, counts) for one in conversation.messages)
    if not counts:
        return conversation
    left_out = fields.both(conversation.left_out, fields.omissions(counts))
    return replace(conversation, messages=messages, left_out=left_out)


def _message(message: ImportedMessage, limit: int, counts: Counter[str]) -> ImportedMessage:
    files = _files(message.attachments)
    thoughts = message.beside.thoughts or ""
    longest = max(len(message.text), len(thoughts))
    if longest <= limit and len(files) == len(message.attachments):
        return message
    counts["cut"] += longest > limit
    counts["file"] += len(message.attachments) - len(files)
    beside = replace(message.beside, thoughts=thoughts[:limit] or None)
    return replace(message, text=message.text[:limit], attachments=files, beside=beside)


def _files(files: Sequence[Attachment]) -> tuple[Attachment, ...]:
    kept: list[Attachment] = []
    room = TOGETHER
    for file in files:
        if len(file.text) <= min(LONGEST, room) and len(kept) < MOST:
            kept.append(file)
            room -= len(file.text)
    return tuple(kept)
