"""What models are called, also those that answered and that nobody offers any more."""

from __future__ import annotations

from collections.abc import Callable

from webapp.providers.base import Model
from webapp.store import offers
from webapp.store.database import Database


class ModelNames:
    """Remembers the names of models that are asked: as many as were ever used here."""

    def __init__(self, database: Database, known: Callable[[str], Model | None]) -> None:
        """`known` finds a model that is in the catalogue now."""
        self._database = database
        self._known = known
        with database.reading() as connection:
            self._names = dict(offers.names(connection))

    def remember(self, model: Model) -> None:
        if self._names.get(model.key) != model.name:
            with self._database.writing() as connection:
                offers.keep_name(connection, model.key, model.name)
            self._names[model.key] = model.name

    def of(self, key: str) -> str:
        """Name a model: as it is called now, else as it was when it answered, else by its id."""
        model = self._known(key)
        return self._names.get(key, key.partition("/")[2]) if model is None else model.name
