"""The catalogue: who can be asked and what of theirs is offered, as it is at this moment."""

from __future__ import annotations

import logging
import math
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from webapp.chat.models_watch import ModelsWatch
from webapp.clock import Clock
from webapp.errors import AuthCodeRefused, ConfigurationError, CreditUsedUp, LiaochatError
from webapp.providers.base import AuthCode, Listed, Model, Provider
from webapp.providers.guarded import Guarded, ListingProvider
from webapp.providers.models_file import ModelsFile, ProviderEntry, read_models_file
from webapp.providers.offer import Offer, merge
from webapp.rounds import Rounds
from webapp.store import offers
from webapp.store.database import Database

_LOOK_EVERY = 1.0
_LIST_EVERY = 3600.0
_AFTER_FAILURE = 60.0
_AT_MOST_EVERY = 10.0
_PRIVATE = "ft:"
"""How the ids begin of models that an account of OpenAI had tuned for itself."""

_logger = logging.getLogger(__name__)

Make = Callable[[ProviderEntry], ListingProvider]


@dataclass(slots=True, eq=False)
class _Door:
    """A server of the file, what it lists, and when it is asked for that next."""

    guarded: Guarded
    listed: Sequence[Listed]
    asked_at: float = -math.inf
    next_at: float = -math.inf
    listing: bool = False
    trouble: LiaochatError | None = None

    @property
    def entry(self) -> ProviderEntry:
        return self.guarded.entry


@dataclass(frozen=True, slots=True)
class Trouble:
    """What keeps the catalogue from being what the owner wants. `whose` is empty for the file."""

    whose: str
    error: LiaochatError


class Catalogue(Rounds):
    """Offers the models of this machine, of the models file, and those that its servers list.

    It reads the file again when that changes, and asks the servers on threads of their own,
    so that nobody ever waits for it. What it offers is one value that is replaced as a whole.
    """

    def __init__(
        self,
        find_file: Callable[[], Path],
        *,
        built_in: Iterable[Provider],
        local: Iterable[Model] = (),
        make: Make,
        database: Database,
        clock: Clock,
        team_key: Callable[[ProviderEntry], AuthCode | None] = lambda _: None,
        read: Callable[[Path], ModelsFile] = read_models_file,
    ) -> None:
        """Read the file; raise `ConfigurationError` where it is wrong.

        `make` gives a provider for an entry, and raises `ConfigurationError` as well. A server
        that wants the team's key is asked for its list with what `team_key` finds.
        """
        super().__init__("catalogue", after_failure=_AFTER_FAILURE)
        self._local = tuple(local)
        self._make = make
        self._database = database
        self._clock = clock
        self._team_key = team_key
        self._watch = ModelsWatch(find_file, read)
        self._lock = threading.Lock()  # guards the doors, and making an offer of them
        self._doors: dict[str, _Door] = {}
        self._keeping = threading.Lock()  # so that nothing is written once it is closed
        self._closed = False
        self._trouble: ConfigurationError | None = None
        self.providers: dict[str, Provider] = {one.name: one for one in built_in}
        """Who answers, by the name in `Model.provider`. It changes with the file."""
        self._file: ModelsFile
        self.offer: Offer
        self._take(self._watch.read())

    def known(self, key: str) -> Model | None:
        """Find a model, whether it is offered or not."""
        return self.offer.known.get(key)

    def entry(self, provider: str) -> ProviderEntry | None:
        """Find a server of the file."""
        door = self._doors.get(provider)
        return None if door is None else door.entry

    @property
    def entries(self) -> Sequence[ProviderEntry]:
        """The servers of the file, in its order."""
        return self._file.providers

    def title(self, provider: str) -> str:
        found = self.providers.get(provider)
        return provider if found is None else found.title

    @property
    def listing(self) -> frozenset[str]:
        """The providers that say themselves what they offer."""
        return frozenset(one.id for one in self._file.providers if one.lists)

    def troubles(self) -> Sequence[Trouble]:
        """Tell what the owner should see to: the file, and servers that give no list."""
        found = [] if self._trouble is None else [Trouble("", self._trouble)]
        with self._lock:
            doors = list(self._doors.values())
        return found + [Trouble(one.guarded.title, one.trouble) for one in doors if one.trouble]

    def list_with(self, provider: str, key: AuthCode, *, now: bool = False) -> None:
        """Ask a server for its list with somebody's key, if it is time or it shall be `now`.

        Does not wait. The key is kept for as long as that takes.
        """
        door = self._doors.get(provider)
        if door is not None and door.entry.lists:
            self._list(door, key, hurry=now)

    def list_anew(self, provider: str) -> None:
        """Ask a server again, with the team's key as it is now."""
        door = self._doors.get(provider)
        if door is not None:
            door.next_at = -math.inf
            self.look()

    def close(self, timeout: float) -> None:
        """End the rounds and all providers. A list that comes later comes to nobody."""
        super().close(timeout)
        with self._keeping:
            self._closed = True
        for provider in list(self.providers.values()):
            provider.close()

    def _go_round(self) -> float:
        try:
            if (file := self._watch.look()) is not None:
                self._take(file)
                self._trouble = None
                _logger.info("the models file %s was read again", file.path)
        except ConfigurationError as error:
            self._trouble = error
            _logger.warning("%s What it said before still holds.", error)
        for door in list(self._doors.values()):
            self._list_if_due(door)
        return _LOOK_EVERY

    def _take(self, file: ModelsFile) -> None:
        """Put a file into force as a whole, or raise and leave all as it is."""
        doors = {entry.id: self._door(entry) for entry in file.providers}
        with self._lock:
            before, self._doors, self._file = self._doors, doors, file
            for name in before.keys() - doors.keys():
                del self.providers[name]
            self.providers.update({name: door.guarded for name, door in doors.items()})
            self._merge()
        for name, door in before.items():
            if doors.get(name) is not door:
                door.guarded.close()  # what it answers just now it answers to the end

    def _door(self, entry: ProviderEntry) -> _Door:
        """Keep the door of an entry that has not changed; else make one."""
        before = self._doors.get(entry.id)
        if before is not None and before.entry == entry:
            return before
        guarded = Guarded(entry, self._make(entry))
        if not entry.lists:
            return _Door(guarded, ())
        with self._database.reading() as connection:
            known = offers.listed(connection, entry.id, entry.hosts)
        return _Door(guarded, [Listed(model_id, name) for model_id, name in known])

    def _merge(self) -> None:
        listed = {name: door.listed for name, door in self._doors.items()}
        self.offer = merge(self._local, self._file, listed)

    def _list_if_due(self, door: _Door) -> None:
        if not door.entry.lists or door.entry.key == "session":
            return  # each person's own key is here only when they are
        key = self._team_key(door.entry) if door.entry.key == "team" else None
        if key is not None or door.entry.key != "team":
            self._list(door, key)

    def _list(self, door: _Door, key: AuthCode | None, *, hurry: bool = False) -> None:
        now = self._clock.monotonic()
        with self._lock:
            due = door.asked_at + _AT_MOST_EVERY if hurry else door.next_at
            if door.listing or now < due:
                return
            door.listing, door.asked_at = True, now
        name = f"list-{door.entry.id}"
        threading.Thread(target=self._ask, args=(door, key), name=name, daemon=True).start()

    def _ask(self, door: _Door, key: AuthCode | None) -> None:
        listed: Sequence[Listed] | None = None
        trouble: LiaochatError | None = None
        try:
            listed = door.guarded.models(key)
        except LiaochatError as error:
            trouble = error
        except Exception:
            _logger.exception("a list of models failed in a way it should not")
        if door.entry.key == "session":
            listed, trouble = _for_everybody(listed, trouble)
        with self._lock:
            door.listing = False
            door.next_at = self._clock.monotonic() + (
                _AFTER_FAILURE if listed is None else _LIST_EVERY
            )
            if self._doors.get(door.entry.id) is not door:
                return
            told, door.trouble = door.trouble, trouble
            changed = listed is not None and list(listed) != list(door.listed)
            if listed is not None and changed:
                door.listed = listed
                self._merge()
        if trouble is not None and str(trouble) != str(told):
            _logger.warning("%s gave no list of its models: %s", door.entry.id, trouble)
        if listed is not None and changed:
            self._keep(door.entry, listed)

    def _keep(self, entry: ProviderEntry, listed: Sequence[Listed]) -> None:
        """Remember the list for the next start."""
        kept = [(one.id, one.name) for one in listed]
        with self._keeping:
            if self._closed:
                return
            try:
                with self._database.writing() as connection:
                    offers.keep_listed(
                        connection, entry.id, entry.hosts, kept, now=self._clock.now()
                    )
            except LiaochatError as error:
                _logger.warning("the list of %s was not kept: %s", entry.id, error)


def _for_everybody(
    listed: Sequence[Listed] | None, trouble: LiaochatError | None
) -> tuple[Sequence[Listed] | None, LiaochatError | None]:
    """Keep to one person what a server told them alone: their own models, and of their key."""
    if listed is not None:
        listed = [one for one in listed if not one.id.startswith(_PRIVATE)]
    theirs = isinstance(trouble, AuthCodeRefused | CreditUsedUp)
    return listed, None if theirs else trouble
