"""The lengths that a message may have here, held by what comes from elsewhere, too."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import replace

from webapp.chat.files import LONGEST, MOST, TOGETHER
from webapp.chat.images import MOST as MOST_IMAGES
from webapp.chat.importing import fields
from webapp.chat.importing.reading import Found
from webapp.chat.importing.shape import ImportedConversation, ImportedImage, ImportedMessage
from webapp.store.files import Attachment


def within(found: Iterable[Found], limit: int) -> Iterator[Found]:
    """Cut texts at the limit of an answer, and leave out files that could not be sent.

    Pages, searches and exports hold a message as a whole, and are made for no longer ones.
    What is cut is counted: a person sees it before anything is imported. The images of a
    file stand before the conversations that name them.
    """
    there: set[str] = set()
    for one in found:
        if isinstance(one, ImportedImage):
            there.add(one.key)
        yield _bounded(one, limit, there) if isinstance(one, ImportedConversation) else one


def _bounded(
    conversation: ImportedConversation, limit: int, there: Container[str]
) -> ImportedConversation:
    counts: Counter[str] = Counter()
    messages = tuple(_message(one, limit, there, counts) for one in conversation.messages)
    if not counts:
        return conversation
    left_out = fields.both(conversation.left_out, fields.omissions(counts))
    return replace(conversation, messages=messages, left_out=left_out)


def _message(
    message: ImportedMessage, limit: int, there: Container[str], counts: Counter[str]
) -> ImportedMessage:
    files = _files(message.attachments)
    images = tuple(one for one in message.images if one.key in there)[:MOST_IMAGES]
    thoughts = message.beside.thoughts or ""
    longest = max(len(message.text), len(thoughts))
    whole = len(files) == len(message.attachments) and len(images) == len(message.images)
    if longest <= limit and whole:
        return message
    counts["cut"] += longest > limit
    counts["file"] += len(message.attachments) - len(files)
    counts["image"] += len(message.images) - len(images)
    beside = replace(message.beside, thoughts=thoughts[:limit] or None)
    return replace(
        message, text=message.text[:limit], attachments=files, images=images, beside=beside
    )


def _files(files: Sequence[Attachment]) -> tuple[Attachment, ...]:
    kept: list[Attachment] = []
    room = TOGETHER
    for file in files:
        if len(file.text) <= min(LONGEST, room) and len(kept) < MOST:
            kept.append(file)
            room -= len(file.text)
    return tuple(kept)
