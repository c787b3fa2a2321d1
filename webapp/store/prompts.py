"""Prompt templates: one's own, and those that others share."""

from __future__ import annotations

from dataclasses import dataclass

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
