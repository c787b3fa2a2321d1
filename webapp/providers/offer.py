"""What is offered: what the models file says, and what the servers in it list. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from webapp.providers.base import Listed, Model
from webapp.providers.models_file import PACKAGED, ModelsFile, ProviderEntry

LISTED_LIMIT = 200
"""Of one server so many models are offered that are not named in the file."""

_LONGEST_KEY = 200

Origin = Literal["local", "file", "packaged", "listed"]
"""Who says that there is a model: this machine, a file, or the server itself."""


@dataclass(frozen=True, slots=True)
class Line:
    """One model of the merged list. `beyond`: its server lists more than are offered."""

    model: Model
    origin: Origin
    hidden: bool = False
    beyond: bool = False

    @property
    def offered(self) -> bool:
        return not self.hidden and not self.beyond


@dataclass(frozen=True, slots=True)
class Offer:
    """The merged list, in the order of the menu."""

    lines: tuple[Line, ...]
    models: Mapping[str, Model] = field(default_factory=dict)
    """Those that are offered, by their keys."""
    known: Mapping[str, Model] = field(default_factory=dict)
    """All of them, likewise."""
    beyond: Mapping[str, int] = field(default_factory=dict)
    """How many models a provider lists that are not offered, because they are too many."""


def merge(
    local: Iterable[Model], file: ModelsFile, listed: Mapping[str, Sequence[Listed]]
) -> Offer:
    """Put the models together: this machine's, the file's, then those that are only listed.

    What the file says of a model holds, whatever its server says of it.
    """
    lines = [Line(model, "local") for model in local]
    origin: Origin = "packaged" if file.path == PACKAGED else "file"
    lines += [Line(one, origin, hidden=one.key in file.hidden) for one in file.models]
    known = {line.model.key for line in lines}
    beyond = {}
    for provider in file.providers:
        only_listed = list(_only_listed(provider, listed.get(provider.id, ()), known))
        lines += only_listed
        if left := sum(line.beyond for line in only_listed):
            beyond[provider.id] = left
    models = {line.model.key: line.model for line in lines if line.offered}
    return Offer(tuple(lines), models, {line.model.key: line.model for line in lines}, beyond)


def _only_listed(
    provider: ProviderEntry, listed: Sequence[Listed], known: set[str]
) -> Iterator[Line]:
    count = 0
    for one in listed:
        model = Model(provider.id, one.id, one.name, needs_auth_code=provider.needs_key)
        if model.key not in known and len(model.key) <= _LONGEST_KEY:
            yield Line(model, "listed", beyond=count >= LISTED_LIMIT)
            count += 1
