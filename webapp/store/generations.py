"""Generations and their journal: what makes an answer outlive the process."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Table, bindparam, delete, insert, select, update

from webapp.store.ids import new_id
from webapp.store.tables import conversations, generations, journal_chunks, messages, thought_chunks

_BEGIN = insert(generations)
_RUNNING = select(generations.c.id).where(
    generations.c.id.in_(bindparam("ids", expanding=True)), generations.c.state == "running"
)
_END = (
    update(generations)
    .where(generations.c.id == bindparam("this"), generations.c.state == "running")
    .values(state="ended")
)
_DROP = [
    delete(chunks).where(chunks.c.generation_id == bindparam("this"))
    for chunks in (journal_chunks, thought_chunks)
]
_ENDED = (
    select(
        messages.c.owner_id,
        messages.c.model,
        generations.c.started_at,
        generations.c.payer,
        generations.c.sent_characters,
        generations.c.sent_tokens,
        generations.c.begins_at,
    )
    .join(messages, messages.c.id == generations.c.message_id)
    .where(generations.c.id == bindparam("this"))
)


@dataclass(frozen=True, slots=True)
class Chunk:
    """What came of an answer: a piece of text and one of thoughts, either may be empty.

    A position counts the code points before it.
    """

    generation_id: str
    position: int
    text: str
    thoughts_position: int = 0
    thoughts: str = ""


@dataclass(frozen=True, slots=True)
class Orphan:
    """A run whose server is gone. What had not `begun` never left it."""

    id: str
    message_id: str
    begins_at: int
    begun: bool = True


@dataclass(frozen=True, slots=True)
class Sent:
    """What a run sends: characters, tokens, and whose code pays (own, team, none)."""

    characters: int = 0
    tokens: int = 0
    payer: str = "none"


@dataclass(frozen=True, slots=True)
class Ended:
    """A run that was just ended. Its answer's text began at `begins_at` to be new."""

    user_id: str
    model: str
    started_at: datetime
    sent: Sent
    begins_at: int


def begin(
    connection: Connection,
    conversation_id: str,
    message_id: str,
    *,
    server_id: str,
    now: datetime,
    sent: Sent | None = None,
    begins_at: int = 0,
    waits: bool = False,
) -> str:
    """Begin a run and return its id. An `IntegrityError` says that one is under way.

    Of one that `waits` nothing has left until `leave` is called.
    """
    sent = sent or Sent()
    generation_id = new_id()
    connection.execute(
        _BEGIN,
        {
            "id": generation_id,
            "message_id": message_id,
            "conversation_id": conversation_id,
            "state": "running",
            "server_id": server_id,
            "started_at": now,
            "heartbeat_at": now,
            "payer": sent.payer,
            "sent_characters": sent.characters,
            "sent_tokens": sent.tokens,
            "begins_at": begins_at,
            "begun_at": None if waits else now,
        },
    )
    return generation_id


def leave(connection: Connection, generation_id: str, *, now: datetime) -> None:
    """Note that the question of a run that waited leaves now, and may be paid."""
    connection.execute(
        update(generations)
        .where(generations.c.id == generation_id, generations.c.state == "running")
        .values(begun_at=now)
    )


def end(connection: Connection, generation_id: str) -> Ended | None:
    """End a run and drop its journal. None says that somebody else has ended it."""
    ended = connection.execute(_END, {"this": generation_id}).rowcount
    for drop in _DROP:
        connection.execute(drop, {"this": generation_id})
    if not ended:
        return None
    row = connection.execute(_ENDED, {"this": generation_id}).one()
    sent = Sent(row.sent_characters, row.sent_tokens, row.payer)
    return Ended(row.owner_id, row.model or "", row.started_at, sent, row.begins_at)


def running_of(connection: Connection, user_id: str) -> Sequence[str]:
    """List the runs that answer a user at this moment."""
    rows = connection.execute(
        select(generations.c.id)
        .join(conversations, conversations.c.id == generations.c.conversation_id)
        .where(conversations.c.owner_id == user_id, generations.c.state == "running")
    )
    return rows.scalars().all()


def beat(connection: Connection, server_id: str, *, now: datetime) -> None:
    connection.execute(
        update(generations)
        .where(generations.c.state == "running", generations.c.server_id == server_id)
        .values(heartbeat_at=now)
    )


def write_journal(connection: Connection, chunks: Sequence[Chunk]) -> None:
    """Add what came of running answers; one that is gone by now is passed over.

    All answers are journaled together, so that one row that cannot be written would
    keep back the text of all others.
    """
    ids = list({chunk.generation_id for chunk in chunks})
    running = set(connection.execute(_RUNNING, {"ids": ids}).scalars())
    kept = [chunk for chunk in chunks if chunk.generation_id in running]
    texts = [(one.generation_id, one.position, one.text) for one in kept if one.text]
    thoughts = [
        (one.generation_id, one.thoughts_position, one.thoughts) for one in kept if one.thoughts
    ]
    for table, rows in ((journal_chunks, texts), (thought_chunks, thoughts)):
        if rows:
            names = ("generation_id", "position", "text")
            connection.execute(insert(table), [dict(zip(names, row, strict=True)) for row in rows])


def journaled_text(connection: Connection, generation_id: str) -> str:
    """Join the journal, up to the first gap."""
    return _joined(connection, journal_chunks, generation_id)


def journaled_thoughts(connection: Connection, generation_id: str) -> str:
    return _joined(connection, thought_chunks, generation_id)


def _joined(connection: Connection, chunks: Table, generation_id: str) -> str:
    rows = connection.execute(
        select(chunks.c.position, chunks.c.text)
        .where(chunks.c.generation_id == generation_id)
        .order_by(chunks.c.position)
    )
    pieces: list[str] = []
    length = 0
    for position, text in rows:
        if position != length:
            break
        pieces.append(text)
        length += len(text)
    return "".join(pieces)


def orphans(connection: Connection, server_id: str, *, silent_since: datetime) -> Sequence[Orphan]:
    """List the running generations of other servers that gave no sign of life since then."""
    rows = connection.execute(
        select(
            generations.c.id,
            generations.c.message_id,
            generations.c.begins_at,
            generations.c.begun_at,
        ).where(
            generations.c.state == "running",
            generations.c.server_id != server_id,
            generations.c.heartbeat_at <= silent_since,
        )
    )
    return [
        Orphan(row.id, row.message_id, row.begins_at, begun=row.begun_at is not None)
        for row in rows
    ]
