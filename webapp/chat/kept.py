"""The rules for what a person keeps under a name, and may share with the team."""

from __future__ import annotations

import hashlib
import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import Field, asdict
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from webapp.clock import Clock
from webapp.errors import ChangedElsewhere, NameTaken, NotFound, TextTooLong, TooManyPrompts
from webapp.store.database import Database
from webapp.store.kept import Kept
from webapp.store.text import storable

NAME_LIMIT = 80
MOST = 500
"""Templates of one person, and their presets; and how many of the team's are listed."""


class Owned(Protocol):
    @property
    def id(self) -> str: ...
    @property
    def owner_id(self) -> str: ...
    @property
    def name(self) -> str: ...


class Written(Protocol):
    """What was written into a form: a dataclass, whose fields are columns of the table."""

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]

    @property
    def name(self) -> str: ...


Thing = TypeVar("Thing", bound=Owned)
Draft = TypeVar("Draft", bound=Written)


class Keeper(ABC, Generic[Thing, Draft]):
    """Keeps things of one kind. Each call names its user; what they may not see is not found."""

    def __init__(
        self,
        store: Kept[Thing],
        *,
        version: Callable[[Thing | Draft], str],
        database: Database,
        clock: Clock,
    ) -> None:
        """`version` names what a form shows, so that a command can say what its sender saw."""
        self._store = store
        self._version = version
        self._database = database
        self._clock = clock

    @abstractmethod
    def _checked(self, draft: Draft) -> Draft:
        """Make what was written storable. Raises a `Refused` where it cannot be kept."""

    def visible(self, user_id: str, *, limit: int = 2 * MOST) -> Sequence[Thing]:
        """List one's own and the team's, with the beginnings of their texts."""
        with self._database.reading() as connection:
            return self._store.visible(connection, user_id, limit=limit)

    def find(self, user_id: str, thing_id: str) -> Thing:
        with self._database.reading() as connection:
            found = self._store.find(connection, user_id, thing_id)
        if found is None:
            raise NotFound
        return found

    def add(self, user_id: str, draft: Draft) -> None:
        """Keep a new one. The same once more, as a double click sends it, is kept once."""
        draft = self._checked(draft)
        with self._database.writing() as connection:
            namesake = self._store.named(connection, user_id, draft.name)
            if namesake is not None and self._version(namesake) == self._version(draft):
                return
            if namesake is not None:
                raise NameTaken(name=draft.name)
            if self._store.count(connection, user_id) >= MOST:
                raise TooManyPrompts(limit=MOST)
            self._store.add(connection, user_id, asdict(draft), now=self._clock.now())

    def change(self, user_id: str, thing_id: str, draft: Draft, *, seen: str) -> None:
        """Change one's own, if it still is the version that the person saw."""
        draft = self._checked(draft)
        with self._database.writing() as connection:
            there = self._store.find(connection, user_id, thing_id)
            if there is None or there.owner_id != user_id:
                raise NotFound
            if self._version(there) not in {seen, self._version(draft)}:
                raise ChangedElsewhere(name=there.name)
            namesake = self._store.named(connection, user_id, draft.name)
            if namesake is not None and namesake.id != thing_id:
                raise NameTaken(name=draft.name)
            self._store.change(connection, user_id, thing_id, asdict(draft))

    def remove(self, user_id: str, thing_id: str, *, seen: str) -> None:
        """Delete one's own, if it still is the version that the person saw."""
        with self._database.writing() as connection:
            there = self._store.find(connection, user_id, thing_id)
            if there is None or there.owner_id != user_id:
                raise NotFound
            if self._version(there) != seen:
                raise ChangedElsewhere(name=there.name)
            self._store.remove(connection, user_id, thing_id)


def digest(*fields: str | bool) -> str:
    return hashlib.sha256(json.dumps(fields).encode()).hexdigest()[:32]


def clean_text(text: str, *, limit: int) -> str:
    """Make a text storable, with line breaks of one kind. Raises `TextTooLong`."""
    plain = storable(text.replace("\r\n", "\n").replace("\r", "\n"))
    if len(plain) > limit:
        raise TextTooLong(length=len(plain), limit=limit)
    return plain
