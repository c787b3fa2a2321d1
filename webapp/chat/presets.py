"""Presets: a model and what it is told first, kept under a name to begin new chats with."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from webapp.chat.asking import INSTRUCTIONS_LIMIT
from webapp.chat.finding import find_conversation
from webapp.chat.kept import NAME_LIMIT, Keeper, clean_text, digest
from webapp.chat.names import name_of
from webapp.clock import Clock
from webapp.errors import UnknownModel
from webapp.store import instructions, messages
from webapp.store.database import Database
from webapp.store.presets import PRESETS, Preset


@dataclass(frozen=True, slots=True)
class PresetDraft:
    """What a person wrote into the form of a preset. No system text means the default one."""

    name: str
    model: str
    system_text: str
    shared: bool


class Presets(Keeper[Preset, PresetDraft]):
    """Keeps presets."""

    def __init__(
        self, *, database: Database, clock: Clock, models: Callable[[], Collection[str]]
    ) -> None:
        super().__init__(PRESETS, version=version_of, database=database, clock=clock)
        self._models = models

    def like(self, user_id: str, conversation_id: str) -> PresetDraft:
        """Draft a preset from a conversation: what answered last, and what it was told first."""
        with self._database.reading() as connection:
            conversation = find_conversation(connection, user_id, conversation_id)
            text = instructions.find(connection, user_id, conversation_id)
            head = conversation.head_id and messages.find(connection, user_id, conversation.head_id)
        return PresetDraft("", (head and head.model) or "", text or "", shared=False)

    def _checked(self, draft: PresetDraft) -> PresetDraft:
        if draft.model not in self._models():
            raise UnknownModel
        system_text = clean_text(draft.system_text, limit=INSTRUCTIONS_LIMIT)
        return PresetDraft(name_of(draft.name, NAME_LIMIT), draft.model, system_text, draft.shared)


def version_of(preset: Preset | PresetDraft) -> str:
    """Name what a form shows, so that a command can say what its sender saw."""
    return digest(preset.name, preset.model, preset.system_text, preset.shared)
