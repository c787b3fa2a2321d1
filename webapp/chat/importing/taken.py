"""The names under which templates and presets of a file come in, beside those that are there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from webapp.chat.importing.shape import ImportedPreset, ImportedPrompt
from webapp.chat.kept import MOST, NAME_LIMIT
from webapp.store.presets import Preset
from webapp.store.prompts import Prompt

Thing = ImportedPrompt | ImportedPreset


class Taken:
    """What a person's templates, or presets, are called, and digests of them, read once.

    A file may hold any number of one name, and each would be looked for under hundreds of
    names while other writers wait.
    """

    def __init__(self, things: Iterable[Prompt | Preset]) -> None:
        self._digests = {thing.name: _as_imported(thing).digest for thing in things}
        self._all = set(self._digests.values())
        self._known: set[tuple[str, str]] = set()

    @property
    def full(self) -> bool:
        return len(self._digests) >= MOST

    def has(self, thing: Thing) -> bool:
        """Tell whether the same one is there, under its name or one that was made of it."""
        mine = thing.digest
        if mine not in self._all:
            return False
        if (thing.name, mine) in self._known:
            return True
        found = any(self._digests.get(name) == mine for name in self._names(thing))
        if found:
            self._known.add((thing.name, mine))
        return found

    def free_name(self, thing: Thing) -> str:
        *_, name = self._names(thing)
        return name

    def take(self, name: str, thing: Thing) -> None:
        """Keep in mind what was added."""
        self._digests[name] = thing.digest
        self._all.add(thing.digest)

    def _names(self, thing: Thing) -> Iterator[str]:
        """Give the names to look under, in their order; the last one is free."""
        name, number = thing.name, 1
        yield name
        while name in self._digests:
            number += 1
            ending = f" ({number})"
            name = thing.name[: NAME_LIMIT - len(ending)] + ending
            yield name


def _as_imported(thing: Prompt | Preset) -> Thing:
    if isinstance(thing, Prompt):
        return ImportedPrompt(thing.name, thing.text)
    return ImportedPreset(thing.name, thing.model, thing.system_text)
