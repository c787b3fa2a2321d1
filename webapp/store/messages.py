"""Messages: a tree of rows. Every statement carries the owner."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection, Row, delete, select

from webapp.errors import Failure
from webapp.store import conversations, files, images
from webapp.store import message_statements as statements
from webapp.store.files import Attachment
from webapp.store.ids import new_id
from webapp.store.images import NamedImage
from webapp.store.tables import messages
from webapp.store.thoughts import NOTHING, Beside


@dataclass(frozen=True, slots=True)
class Message:
    """One row of the tree. `state`: running, complete, stopped, interrupted, failed.

    `siblings` are the ids of the messages under the same parent, this one among them,
    in the order they were made, where they were read: see `branches`. The `attachments`
    and `images` are read with a whole branch, by `path`.
    `tokens` is what its content counts as, once that was counted. A `host` is named where
    its provider has several; where `thought_seconds` are, there are `thoughts` to be read,
    and 0 says that it is unknown for how long they took.
    """

    id: str
    conversation_id: str
    parent_id: str | None
    role: str
    state: str
    text: str
    model: str | None
    failure: Failure | None
    generation_id: str | None
    siblings: tuple[str, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    images: tuple[NamedImage, ...] = ()
    tokens: int | None = None
    host: str | None = None
    thought_seconds: int | None = None

    @property
    def content(self) -> str:
        """What a model is given of it to read: the text, and the files behind it."""
        return content_of(self.text, self.attachments)


def content_of(text: str, attachments: Iterable[Attachment]) -> str:
    """Put a text and the files behind it together, as a model is given them."""
    return "\n\n".join(filter(None, [text, *(one.fenced for one in attachments)]))


@dataclass(frozen=True, slots=True)
class Count:
    """What a message of a branch counts as in tokens; None where it was not counted yet."""

    id: str
    tokens: int | None
    state: str


def add(
    connection: Connection,
    owner_id: str,
    conversation_id: str,
    *,
    parent_id: str | None,
    role: str,
    state: str,
    text: str,
    now: datetime,
    client_id: str | None = None,
    model: str | None = None,
    failure: Failure | None = None,
    tokens: int | None = None,
    beside: Beside = NOTHING,
) -> Message:
    """Append a message to a branch, make it the head, and return it, without what is sent along."""
    message_id = new_id()
    connection.execute(
        statements.ADD,
        {
            "id": message_id,
            "conversation_id": conversation_id,
            "owner_id": owner_id,
            "parent_id": parent_id,
            "client_id": client_id,
            "role": role,
            "state": state,
            "model": model,
            "text": text,
            "failure": None if failure is None else failure.dump(),
            "tokens": tokens,
            "created_at": now,
            "host": beside.host,
            "thought_seconds": beside.thought_seconds,
            "thoughts": beside.thoughts,
        },
    )
    conversations.go_on(connection, owner_id, conversation_id, message_id, now=now)
    return Message(
        message_id,
        conversation_id,
        parent_id,
        role,
        state,
        text,
        model,
        failure,
        generation_id=None,
        tokens=tokens,
        host=beside.host,
        thought_seconds=beside.thought_seconds,
    )


def end_answer(
    connection: Connection,
    message_id: str,
    *,
    state: str,
    text: str,
    failure: Failure | None,
    tokens: int | None = None,
    beside: Beside = NOTHING,
) -> None:
    connection.execute(
        statements.END_ANSWER,
        {
            "message_id": message_id,
            "new_state": state,
            "new_text": text,
            "new_failure": None if failure is None else failure.dump(),
            "new_tokens": tokens,
            "new_host": beside.host,
            "new_thought_seconds": beside.thought_seconds,
            "new_thoughts": beside.thoughts,
        },
    )


def keep_counts(connection: Connection, owner_id: str, counts: Mapping[str, int]) -> None:
    """Keep what messages count as in tokens, by their ids. They never change."""
    rows = [{"of_owner": owner_id, "message_id": one, "count": counts[one]} for one in counts]
    if rows:
        connection.execute(statements.KEEP_COUNT, rows)


def find(connection: Connection, owner_id: str, message_id: str) -> Message | None:
    values = {"owner_id": owner_id, "message_id": message_id}
    row = connection.execute(statements.FIND, values).one_or_none()
    return None if row is None else _message(row)


def siblings_of(
    connection: Connection, owner_id: str, run: Sequence[Message]
) -> Mapping[str | None, tuple[str, ...]]:
    """List the messages under each parent of some of one conversation, as they were made."""
    if not run:
        return {}
    parents = {one.parent_id for one in run}
    rows = connection.execute(
        statements.SIBLINGS_AT_ROOT if None in parents else statements.SIBLINGS,
        {
            "owner_id": owner_id,
            "conversation_id": run[0].conversation_id,
            "parents": list(parents - {None}),
        },
    )
    found: dict[str | None, list[str]] = {}
    for message_id, parent_id in rows:
        found.setdefault(parent_id, []).append(message_id)
    return {parent_id: tuple(ids) for parent_id, ids in found.items()}


def some(connection: Connection, owner_id: str, ids: Sequence[str]) -> Sequence[Message]:
    """Read these messages, in no order: a few, for they are named one by one."""
    rows = connection.execute(statements.SOME, {"owner_id": owner_id, "ids": list(ids)})
    return [_message(row) for row in rows]


def of_client(connection: Connection, owner_id: str, client_id: str) -> Message | None:
    """Find the message that a page sent under this id, if it was stored."""
    values = {"owner_id": owner_id, "client_id": client_id}
    row = connection.execute(statements.OF_CLIENT, values).one_or_none()
    return None if row is None else _message(row)


def children(connection: Connection, owner_id: str, message_id: str) -> Sequence[Message]:
    values = {"owner_id": owner_id, "parent_id": message_id}
    return [_message(row) for row in connection.execute(statements.CHILDREN, values)]


def path(
    connection: Connection, owner_id: str, head_id: str | None, *, last: int | None = None
) -> Sequence[Message]:
    """Read a branch from its root to `head_id`, or its last messages, with their files.

    Three statements, or four where files were sent, whatever its length.
    """
    if head_id is None:
        return []
    values = {"owner_id": owner_id, "head_id": head_id, "most": last}
    statement = statements.PATH if last is None else statements.NEWEST
    found = [_message(row) for row in connection.execute(statement, values)]
    return _with_files(connection, owner_id, found)


def counts(connection: Connection, owner_id: str, head_id: str | None) -> Sequence[Count]:
    """Tell what the messages of a branch count as, oldest first, without reading them."""
    if head_id is None:
        return []
    rows = connection.execute(statements.COUNTS, {"owner_id": owner_id, "head_id": head_id})
    return [Count(row.id, row.tokens, row.state) for row in rows]


def newest_below(connection: Connection, owner_id: str, message_id: str) -> str:
    """Find where the branch through a message was last continued; itself where it ends."""
    below = statements.below(owner_id, message_id)
    newest: str | None = connection.execute(
        select(messages.c.id)
        .join(below, below.c.id == messages.c.id)
        .order_by(messages.c.created_at.desc(), below.c.depth.desc())
        .limit(1)
    ).scalar_one_or_none()
    return newest or message_id


def remove(connection: Connection, owner_id: str, message_id: str) -> None:
    """Delete a message and all that follows it, in all branches."""
    below = statements.below(owner_id, message_id)
    connection.execute(delete(messages).where(messages.c.id.in_(select(below.c.id))))


def _with_files(
    connection: Connection, owner_id: str, found: Sequence[Message]
) -> Sequence[Message]:
    """Read what was sent with messages of one conversation: two statements where it is nothing."""
    if not found:
        return found
    conversation_id = found[0].conversation_id
    have = files.senders(connection, owner_id, conversation_id)
    sent = files.of_messages(connection, owner_id, [one.id for one in found if one.id in have])
    seen = images.of_conversation(connection, owner_id, conversation_id)
    if not sent and not seen:
        return found
    return [
        replace(one, attachments=sent.get(one.id, ()), images=seen.get(one.id, ())) for one in found
    ]


def _message(row: Row[statements.MessageRow]) -> Message:
    return Message(
        id=row.id,
        conversation_id=row.conversation_id,
        parent_id=row.parent_id,
        role=row.role,
        state=row.state,
        text=row.text,
        model=row.model,
        failure=None if row.failure is None else Failure.load(row.failure),
        generation_id=row.generation_id,
        tokens=row.tokens,
        host=row.host,
        thought_seconds=row.thought_seconds,
    )
