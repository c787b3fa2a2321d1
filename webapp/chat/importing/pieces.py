"""Cutting a conversation that was read into what is written in one transaction each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from webapp.chat.importing.shape import ImportedConversation, ImportedMessage, NamedKey
from webapp.chat.library import IN_TRASH
from webapp.chat.storing import title_of
from webapp.store import parameters
from webapp.store.conversations import TITLE_LIMIT
from webapp.store.ids import new_id
from webapp.store.text import one_line

MESSAGES = 100
CHARACTERS = 256 * 1024
"""What is written in one transaction: other writers wait for it."""


@dataclass(frozen=True, slots=True)
class Piece:
    """What is written in one transaction of a conversation: its beginning, messages, its end."""

    conversation_id: str
    begins: Mapping[str, object] | None
    folder: str | None
    rows: Sequence[Mapping[str, object]]
    files: Sequence[Mapping[str, object]]
    images: Sequence[tuple[str, Sequence[NamedKey]]]
    """The ids of messages, and what images of the file were sent with them."""
    head_id: str | None
    size: int


def pieces(
    conversation: ImportedConversation, undated: datetime, latest: datetime
) -> Iterator[Piece]:
    """Cut a conversation into pieces; its head is set with the last one."""
    conversation_id = new_id()
    # In the order of the file: messages of one moment are shown in the order of their ids.
    new_ids = sorted(new_id() for _ in conversation.messages)
    ids = {one.key: mine for one, mine in zip(conversation.messages, new_ids, strict=True)}
    times = _times(conversation, undated, latest)
    begins: Mapping[str, object] | None = _values(conversation, conversation_id, times, latest)
    cuts = list(_cuts(conversation.messages))
    for start, end in pairwise(cuts):
        some = conversation.messages[start:end]
        last = end == len(conversation.messages)
        yield Piece(
            conversation_id=conversation_id,
            begins=begins,
            folder=conversation.folder if begins is not None else None,
            rows=[_row(one, ids, times[one.key]) for one in some],
            files=[
                {"message_id": ids[one.key], "position": at, "name": file.name, "text": file.text}
                for one in some
                for at, file in enumerate(one.attachments)
            ],
            images=[(ids[one.key], one.images) for one in some if one.images],
            head_id=ids.get(conversation.head or "") if last else None,
            size=sum(map(_size, some)),
        )
        begins = None


def _cuts(some: Sequence[ImportedMessage]) -> Iterator[int]:
    """Say where to cut messages so that no part is large, unless one message is."""
    yield 0
    count = size = 0
    for at, message in enumerate(some):
        if count and (count >= MESSAGES or size + _size(message) > CHARACTERS):
            yield at
            count = size = 0
        count += 1
        size += _size(message)
    yield len(some)


def _size(message: ImportedMessage) -> int:
    thoughts = message.beside.thoughts or ""
    return len(message.text) + len(thoughts) + sum(len(file.text) for file in message.attachments)


def _times(
    conversation: ImportedConversation, undated: datetime, latest: datetime
) -> dict[str | None, datetime]:
    """Date every message: as the file says, else like its parent. Nothing is in the future."""
    times: dict[str | None, datetime] = {None: conversation.created_at or undated}
    for message in conversation.messages:
        times[message.key] = min(message.created_at or times[message.parent], latest)
    return times


def _values(
    conversation: ImportedConversation,
    conversation_id: str,
    times: Mapping[str | None, datetime],
    latest: datetime,
) -> dict[str, object]:
    dated = [times[message.key] for message in conversation.messages] or [times[None]]
    title = conversation.title
    if not title and not conversation.source.startswith("liaochat:"):
        question = next((one for one in conversation.messages if one.role == "user"), None)
        title = "" if question is None else one_line(title_of(question.text), TITLE_LIMIT)

    def bounded(at: datetime | None) -> datetime | None:
        return None if at is None else min(at, latest)

    return {
        "id": conversation_id,
        "title": title,
        "title_given": conversation.title_given and bool(conversation.title),
        "created_at": bounded(conversation.created_at or min(dated)),
        "updated_at": bounded(conversation.updated_at or max(dated)),
        "pinned_at": bounded(conversation.pinned_at),
        "archived_at": bounded(conversation.archived_at),
        "trashed_at": _in_trash(conversation.trashed_at, latest),
        "system_text": conversation.system_text,
        "parameters": parameters.dump(conversation.parameters),
        "source": conversation.source,
    }


def _in_trash(at: datetime | None, latest: datetime) -> datetime | None:
    """Keep what was trashed long ago for as long as what is trashed now; it would be gone."""
    return at if at is None or latest - IN_TRASH < at <= latest else latest


def _row(
    message: ImportedMessage, ids: Mapping[str, str], created_at: datetime
) -> dict[str, object]:
    return {
        "id": ids[message.key],
        "parent_id": None if message.parent is None else ids[message.parent],
        "role": message.role,
        "state": message.state,
        "model": message.model,
        "text": message.text,
        "failure": None if message.failure is None else message.failure.dump(),
        "created_at": created_at,
        "host": message.beside.host,
        "thought_seconds": message.beside.thought_seconds,
        "thoughts": message.beside.thoughts,
    }
