"""Images: which there are, which were sent with a message, and which nothing needs any more.

The same one may be sent with many messages: with copies of a conversation, with a question
that was changed. Its file goes when the last row that names it has gone, however that went:
triggers mark an image as `loose` whose row is deleted, and `part_with` looks at those.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    String,
    bindparam,
    delete,
    exists,
    false,
    insert,
    or_,
    select,
    true,
    update,
)

from webapp.store.portions import portions
from webapp.store.tables import (
    browser_sessions,
    draft_images,
    images,
    message_images,
    messages,
)


@dataclass(frozen=True, slots=True)
class Image:
    """An image as it lies in the folder of images, under its id; `size` counts its bytes."""

    id: str
    media_type: str
    width: int
    height: int
    size: int


@dataclass(frozen=True, slots=True)
class NamedImage:
    """An image under the name that its sender's file had."""

    name: str
    image: Image


def keep(connection: Connection, kept: Iterable[Image], *, now: datetime) -> None:
    """Note images whose files are there. Nothing needs them yet."""
    rows = [
        {
            "id": one.id,
            "media_type": one.media_type,
            "width": one.width,
            "height": one.height,
            "size": one.size,
            "loose": False,
            "created_at": now,
        }
        for one in kept
    ]
    if rows:
        connection.execute(insert(images), rows)


def attach(connection: Connection, message_id: str, sent: Iterable[NamedImage]) -> None:
    """Keep images with a message that was just stored; those that are there still."""
    sent = list(sent)
    if not sent:
        return
    asked = select(images.c.id).where(images.c.id.in_([one.image.id for one in sent]))
    there = set(connection.execute(asked).scalars())
    rows = [
        {"message_id": message_id, "position": at, "name": one.name, "image_id": one.image.id}
        for at, one in enumerate(sent)
        if one.image.id in there
    ]
    if rows:
        connection.execute(insert(message_images), rows)


def of_messages(
    connection: Connection, owner_id: str, message_ids: Sequence[str]
) -> Mapping[str, tuple[NamedImage, ...]]:
    """Tell what was sent with each of these messages; a message without images is not named."""
    found: dict[str, tuple[NamedImage, ...]] = {}
    for some in portions(message_ids):
        found |= _read(connection, _OF_MESSAGES, {"owner": owner_id, "sent_with": list(some)})
    return found


def of_conversation(
    connection: Connection, owner_id: str, conversation_id: str
) -> Mapping[str, tuple[NamedImage, ...]]:
    """Tell what was sent with each message of a conversation, in all its branches."""
    return _read(connection, _OF_CONVERSATION, {"owner": owner_id, "conversation": conversation_id})


def of_same(
    connection: Connection, owner_id: str, message_id: str
) -> Mapping[str, tuple[NamedImage, ...]]:
    """The same, of the conversation that a message is in."""
    return _read(connection, _OF_SAME, {"owner": owner_id, "message": message_id})


def sent(
    connection: Connection, owner_id: str, message_id: str, position: int
) -> NamedImage | None:
    """Find one image of a message by its place."""
    row = connection.execute(
        _of_owner(owner_id).where(
            message_images.c.message_id == message_id, message_images.c.position == position
        )
    ).one_or_none()
    return None if row is None else NamedImage(row.name, from_row(row))


def find(connection: Connection, user_id: str, image_id: str) -> Image | None:
    """Find an image that a user has sent, or has beside a draft."""
    in_message = (
        exists()
        .where(message_images.c.image_id == images.c.id)
        .where(messages.c.id == message_images.c.message_id, messages.c.owner_id == user_id)
    )
    beside_draft = (
        exists()
        .where(draft_images.c.image_id == images.c.id)
        .where(browser_sessions.c.id_hash == draft_images.c.session_hash)
        .where(browser_sessions.c.user_id == user_id)
    )
    row = connection.execute(
        select(*COLUMNS).where(images.c.id == image_id, or_(beside_draft, in_message))
    ).one_or_none()
    return None if row is None else from_row(row)


def of_owner(
    connection: Connection, owner_id: str, conversation_id: str | None = None
) -> Sequence[Image]:
    """List all images that a user has sent, or sent in one conversation, each once."""
    statement = (
        select(*COLUMNS)
        .distinct()
        .join(message_images, message_images.c.image_id == images.c.id)
        .join(messages, messages.c.id == message_images.c.message_id)
        .where(messages.c.owner_id == owner_id)
        .order_by(images.c.id)
    )
    if conversation_id is not None:
        statement = statement.where(messages.c.conversation_id == conversation_id)
    return [from_row(row) for row in connection.execute(statement)]


def loosen(connection: Connection, image_ids: Sequence[str] | None = None) -> None:
    """Have `part_with` look at these images; without ids at all that nothing needs."""
    if image_ids is None:
        connection.execute(update(images).where(~_needed()).values(loose=true()))
        return
    for some in portions(image_ids):
        connection.execute(update(images).where(images.c.id.in_(some)).values(loose=true()))


def any_loose(connection: Connection) -> bool:
    statement = select(images.c.id).where(images.c.loose).limit(1)
    return connection.execute(statement).scalar_one_or_none() is not None


def part_with(connection: Connection, *, at_most: int) -> tuple[Sequence[str], bool]:
    """Forget some of the loose images that nothing needs; their ids, and whether there is more.

    Their files are to be removed before this is committed: if it is not, the next one does
    it again, and nothing new can name them meanwhile.
    """
    loose = connection.execute(select(images.c.id).where(images.c.loose).limit(at_most))
    some = loose.scalars().all()
    if not some:
        return (), False
    gone = delete(images).where(images.c.id.in_(some), ~_needed()).returning(images.c.id)
    ids = connection.execute(gone).scalars().all()
    held = update(images).where(images.c.id.in_(some)).values(loose=false())
    connection.execute(held)
    return ids, len(some) == at_most


def known(connection: Connection, image_ids: Collection[str]) -> set[str]:
    """Tell which of these there are."""
    found: set[str] = set()
    for some in portions(list(image_ids)):
        found |= set(connection.execute(select(images.c.id).where(images.c.id.in_(some))).scalars())
    return found


def any_known(connection: Connection) -> bool:
    return connection.execute(select(images.c.id).limit(1)).scalar_one_or_none() is not None


COLUMNS = (
    images.c.id,
    images.c.media_type,
    images.c.width,
    images.c.height,
    images.c.size,
)


def from_row(row: Any) -> Image:  # noqa: ANN401 - of statements that select `COLUMNS`
    return Image(row.id, row.media_type, row.width, row.height, row.size)


def _needed() -> ColumnElement[bool]:
    return or_(
        exists().where(message_images.c.image_id == images.c.id),
        exists().where(draft_images.c.image_id == images.c.id),
    )


def _of_owner(owner_id: str | ColumnElement[str]) -> Select[Any]:
    return (
        select(message_images.c.message_id, message_images.c.name, *COLUMNS)
        .join(messages, messages.c.id == message_images.c.message_id)
        .join(images, images.c.id == message_images.c.image_id)
        .where(messages.c.owner_id == owner_id)
    )


# Made once, see message_statements.
_ALL = _of_owner(bindparam("owner", type_=String)).order_by(
    message_images.c.message_id, message_images.c.position
)
_OF_MESSAGES = _ALL.where(message_images.c.message_id.in_(bindparam("sent_with", expanding=True)))
_OF_CONVERSATION = _ALL.where(messages.c.conversation_id == bindparam("conversation"))
_SAME = messages.alias("same")
_OF_SAME = _ALL.where(
    messages.c.conversation_id
    == select(_SAME.c.conversation_id).where(_SAME.c.id == bindparam("message")).scalar_subquery()
)


def _read(
    connection: Connection, statement: Select[Any], values: Mapping[str, object]
) -> dict[str, tuple[NamedImage, ...]]:
    found: dict[str, tuple[NamedImage, ...]] = {}
    for row in connection.execute(statement, values):
        named = NamedImage(row.name, from_row(row))
        found[row.message_id] = (*found.get(row.message_id, ()), named)
    return found
