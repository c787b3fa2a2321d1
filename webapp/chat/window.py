"""Windows: what of a long branch is shown at once, and what stands round it.

A window holds at most so many messages and so many characters: drawing a text for the
first time costs about 3 ms a thousand characters, and nobody should wait for what is
screens away.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from webapp.store import branches
from webapp.store.branches import Place
from webapp.store.conversations import Conversation
from webapp.store.messages import Message

MESSAGES = 50
CHARACTERS = 16_000
"""At most, but never less than one message."""

_PART = 3
"""Which part of a window comes at once to a page that scrolls."""


@dataclass(frozen=True, slots=True)
class Window:
    """A run of the branch that a conversation shows, oldest first.

    `before` and `behind` are the ids of its neighbours there; None at the branch's ends.
    """

    conversation: Conversation
    messages: Sequence[Message]
    before: str | None = None
    behind: str | None = None


def read_end(connection: Connection, user_id: str, conversation: Conversation) -> Window:
    places = branches.places(connection, user_id, conversation.head_id)
    end = len(places)
    return _read(connection, user_id, conversation, places, slice(_back(places, end), end))


def read_around(
    connection: Connection, user_id: str, conversation: Conversation, message_id: str
) -> Window | None:
    """Read the messages round one; None where the branch that is shown does not have it."""
    places = branches.places(connection, user_id, conversation.head_id)
    at = _find(places, message_id)
    if at is None:
        return None
    start = _back(places, at, share=2) if at else 0
    end = _on(places, at, share=2)
    if end == len(places):
        start = min(start, _back(places, end))
    return _read(connection, user_id, conversation, places, slice(start, end))


def read_before(
    connection: Connection, user_id: str, conversation: Conversation, message_id: str
) -> Window | None:
    """Read some messages before one; None where the branch that is shown does not have it.

    A part of a window: a page puts them in above what its reader looks at, while it scrolls.
    """
    places = branches.places(connection, user_id, conversation.head_id)
    at = _find(places, message_id)
    if at is None:
        return None
    start = _back(places, at, share=_PART)
    return _read(connection, user_id, conversation, places, slice(start, at))


def read_behind(
    connection: Connection,
    user_id: str,
    conversation: Conversation,
    message_id: str | None,
    *,
    state: str | None = None,
    part: bool = False,
) -> Window | None:
    """Read the messages behind one, or from the root on where that is None.

    That one itself is among them if a `state` is given and is not its own any more. None
    where the branch that is shown does not have it. With `part` it is no more than what a
    page puts in while its reader scrolls.
    """
    places = branches.places(connection, user_id, conversation.head_id)
    start = 0
    if message_id is not None:
        at = _find(places, message_id)
        if at is None:
            return None
        start = at if state is not None and places[at].state != state else at + 1
    end = _on(places, start, share=_PART if part else 1)
    return _read(connection, user_id, conversation, places, slice(start, end))


def _read(
    connection: Connection,
    user_id: str,
    conversation: Conversation,
    places: Sequence[Place],
    run: slice,
) -> Window:
    return Window(
        conversation,
        branches.read(connection, user_id, [place.id for place in places[run]]),
        before=places[run.start - 1].id if run.start else None,
        behind=places[run.stop].id if run.stop < len(places) else None,
    )


def _find(places: Sequence[Place], message_id: str) -> int | None:
    return next((at for at, place in enumerate(places) if place.id == message_id), None)


def _on(places: Sequence[Place], start: int, *, share: int = 1) -> int:
    """Where a window from `start` on ends."""
    return start + _fitting([place.length for place in places[start:]], share)


def _back(places: Sequence[Place], end: int, *, share: int = 1) -> int:
    """Where a window up to `end` begins."""
    return end - _fitting([place.length for place in reversed(places[:end])], share)


def _fitting(lengths: Sequence[int], share: int) -> int:
    """How many of these fit into a share of a window; the first always does."""
    size = 0
    for count, length in enumerate(lengths[: MESSAGES // share]):
        size += length
        if count and size > CHARACTERS // share:
            return count
    return min(len(lengths), MESSAGES // share)
