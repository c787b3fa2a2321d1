"""What a person has beside conversations: templates, presets, and folders."""

from __future__ import annotations

from sqlalchemy import Connection

from webapp.chat.importing.shape import ImportedFolder, ImportedPreset, ImportedPrompt
from webapp.chat.importing.taken import Taken
from webapp.store import folders
from webapp.store.presets import PRESETS
from webapp.store.prompts import PROMPTS


class Shelf:
    """What there was when it was read: a look at a file says what of it is new."""

    def __init__(self, connection: Connection, owner_id: str) -> None:
        self._prompts = Taken(PROMPTS.own(connection, owner_id))
        self._presets = Taken(PRESETS.own(connection, owner_id))
        self._folders = {one.name.casefold() for one in folders.all_of(connection, owner_id)}

    def has(self, thing: ImportedPrompt | ImportedPreset | ImportedFolder) -> bool:
        match thing:
            case ImportedPrompt():
                return self._prompts.has(thing)
            case ImportedPreset():
                return self._presets.has(thing)
            case ImportedFolder():
                return thing.name.casefold() in self._folders
