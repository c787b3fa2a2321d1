"""Prompt templates: one's own, and those that others share."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, select

from webapp.store.kept import Kept
from webapp.store.tables import prompts


@dataclass(frozen=True, slots=True)
class Prompt:
    """A template. `text` is whole where one was asked for, and its beginning in a list."""

    id: str
    owner_id: str
    owner: str
    name: str
    text: str
    shared: bool


PROMPTS = Kept(prompts, Prompt, text="text")


def texts_of(connection: Connection, owner_id: str) -> Iterator[tuple[str, str]]:
    """Give one's own templates, each a name and a whole text: they can be large together."""
    rows = connection.execute(
        select(prompts.c.name, prompts.c.text).where(prompts.c.owner_id == owner_id)
    )
    yield from ((row.name, row.text) for row in rows)
