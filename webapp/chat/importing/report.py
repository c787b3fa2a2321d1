"""What is in a file, and what became of it: counted, and bounded whatever the file is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, TypeVar

from webapp.chat.importing.shape import (
    Format,
    ImportedConversation,
    ImportedFolder,
    ImportedPreset,
    ImportedPrompt,
    Omission,
    Unreadable,
)
from webapp.errors import Failure

_T = TypeVar("_T")

NAMED = 50
"""How many titles of each kind are named; the others are counted."""


@dataclass(slots=True)
class Report:
    """Of one reading of a file. Kept as JSON beside the import.

    `here` are conversations that are there already, `kept_here` what else is; `unreadable` is
    what cannot be taken in, `changes` what was left out of the others or mended in them.
    `made` are ids.
    """

    name: str = ""
    format: Format | None = None
    conversations: int = 0
    messages: int = 0
    prompts: int = 0
    presets: int = 0
    folders: int = 0
    titles: list[str] = field(default_factory=list)
    here: int = 0
    kept_here: int = 0
    here_titles: list[str] = field(default_factory=list)
    unreadable: dict[str, int] = field(default_factory=dict)
    unreadable_titles: list[tuple[str, str]] = field(default_factory=list)
    changes: dict[str, int] = field(default_factory=dict)
    made_folders: list[str] = field(default_factory=list)
    made_prompts: list[str] = field(default_factory=list)
    made_presets: list[str] = field(default_factory=list)
    failure: dict[str, Any] | None = None

    @property
    def entries(self) -> int:
        """How much was found in all."""
        kept = self.prompts + self.presets + self.folders + self.kept_here
        return self.conversations + self.here + kept + sum(self.unreadable.values())

    def take(self, conversation: ImportedConversation) -> None:
        self.conversations += 1
        self.messages += len(conversation.messages)
        _name(self.titles, conversation.title)
        for one in conversation.left_out:
            self.change(one)

    def change(self, one: Omission) -> None:
        self.changes[one.reason] = self.changes.get(one.reason, 0) + one.count

    def pass_over(self, conversation: ImportedConversation) -> None:
        self.here += 1
        _name(self.here_titles, conversation.title)

    def refuse(self, one: Unreadable) -> None:
        self.unreadable[one.reason] = self.unreadable.get(one.reason, 0) + 1
        _name(self.unreadable_titles, (one.title, one.reason))

    def keep(self, thing: ImportedPrompt | ImportedPreset | ImportedFolder) -> None:
        match thing:
            case ImportedPrompt():
                self.prompts += 1
            case ImportedPreset():
                self.presets += 1
            case ImportedFolder():
                self.folders += 1

    def fail(self, failure: Failure) -> None:
        self.failure = {"code": failure.code, "values": dict(failure.values)}

    def dump(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def load(cls, stored: Mapping[str, Any]) -> Report:
        return cls(**stored)


def _name(names: list[_T], name: _T) -> None:
    if len(names) < NAMED:
        names.append(name)
