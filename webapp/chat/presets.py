"""Presets: a model and what it is told first, kept under a name to begin new chats with."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from webapp.chat.asking import INSTRUCTIONS_LIMIT
from webapp.chat.finding import find_conversation
from webapp.chat.names import name_of
from webapp.chat.prompts import MOST, NAME_LIMIT, clean_text, digest
from webapp.clock import Clock
from webapp.errors import ChangedElsewhere, NameTaken, NotFound, TooManyPrompts, UnknownModel
from webapp.store import instructions, messages, presets
from webapp.store.database import Database
from webapp.store.presets import Preset


@dataclass(frozen=True, slots=True)
class PresetDraft:
    """What a person wrote into the form of a preset. No system text means the default one."""

    name: str
    model: str
    system_text: str
    shared: bool


class Presets:
    """Keeps presets. Each call names its user; what they may not see is not found."""

    def __init__(self, *, database: Database, clock: Clock, models: Collection[str]) -> None:
        self._database = database
        self._clock = clock
        self._models = frozenset(models)

    def visible(self, user_id: str, *, limit: int = 2 * MOST) -> Sequence[Preset]:
        """List one's own presets and the team's, with the beginnings of their texts."""
        with self._database.reading() as connection:
            return presets.visible(connection, user_id, limit=limit)

    def find(self, user_id: str, preset_id: str) -> Preset:
        with self._database.reading() as connection:
            preset = presets.find(connection, user_id, preset_id)
        if preset is None:
            raise NotFound
        return preset

    def like(self, user_id: str, conversation_id: str) -> PresetDraft:
        """Draft a preset from a conversation: what answered last, and what it was told first."""
        with self._database.reading() as connection:
            conversation = find_conversation(connection, user_id, conversation_id)
            text = instructions.find(connection, user_id, conversation_id)
            head = conversation.head_id and messages.find(connection, user_id, conversation.head_id)
        return PresetDraft("", (head and head.model) or "", text or "", shared=False)

    def add(self, user_id: str, draft: PresetDraft) -> None:
        """Keep a new preset. The same once more, as a double click sends it, is kept once."""
        draft = self._checked(draft)
        with self._database.writing() as connection:
            namesake = presets.named(connection, user_id, draft.name)
            if namesake is not None and version_of(namesake) == version_of(draft):
                return
            if namesake is not None:
                raise NameTaken(name=draft.name)
            if presets.count(connection, user_id) >= MOST:
                raise TooManyPrompts(limit=MOST)
            presets.add(
                connection,
                user_id,
                name=draft.name,
                model=draft.model,
                system_text=draft.system_text,
                shared=draft.shared,
                now=self._clock.now(),
            )

    def change(self, user_id: str, preset_id: str, draft: PresetDraft, *, seen: str) -> None:
        """Change one's own preset, if it still is the version that the person saw."""
        draft = self._checked(draft)
        with self._database.writing() as connection:
            preset = presets.find(connection, user_id, preset_id)
            if preset is None or preset.owner_id != user_id:
                raise NotFound
            if version_of(preset) not in {seen, version_of(draft)}:
                raise ChangedElsewhere(name=preset.name)
            namesake = presets.named(connection, user_id, draft.name)
            if namesake is not None and namesake.id != preset_id:
                raise NameTaken(name=draft.name)
            presets.change(
                connection,
                user_id,
                preset_id,
                name=draft.name,
                model=draft.model,
                system_text=draft.system_text,
                shared=draft.shared,
            )

    def remove(self, user_id: str, preset_id: str, *, seen: str) -> None:
        """Delete one's own preset, if it still is the version that the person saw."""
        with self._database.writing() as connection:
            preset = presets.find(connection, user_id, preset_id)
            if preset is None or preset.owner_id != user_id:
                raise NotFound
            if version_of(preset) != seen:
                raise ChangedElsewhere(name=preset.name)
            presets.remove(connection, user_id, preset_id)

    def _checked(self, draft: PresetDraft) -> PresetDraft:
        if draft.model not in self._models:
            raise UnknownModel
        system_text = clean_text(draft.system_text, limit=INSTRUCTIONS_LIMIT)
        return PresetDraft(name_of(draft.name, NAME_LIMIT), draft.model, system_text, draft.shared)


def version_of(preset: Preset | PresetDraft) -> str:
    """Name what a form shows, so that a command can say what its sender saw."""
    return digest(preset.name, preset.model, preset.system_text, preset.shared)
