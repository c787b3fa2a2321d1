"""The names under which templates of a file come in, beside those that a person has."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection

from webapp.chat.importing import fields
from webapp.chat.importing.shape import ImportedPrompt
from webapp.chat.kept import MOST, NAME_LIMIT
from webapp.store import prompts


class Templates:
    """What a person's templates are called, and digests of their texts, read once.

    A file may hold any number of templates of one name, and each would be looked for under
    hundreds of names while other writers wait.
    """

    def __init__(self, connection: Connection, owner_id: str) -> None:
        texts = prompts.texts_of(connection, owner_id)
        self._digests = {name: fields.digest(text) for name, text in texts}
        self._texts = set(self._digests.values())
        self._known: set[tuple[str, str]] = set()

    @property
    def full(self) -> bool:
        return len(self._digests) >= MOST

    def has(self, prompt: ImportedPrompt) -> bool:
        """Tell whether the same template is there, under its name or one that was made of it."""
        mine = fields.digest(prompt.text)
        if mine not in self._texts:
            return False
        if (prompt.name, mine) in self._known:
            return True
        found = any(self._digests.get(name) == mine for name in self._names(prompt))
        if found:
            self._known.add((prompt.name, mine))
        return found

    def free_name(self, prompt: ImportedPrompt) -> str:
        *_, name = self._names(prompt)
        return name

    def take(self, name: str, prompt: ImportedPrompt) -> None:
        """Keep in mind what was added."""
        self._digests[name] = fields.digest(prompt.text)
        self._texts.add(self._digests[name])

    def _names(self, prompt: ImportedPrompt) -> Iterator[str]:
        """Give the names to look under, in their order; the last one is free."""
        name, number = prompt.name, 1
        yield name
        while name in self._digests:
            number += 1
            ending = f" ({number})"
            name = prompt.name[: NAME_LIMIT - len(ending)] + ending
            yield name
