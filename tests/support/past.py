"""Conversations that were held before the test: written into a server's database."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass

from tests.support.server import Address
from webapp.clock import SystemClock
from webapp.store import conversations, messages, users
from webapp.store.database import Database

MODEL = "liaobots/gpt-4"


@dataclass(frozen=True)
class Past:
    """A conversation of the owner's: its id, and those of its messages in their order."""

    id: str
    messages: Sequence[str]


def held(
    server: Address,
    texts: Sequence[str],
    *,
    title: str = "Long ago",
    owner_id: str | None = None,
) -> Past:
    """Write a conversation, questions and answers by turns: the owner's, or another user's."""
    ids: list[str] = []
    now = SystemClock().now()
    database = Database(server.data_dir / "liaochat.db")
    with closing(database), database.writing() as connection:
        owner_id = owner_id or users.ensure_owner(connection, now=now).id
        new = conversations.create(connection, owner_id, title=title, now=now)
        for at, text in enumerate(texts):
            ids.append(
                messages.add(
                    connection,
                    owner_id,
                    new.id,
                    parent_id=ids[-1] if ids else None,
                    role="assistant" if at % 2 else "user",
                    state="complete",
                    text=text,
                    model=MODEL if at % 2 else None,
                    now=now,
                ).id
            )
    return Past(new.id, ids)
