"""Prompt templates: texts that a person or their team keeps, to be inserted into messages."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

from webapp.chat.names import name_of
from webapp.chat.variables import variables
from webapp.clock import Clock
from webapp.errors import (
    ChangedElsewhere,
    EmptyPrompt,
    NameTaken,
    NotFound,
    TextTooLong,
    TooManyPrompts,
    TooManyVariables,
)
from webapp.store import prompts
from webapp.store.database import Database
from webapp.store.prompts import Prompt
from webapp.store.text import storable

NAME_LIMIT = 80
TEXT_LIMIT = 100_000
"""Characters of a template's text."""

MOST = 500
"""Templates of one person, and their presets; and how many of the team's are listed."""

MOST_VARIABLES = 50
OFFERED = 20
"""How many templates the menu of the composer holds."""


@dataclass(frozen=True, slots=True)
class PromptDraft:
    """What a person wrote into the form of a template."""

    name: str
    text: str
    shared: bool


class Prompts:
    """Keeps templates. Each call names its user; what they may not see is not found."""

    def __init__(self, *, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def visible(self, user_id: str) -> Sequence[Prompt]:
        """List one's own templates and the team's, with the beginnings of their texts."""
        with self._database.reading() as connection:
            return prompts.visible(connection, user_id, limit=2 * MOST)

    def offered(self, user_id: str, words: str) -> Sequence[Prompt]:
        """List what the menu offers for the words after the slash, the best first."""
        return matching(self.visible(user_id), words, user_id=user_id)[:OFFERED]

    def find(self, user_id: str, prompt_id: str) -> Prompt:
        with self._database.reading() as connection:
            prompt = prompts.find(connection, user_id, prompt_id)
        if prompt is None:
            raise NotFound
        return prompt

    def add(self, user_id: str, draft: PromptDraft) -> None:
        """Keep a new template. The same once more, as a double click sends it, is kept once."""
        draft = _checked(draft)
        with self._database.writing() as connection:
            namesake = prompts.named(connection, user_id, draft.name)
            if namesake is not None and version_of(namesake) == version_of(draft):
                return
            if namesake is not None:
                raise NameTaken(name=draft.name)
            if prompts.count(connection, user_id) >= MOST:
                raise TooManyPrompts(limit=MOST)
            prompts.add(
                connection,
                user_id,
                name=draft.name,
                text=draft.text,
                shared=draft.shared,
                now=self._clock.now(),
            )

    def change(self, user_id: str, prompt_id: str, draft: PromptDraft, *, seen: str) -> None:
        """Change one's own template, if it still is the version that the person saw."""
        draft = _checked(draft)
        with self._database.writing() as connection:
            prompt = prompts.find(connection, user_id, prompt_id)
            if prompt is None or prompt.owner_id != user_id:
                raise NotFound
            if version_of(prompt) not in {seen, version_of(draft)}:
                raise ChangedElsewhere(name=prompt.name)
            namesake = prompts.named(connection, user_id, draft.name)
            if namesake is not None and namesake.id != prompt_id:
                raise NameTaken(name=draft.name)
            prompts.change(
                connection,
                user_id,
                prompt_id,
                name=draft.name,
                text=draft.text,
                shared=draft.shared,
            )

    def remove(self, user_id: str, prompt_id: str, *, seen: str) -> None:
        """Delete one's own template, if it still is the version that the person saw."""
        with self._database.writing() as connection:
            prompt = prompts.find(connection, user_id, prompt_id)
            if prompt is None or prompt.owner_id != user_id:
                raise NotFound
            if version_of(prompt) != seen:
                raise ChangedElsewhere(name=prompt.name)
            prompts.remove(connection, user_id, prompt_id)


def matching(all_: Sequence[Prompt], words: str, *, user_id: str) -> Sequence[Prompt]:
    """Pick the templates whose names hold the words: one's own before the team's.

    Among those a name that begins so comes before one in which a word does, and that
    before one that has it anywhere; else they keep their order.
    """
    sought = " ".join(words.casefold().split())
    found: list[tuple[bool, int, Prompt]] = []
    for prompt in all_:
        name = prompt.name.casefold()
        if sought not in name:
            continue
        rank = 0 if name.startswith(sought) else 1 if f" {sought}" in name else 2
        found.append((prompt.owner_id != user_id, rank, prompt))
    return [prompt for _, _, prompt in sorted(found, key=lambda one: one[:2])]


def version_of(prompt: Prompt | PromptDraft) -> str:
    """Name what a form shows, so that a command can say what its sender saw."""
    return digest(prompt.name, prompt.text, prompt.shared)


def digest(*fields: str | bool) -> str:
    return hashlib.sha256(json.dumps(fields).encode()).hexdigest()[:32]


def clean_text(text: str, *, limit: int = TEXT_LIMIT) -> str:
    """Make a text storable, with line breaks of one kind. Raises `TextTooLong`."""
    plain = storable(text.replace("\r\n", "\n").replace("\r", "\n"))
    if len(plain) > limit:
        raise TextTooLong(length=len(plain), limit=limit)
    return plain


def _checked(draft: PromptDraft) -> PromptDraft:
    name, text = name_of(draft.name, NAME_LIMIT), clean_text(draft.text)
    if not text.strip():
        raise EmptyPrompt
    count = len(variables(text))
    if count > MOST_VARIABLES:
        raise TooManyVariables(count=count, limit=MOST_VARIABLES)
    return PromptDraft(name, text, draft.shared)
