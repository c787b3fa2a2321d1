"""Images that wait beside a draft."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, insert, select

from webapp.store.ids import new_id
from webapp.store.images import COLUMNS, Image, NamedImage, from_row
from webapp.store.portions import portions
from webapp.store.tables import browser_sessions, draft_images, images


@dataclass(frozen=True, slots=True)
class DraftImage:
    """An image, under the id that it has beside a draft."""

    id: str
    name: str
    image: Image


def add(
    connection: Connection,
    session_hash: str,
    conversation: str,
    added: Iterable[NamedImage],
    *,
    now: datetime,
) -> Sequence[str]:
    """Put images beside a draft, behind those that are there, and return their ids there.

    The draft of a new chat has the conversation "".
    """
    rows = [
        {
            "id": new_id(),
            "session_hash": session_hash,
            "conversation": conversation,
            "name": one.name,
            "image_id": one.image.id,
            # Their order is the order of their times.
            "created_at": now + timedelta(microseconds=place),
        }
        for place, one in enumerate(added)
    ]
    if rows:
        connection.execute(insert(draft_images), rows)
    return [str(row["id"]) for row in rows]


def waiting(connection: Connection, session_hash: str, conversation: str) -> Sequence[DraftImage]:
    """List what waits beside a draft, in the order it came."""
    rows = connection.execute(
        select(draft_images.c.id.label("draft_id"), draft_images.c.name, *COLUMNS)
        .join(images, images.c.id == draft_images.c.image_id)
        .where(
            draft_images.c.session_hash == session_hash,
            draft_images.c.conversation == conversation,
        )
        .order_by(draft_images.c.created_at, draft_images.c.id)
    )
    return [DraftImage(row.draft_id, row.name, from_row(row)) for row in rows]


def remove(connection: Connection, session_hash: str, draft_id: str) -> str | None:
    """Take an image from its draft, and tell whose it was: the draft's conversation, or None."""
    gone = connection.execute(
        delete(draft_images)
        .where(draft_images.c.session_hash == session_hash, draft_images.c.id == draft_id)
        .returning(draft_images.c.conversation)
    )
    conversation: str | None = gone.scalar_one_or_none()
    return conversation


def clean_up(
    connection: Connection, session_hash: str, *, added_before: datetime, most: int
) -> None:
    """Forget what waits for too long, and the oldest of more than `most`."""
    rows = connection.execute(
        select(draft_images.c.id, draft_images.c.created_at)
        .where(draft_images.c.session_hash == session_hash)
        .order_by(draft_images.c.created_at.desc())
    ).all()
    old = [row.id for at, row in enumerate(rows) if at >= most or row.created_at < added_before]
    for some in portions(old):
        connection.execute(delete(draft_images).where(draft_images.c.id.in_(some)))


def drafted(
    connection: Connection, user_id: str, draft_ids: Sequence[str]
) -> Mapping[str, NamedImage]:
    """Read those of these waiting images of a user that are there."""
    found: dict[str, NamedImage] = {}
    for some in portions(draft_ids):
        rows = connection.execute(
            select(draft_images.c.id.label("draft_id"), draft_images.c.name, *COLUMNS)
            .join(images, images.c.id == draft_images.c.image_id)
            .join(browser_sessions, browser_sessions.c.id_hash == draft_images.c.session_hash)
            .where(browser_sessions.c.user_id == user_id, draft_images.c.id.in_(some))
        )
        found |= {row.draft_id: NamedImage(row.name, from_row(row)) for row in rows}
    return found


def forget(connection: Connection, user_id: str, draft_ids: Sequence[str]) -> None:
    """Take images from their drafts, as they were sent."""
    own = select(browser_sessions.c.id_hash).where(browser_sessions.c.user_id == user_id)
    for some in portions(draft_ids):
        connection.execute(
            delete(draft_images).where(
                draft_images.c.id.in_(some), draft_images.c.session_hash.in_(own)
            )
        )
