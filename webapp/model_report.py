"""`liaochat models`: all models, where each comes from, and what a provider says when asked."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from webapp.clock import SystemClock
from webapp.config import Entry, Settings
from webapp.doors import built_in, make_provider, models_file_of, reader
from webapp.errors import LiaochatError
from webapp.providers.base import AuthCode, Cancellation, Listed, Model, Provider, Question, Turn
from webapp.providers.failures import printable
from webapp.providers.local import Local, open_local
from webapp.providers.local_files import megabytes
from webapp.providers.models_file import (
    LIAOBOTS,
    LOCAL,
    ModelsFile,
    ProviderEntry,
)
from webapp.providers.offer import Line, Offer, merge
from webapp.store import offers
from webapp.store.database import Database
from webapp.store.schema import is_current
from webapp.store.vault import Vault
from webapp.team.choices import Choices
from webapp.team.keys import Keys
from webapp.team.team_code import TeamCode

_ORIGINS = {
    "local": "from this machine",
    "file": "from the file",
    "packaged": "from Liaochat's own file",
    "listed": "listed by the provider",
}
_WORD = 40


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of what was printed; `good` is None where nothing was looked at."""

    text: str
    good: bool | None = None


@dataclass(frozen=True, slots=True)
class _Remembered:
    """What the server knows: what the owner hides, what providers listed, the team's keys."""

    hidden: frozenset[str]
    listed: Mapping[str, Sequence[Listed]] = field(default_factory=dict)
    keys: Mapping[str, AuthCode] = field(default_factory=dict)


@dataclass(slots=True)
class _Known:
    """What is known of the providers, and what could not be."""

    file: ModelsFile
    offer: Offer
    providers: Mapping[str, Provider]
    hidden: frozenset[str]
    local: Local | None
    keys: Mapping[str, AuthCode]
    troubles: dict[str, str] = field(default_factory=dict)


def report(
    settings: Settings, entries: Sequence[Entry], environ: Mapping[str, str], *, check: bool
) -> Iterator[Finding]:
    """Tell of each provider and its models; with `check`, ask each that can be for one word.

    Raises `ConfigurationError` where the models file is wrong. Whoever needs the key of a
    person is not asked, and shown with what the server last heard of it.
    """
    known = _look(settings, entries, environ)
    try:
        yield Finding(f"The models file is {known.file.path}.")
        for provider, lines in _by_provider(known).items():
            entry = next((one for one in known.file.providers if one.id == provider), None)
            yield Finding("")
            yield Finding(_about(provider, entry, settings, environ))
            if provider in known.troubles:
                yield Finding(f"    {known.troubles[provider]}", good=False if check else None)
            yield from map(Finding, _table(lines, known))
            if beyond := known.offer.beyond.get(provider):
                yield Finding(f"    {beyond:,} more are listed; name in the file what to offer.")
            if check:
                yield _checked(known, provider, entry, lines)
    finally:
        for one in known.providers.values():
            one.close()


def _look(settings: Settings, entries: Sequence[Entry], environ: Mapping[str, str]) -> _Known:
    file = reader(settings)(models_file_of(settings)())
    local = open_local(settings)
    providers = {one.name: one for one in built_in(settings, local)}
    remembered = _remembered(settings, entries, file)
    listed, troubles = dict(remembered.listed), {}
    for entry in file.providers:
        if entry.needs_key and entry.id not in remembered.keys:
            continue
        try:
            provider = make_provider(settings, environ, entry)
            providers[entry.id] = provider
            if entry.lists:
                listed[entry.id] = provider.models(remembered.keys.get(entry.id))
        except LiaochatError as error:
            troubles[entry.id] = str(error)
    offer = merge([] if local is None else local.models, file, listed)
    return _Known(
        file, offer, providers, remembered.hidden, local, remembered.keys, troubles=troubles
    )


def _remembered(settings: Settings, entries: Sequence[Entry], file: ModelsFile) -> _Remembered:
    """Read it from a database of ours, where there is one."""
    if not settings.database_file.is_file():
        return _Remembered(frozenset(settings.hidden_models))
    database = Database(settings.database_file)
    try:
        if not is_current(database):
            return _Remembered(frozenset(settings.hidden_models))
        choices = Choices(database, SystemClock(), settings, entries)
        with database.reading() as connection:
            listed = {
                entry.id: [
                    Listed(model_id, name)
                    for model_id, name in offers.listed(connection, entry.id, entry.hosts)
                ]
                for entry in file.providers
                if entry.lists
            }
        keys = _teams_keys(settings, database, file)
        return _Remembered(frozenset(choices.hidden_models), listed, keys)
    finally:
        database.close()


def _teams_keys(settings: Settings, database: Database, file: ModelsFile) -> Mapping[str, AuthCode]:
    """Unseal the team's code and keys; without the key of the vault there are none."""
    if not settings.key_file.is_file():
        return {}
    vault, clock = Vault.at(settings.key_file), SystemClock()
    found = {LIAOBOTS: TeamCode(database, vault, clock).find()}
    keys = Keys(database, vault, clock)
    for entry in file.providers:
        if entry.key == "team" and (kept := keys.team(entry)) is not None:
            found[entry.id] = kept.key
    return {provider: key for provider, key in found.items() if key is not None}


def _by_provider(known: _Known) -> Mapping[str, Sequence[Line]]:
    lines: dict[str, list[Line]] = {}
    for line in known.offer.lines:
        lines.setdefault(line.model.provider, []).append(line)
    for entry in known.file.providers:
        lines.setdefault(entry.id, [])
    return lines


def _about(
    provider: str, entry: ProviderEntry | None, settings: Settings, environ: Mapping[str, str]
) -> str:
    if entry is None:
        if provider == LOCAL:
            return "local: on this machine, without a key"
        door = settings.liaobots_door
        return f"liaobots: Liaobots, {door} door, with each person's auth code, or the team's"
    keys = {
        "none": "without a key",
        "session": "with each person's own key",
        "team": "with the team's key",
        "environment": f"with the key in {entry.key_variable}",
    }
    unset = entry.key == "environment" and not environ.get(entry.key_variable)
    said = f"{entry.id}: {entry.name} at {', '.join(entry.hosts)}, {keys[entry.key]}"
    return said + (" (not set here)" if unset else "")


def _table(lines: Sequence[Line], known: _Known) -> Iterator[str]:
    files = () if known.local is None else known.local.files
    sizes = {file.model.key: f"{megabytes(file.size)}, " for file in files}
    shown = [line for line in lines if not line.beyond]
    width = max((len(line.model.key) for line in shown), default=0)
    names = max((len(line.model.name) for line in shown), default=0)
    for line in shown:
        model = line.model
        out = line.hidden or model.key in known.hidden
        yield (
            f"    {model.key:<{width}}  {model.name:<{names}}  {_limits(model)}, "
            f"{sizes.get(model.key, '')}{_ORIGINS[line.origin]}{', hidden' if out else ''}"
        )


def _limits(model: Model) -> str:
    length = f"{model.max_length:,} characters" if model.max_length else ""
    tokens = f"{model.token_limit:,} tokens" if model.token_limit else ""
    return ", ".join(filter(None, (length, tokens))) or "limits unknown"


def _checked(
    known: _Known, provider: str, entry: ProviderEntry | None, lines: Sequence[Line]
) -> Finding:
    """Ask the first model that is offered for a word, and say what came of it."""
    needs_key = provider == LIAOBOTS or (entry is not None and entry.needs_key)
    if needs_key and provider not in known.keys:
        return Finding("    not checked: that needs the key of a person, which is not at hand here")
    model = next(
        (line.model for line in lines if line.offered and line.model.key not in known.hidden), None
    )
    asked = known.providers.get(provider)
    if asked is None:
        return Finding("    FAULT: it cannot be asked", good=False)
    if model is None:
        return Finding("    not checked: no model of it is offered")
    started = time.monotonic()
    try:
        word = _first_word(asked, model, known.keys.get(provider))
    except LiaochatError as error:
        return Finding(f"    FAULT: {model.key}: {error}", good=False)
    seconds = time.monotonic() - started
    standing = known.local.standing() if known.local is asked and known.local else None
    held = None if standing is None else standing.resident
    holds = "" if held is None else f", and holds {megabytes(held)} of memory"
    said = f"    ok: {model.key} said “{word}” after {seconds:.1f} seconds{holds}"
    return Finding(said, good=True)


def _first_word(provider: Provider, model: Model, key: AuthCode | None) -> str:
    question = Question(
        conversation_id=str(uuid.uuid4()),
        model=model,
        system="Answer with one word.",
        turns=(Turn("user", "Say hello."),),
        auth_code=key,
    )
    cancellation, said = Cancellation(), ""
    for piece in provider.stream(question, cancellation):
        said += piece if isinstance(piece, str) else ""
        if len(said.split()) > 1 or len(said) > _WORD:
            cancellation.cancel()
    return printable(said)[:_WORD]
