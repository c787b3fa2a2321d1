"""Text files: those that wait beside a draft, and those that were sent with a message."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    bindparam,
    delete,
    func,
    insert,
    literal,
    select,
)

from webapp.store.ids import new_id
from webapp.store.portions import portions
from webapp.store.tables import attachments, browser_sessions, draft_files, messages

_LANGUAGE = re.compile(r"[a-z0-9+#]{1,12}")


@dataclass(frozen=True, slots=True)
class Attachment:
    """A text file that was sent with a message.

    To be shown, only the beginning of a big one is read: then so many characters of it are
    `unread`, and it cannot be sent.
    """

    name: str
    text: str
    unread: int = 0

    @property
    def length(self) -> int:
        """The characters of the whole file."""
        return len(self.text) + self.unread

    @property
    def whole(self) -> str:
        if self.unread:
            raise ValueError(self.name)
        return self.text

    def beginning(self, most: int) -> Attachment:
        """Leave out what stands behind so many characters."""
        text = self.text[:most]
        return Attachment(self.name, text, self.length - len(text))

    @property
    def fenced(self) -> str:
        """The file as a model is given it: its name, and a fence that nothing in it ends.

        Behind the opening fence stands the name's extension, as a language would.
        """
        longest = max((len(run) for run in re.findall("`+", self.whole)), default=0)
        fence = "`" * max(3, longest + 1)
        end = "" if self.text.endswith("\n") else "\n"
        _, _, extension = self.name.rpartition(".")
        language = extension.lower() if extension != self.name else ""
        if not _LANGUAGE.fullmatch(language):
            language = ""
        return f"{self.name}\n{fence}{language}\n{self.text}{end}{fence}"


@dataclass(frozen=True, slots=True)
class DraftFile:
    """A file that waits beside a draft; `length` counts its characters."""

    id: str
    name: str
    length: int


def add(
    connection: Connection,
    session_hash: str,
    conversation: str,
    files: Iterable[Attachment],
    *,
    now: datetime,
) -> Sequence[str]:
    """Put files beside a draft, behind those that are there, and return their ids.

    The draft of a new chat has the conversation "".
    """
    rows = [
        {
            "id": new_id(),
            "session_hash": session_hash,
            "conversation": conversation,
            "name": file.name,
            "text": file.text,
            # Their order is the order of their times.
            "created_at": now + timedelta(microseconds=place),
        }
        for place, file in enumerate(files)
    ]
    if rows:
        connection.execute(insert(draft_files), rows)
    return [str(row["id"]) for row in rows]


def waiting(connection: Connection, session_hash: str, conversation: str) -> Sequence[DraftFile]:
    """List what waits beside a draft, in the order it came."""
    rows = connection.execute(
        _waiting(session_hash)
        .where(draft_files.c.conversation == conversation)
        .order_by(draft_files.c.created_at, draft_files.c.id)
    )
    return [DraftFile(row.id, row.name, row.length) for row in rows]


def remove(connection: Connection, session_hash: str, file_id: str) -> str | None:
    """Take a file from its draft, and tell whose it was: the draft's conversation, or None."""
    mine = (draft_files.c.session_hash == session_hash, draft_files.c.id == file_id)
    conversation: str | None = connection.execute(
        select(draft_files.c.conversation).where(*mine)
    ).scalar_one_or_none()
    connection.execute(delete(draft_files).where(*mine))
    return conversation


def clean_up(
    connection: Connection, session_hash: str, *, added_before: datetime, most: int, length: int
) -> None:
    """Forget what waits for too long, and the oldest of more than `most` or of `length`."""
    rows = connection.execute(_waiting(session_hash).order_by(draft_files.c.created_at.desc()))
    kept = 0
    gone = []
    for place, row in enumerate(rows):
        kept += row.length
        if place >= most or kept > length or row.created_at < added_before:
            gone.append(row.id)
    for some in portions(gone):
        connection.execute(delete(draft_files).where(draft_files.c.id.in_(some)))


def drafted(
    connection: Connection, user_id: str, file_ids: Sequence[str]
) -> Mapping[str, Attachment]:
    """Read those of these waiting files of a user that are there."""
    found: dict[str, Attachment] = {}
    for some in portions(file_ids):
        rows = connection.execute(
            select(draft_files.c.id, draft_files.c.name, draft_files.c.text)
            .join(browser_sessions, browser_sessions.c.id_hash == draft_files.c.session_hash)
            .where(browser_sessions.c.user_id == user_id, draft_files.c.id.in_(some))
        )
        found |= {row.id: Attachment(row.name, row.text) for row in rows}
    return found


def attach(connection: Connection, message_id: str, files: Iterable[Attachment]) -> None:
    """Keep files with a message that was just stored. They must have been read whole."""
    rows = [
        {"message_id": message_id, "position": position, "name": file.name, "text": file.whole}
        for position, file in enumerate(files)
    ]
    if rows:
        connection.execute(insert(attachments), rows)


def forget(connection: Connection, user_id: str, file_ids: Sequence[str]) -> None:
    """Take files from their drafts, as they were sent."""
    own = select(browser_sessions.c.id_hash).where(browser_sessions.c.user_id == user_id)
    for some in portions(file_ids):
        connection.execute(
            delete(draft_files).where(
                draft_files.c.id.in_(some), draft_files.c.session_hash.in_(own)
            )
        )


def senders(connection: Connection, owner_id: str, conversation_id: str) -> set[str]:
    """Tell which messages of a conversation have files."""
    values = {"owner": owner_id, "conversation": conversation_id}
    return set(connection.execute(_SENDERS, values).scalars())


def of_messages(
    connection: Connection, owner_id: str, message_ids: Sequence[str], *, most: int | None = None
) -> Mapping[str, tuple[Attachment, ...]]:
    """Read what was sent with each of these messages; a message without files is not named.

    With `most`, no more than so many characters of each file are read.
    """
    statement = _SENT if most is None else _SENT_BEGINNINGS
    found: dict[str, tuple[Attachment, ...]] = {}
    for some in portions(message_ids):
        values = {"owner": owner_id, "sent_with": list(some), "most": most}
        for row in connection.execute(statement, values):
            file = Attachment(row.name, row.text, max(row.length - len(row.text), 0))
            found[row.message_id] = (*found.get(row.message_id, ()), file)
    return found


def attached(
    connection: Connection, owner_id: str, message_id: str, position: int
) -> Attachment | None:
    """Find one file of a message by its place."""
    row = connection.execute(
        select(attachments.c.name, attachments.c.text)
        .join(messages, messages.c.id == attachments.c.message_id)
        .where(
            messages.c.owner_id == owner_id,
            attachments.c.message_id == message_id,
            attachments.c.position == position,
        )
    ).one_or_none()
    return None if row is None else Attachment(row.name, row.text)


def _sent(
    text: ColumnElement[str], length: ColumnElement[int]
) -> Select[tuple[str, str, str, int]]:
    return (
        select(
            attachments.c.message_id,
            attachments.c.name,
            text.label("text"),
            length.label("length"),
        )
        .join(messages, messages.c.id == attachments.c.message_id)
        .where(
            messages.c.owner_id == bindparam("owner"),
            attachments.c.message_id.in_(bindparam("sent_with", expanding=True)),
        )
        .order_by(attachments.c.message_id, attachments.c.position)
    )


# Made once, see message_statements.
_SENDERS = (
    select(attachments.c.message_id)
    .join(messages, messages.c.id == attachments.c.message_id)
    .where(
        messages.c.owner_id == bindparam("owner"),
        messages.c.conversation_id == bindparam("conversation"),
    )
)
_SENT = _sent(attachments.c.text, literal(0))
_SENT_BEGINNINGS = _sent(
    func.substr(attachments.c.text, 1, bindparam("most")), func.length(attachments.c.text)
)


def _waiting(session_hash: str) -> Select[tuple[str, str, int, datetime]]:
    return select(
        draft_files.c.id,
        draft_files.c.name,
        func.length(draft_files.c.text).label("length"),
        draft_files.c.created_at,
    ).where(draft_files.c.session_hash == session_hash)
