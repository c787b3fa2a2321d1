"""What the owner chooses while the server runs, and who says what each setting is.

The command line, the environment and the settings file are said by whoever hosts: what
they say is fixed, and the owner chooses among the rest. Without either a setting is its
default. What is chosen holds for whoever asks next: nothing else keeps a copy.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from typing import cast

from sqlalchemy import Connection

from webapp.clock import Clock
from webapp.config import PREFIX, Entry, Settings
from webapp.errors import BadCommand, ChoiceFixed
from webapp.store import choices
from webapp.store.database import Database

MOST_DAYS = 36500

OWNER = "owner"
"""The source of what was chosen on the page."""


def _switch(value: object) -> bool:
    return isinstance(value, bool)


def _names(value: object) -> bool:
    return isinstance(value, tuple) and all(isinstance(name, str) for name in value)


def _days(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MOST_DAYS


_CHOOSABLE: dict[str, Callable[[object], bool]] = {
    "public_sharing": _switch,
    "hidden_models": _names,
    "retention_days": _days,
}
"""The settings that can be chosen, and which values each takes."""


class Choices:
    """The choosable settings as they are at this moment. Any thread may ask."""

    def __init__(
        self, database: Database, clock: Clock, settings: Settings, entries: Iterable[Entry]
    ) -> None:
        self._database = database
        self._clock = clock
        self._settings = settings
        sources = {one.variable.removeprefix(PREFIX).lower(): one.source for one in entries}
        self._sources = {name: sources.get(name, "default") for name in _CHOOSABLE}
        self._turn = threading.Lock()
        with database.reading() as connection:
            self._chosen = {
                name: _as_setting(value)
                for name, value in choices.all_of(connection).items()
                if name in _CHOOSABLE and _CHOOSABLE[name](_as_setting(value))
            }

    @property
    def public_sharing(self) -> bool:
        return cast("bool", self._value("public_sharing"))

    @property
    def hidden_models(self) -> tuple[str, ...]:
        return cast("tuple[str, ...]", self._value("hidden_models"))

    @property
    def retention_days(self) -> int:
        return cast("int", self._value("retention_days"))

    def can_choose(self, name: str) -> bool:
        """Tell whether it is the owner who says this."""
        return self._sources.get(name) == "default"

    def source_of(self, name: str) -> str:
        """Tell who says what a choosable setting is.

        "environment", "command line", the path of a file, "owner" or "default".
        """
        return OWNER if name in self.chosen() else self._sources[name]

    def chosen(self) -> Mapping[str, object]:
        """Tell what the owner chose and holds."""
        return {name: value for name, value in self._chosen.items() if self.can_choose(name)}

    def choose(
        self, wanted: Mapping[str, object], record: Callable[[Connection, str], None]
    ) -> None:
        """Choose, and have what changed recorded by its name in the same transaction.

        Raises `ChoiceFixed` for what is said elsewhere; then nothing is chosen.
        """
        for name, value in wanted.items():
            if name not in _CHOOSABLE or not _CHOOSABLE[name](value):
                raise BadCommand
            if not self.can_choose(name):
                raise ChoiceFixed(setting=PREFIX + name.upper())
        # What is remembered must not fall behind what is kept, whoever else chooses now.
        with self._turn:
            changed = {name: value for name, value in wanted.items() if self._value(name) != value}
            with self._database.writing() as connection:
                for name, value in changed.items():
                    choices.keep(connection, name, value, now=self._clock.now())
                    record(connection, name)
            self._chosen = {**self._chosen, **changed}

    def _value(self, name: str) -> object:
        if self.can_choose(name) and name in self._chosen:
            return self._chosen[name]
        return getattr(self._settings, name)


def _as_setting(value: object) -> object:
    """Read a JSON value as the settings have it: lists are tuples there."""
    return tuple(value) if isinstance(value, list) else value
