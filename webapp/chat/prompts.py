"""Prompt templates: texts that a person or their team keeps, to be inserted into messages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from webapp.chat.kept import NAME_LIMIT, Keeper, clean_text, digest
from webapp.chat.names import name_of
from webapp.chat.variables import variables
from webapp.clock import Clock
from webapp.errors import EmptyPrompt, TooManyVariables
from webapp.store.database import Database
from webapp.store.prompts import PROMPTS, Prompt

TEXT_LIMIT = 100_000
"""Characters of a template's text."""

MOST_VARIABLES = 50
OFFERED = 20
"""How many templates the menu of the composer holds."""


@dataclass(frozen=True, slots=True)
class PromptDraft:
    """What a person wrote into the form of a template."""

    name: str
    text: str
    shared: bool


class Prompts(Keeper[Prompt, PromptDraft]):
    """Keeps templates."""

    def __init__(self, *, database: Database, clock: Clock) -> None:
        super().__init__(PROMPTS, version=version_of, database=database, clock=clock)

    def offered(self, user_id: str, words: str) -> Sequence[Prompt]:
        """List what the menu offers for the words after the slash, the best first."""
        return matching(self.visible(user_id), words, user_id=user_id)[:OFFERED]

    def _checked(self, draft: PromptDraft) -> PromptDraft:
        name = name_of(draft.name, NAME_LIMIT)
        text = clean_text(draft.text, limit=TEXT_LIMIT)
        if not text.strip():
            raise EmptyPrompt
        count = len(variables(text))
        if count > MOST_VARIABLES:
            raise TooManyVariables(count=count, limit=MOST_VARIABLES)
        return PromptDraft(name, text, draft.shared)


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
