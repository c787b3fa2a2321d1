"""The models file: which servers are asked, and which of their models are offered how.

Whoever hosts this writes it, in TOML. It is read strictly: a word that is not known here
stops it, so that nobody believes in something that has no effect.
"""

from __future__ import annotations

import dataclasses
import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from webapp.errors import ConfigurationError
from webapp.providers.base import Model, Parameters
from webapp.providers.entries import Entry, refuse
from webapp.providers.keys import origins_of

KeyKind = Literal["session", "team", "environment", "none"]
"""Whose key a provider is asked with: each person's own, the owner's, the host's, nobody's."""

PACKAGED = Path(__file__).with_name("models.toml")
LIAOBOTS = "liaobots"
LOCAL = "local"

_IN_DATA_FOLDER = "models.toml"
_LARGEST = 1_000_000
_MOST_PROVIDERS = 50
_MOST_MODELS = 2_000
PROVIDER_KEYS = {
    "id", "name", "url", "backups", "key", "key_variable", "allow_http", "list",
}  # fmt: skip
MODEL_KEYS = {
    "provider", "id", "name", "maxLength", "tokenLimit", "note", "hidden", "sees", "parameters",
}  # fmt: skip
_PARAMETERS = [field.name for field in dataclasses.fields(Parameters)]
_ID = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?")
_VARIABLE = re.compile(r"[A-Z][A-Z0-9_]{0,63}")
_LONGEST_WORD = 16
_LONGEST_NOTE = 200
_HEADER = re.compile(r"\s*\[\[\s*(\w+)\s*\]\]")


@dataclass(frozen=True, slots=True)
class ProviderEntry:
    """A server that speaks Chat Completions. `hosts` are its addresses, in the order to try."""

    id: str
    name: str
    hosts: tuple[str, ...]
    key: KeyKind = "none"
    key_variable: str = ""
    lists: bool = True

    @property
    def needs_key(self) -> bool:
        """Whether a key must have been entered on a page."""
        return self.key in {"session", "team"}

    @property
    def origins(self) -> frozenset[str]:
        """Where a key for it goes."""
        return origins_of(self.hosts)


@dataclass(frozen=True, slots=True)
class ModelsFile:
    """What the file says. `hidden` holds the keys of models that are not offered."""

    path: Path
    providers: tuple[ProviderEntry, ...]
    models: tuple[Model, ...]
    hidden: frozenset[str] = frozenset()


def find_models_file(named: Path | None, data_dir: Path) -> Path:
    """Tell which file holds: the one that is named, the data folder's, or the packaged one."""
    own = data_dir / _IN_DATA_FOLDER
    return named or (own if own.exists() else PACKAGED)


def read_models_file(file: Path, *, classic: bool = False) -> ModelsFile:
    """Read and check the file; `classic` is the door by which Liaobots is asked.

    Raises `ConfigurationError` with a sentence that names the file, the entry, its line
    where that is known, and what to do.
    """
    text = _text_of(file)
    try:
        document = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        refuse(file, f"is not a TOML file: {_first_line(error)}. Correct it there.")
    if unknown := set(document) - {"models", "providers"}:
        which = ", ".join(sorted(one for one in unknown if one.isidentifier())) or "something"
        refuse(
            file,
            f"holds {which}, which means nothing here. Use [[providers]] and [[models]] entries.",
        )
    providers: dict[str, ProviderEntry] = {}
    for entry in _entries(file, text, document, "providers", PROVIDER_KEYS, most=_MOST_PROVIDERS):
        provider = _provider(entry)
        if provider.id in providers:
            entry.refuse(f"names the provider “{provider.id}” again in {{place}}. Remove one.")
        providers[provider.id] = provider
    models: dict[str, Model] = {}
    hidden = set()
    for entry in _entries(file, text, document, "models", MODEL_KEYS, most=_MOST_MODELS):
        model = _model(entry, providers, classic=classic)
        if model.key in models:
            entry.refuse("names a model again in {place}. Remove one of the two.")
        models[model.key] = model
        if entry.switch("hidden", default=False):
            hidden.add(model.key)
    if not models and not any(one.lists for one in providers.values()):
        refuse(file, "names no model. Add at least one [[models]] entry.")
    return ModelsFile(file, tuple(providers.values()), tuple(models.values()), frozenset(hidden))


def _text_of(file: Path) -> str:
    try:
        with file.open("rb") as content:
            read = content.read(_LARGEST + 1)
    except OSError as error:
        refuse(file, f"cannot be read ({error.strerror}). Correct the path or the permissions.")
    if len(read) > _LARGEST:
        refuse(file, f"is larger than {_LARGEST:,} bytes. Name fewer models.")
    try:
        return read.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = read[: error.start].count(b"\n") + 1
        refuse(file, f"is not a TOML file: line {line} is not UTF-8. Save it as UTF-8.")


def _entries(
    file: Path, text: str, document: dict[str, Any], kind: str, known: set[str], *, most: int
) -> Iterator[Entry]:
    tables = document.get(kind, [])
    if not isinstance(tables, list):
        refuse(file, f"has {kind} that is not a list of tables. Write each under [[{kind}]].")
    if len(tables) > most:
        refuse(file, f"has more than {most:,} [[{kind}]] entries. Name fewer.")
    lines = _lines(text, kind)
    for number, table in enumerate(tables, start=1):
        line = f" (line {lines[number - 1]})" if len(lines) == len(tables) else ""
        yield Entry(file, f"entry {number} of [[{kind}]]{line}", table, known)


def _lines(text: str, kind: str) -> Sequence[int]:
    """Tell on which lines the entries begin; more or fewer than there are where that is unclear."""
    headers = ((number, _HEADER.match(line)) for number, line in enumerate(text.split("\n"), 1))
    return [number for number, header in headers if header is not None and header[1] == kind]


def _provider(entry: Entry) -> ProviderEntry:
    provider_id = entry.text("id", longest=32)
    if not _ID.fullmatch(provider_id) or provider_id in {LIAOBOTS, LOCAL}:
        entry.refuse(
            "has a wrong id in {place}. Use lower-case letters, digits and “-”, "
            f"and neither {LIAOBOTS} nor {LOCAL}."
        )
    allow_http = entry.switch("allow_http", default=False)
    hosts = (
        entry.address("url", allow_http=allow_http),
        *entry.addresses("backups", allow_http=allow_http),
    )
    key = _key(entry)
    return ProviderEntry(
        id=provider_id,
        name=entry.text("name", provider_id),
        hosts=tuple(dict.fromkeys(hosts)),
        key=key,
        key_variable=_variable(entry, key),
        lists=entry.switch("list", default=True),
    )


def _key(entry: Entry) -> KeyKind:
    kinds: Sequence[KeyKind] = get_args(KeyKind)
    try:
        return entry.choice("key", kinds, default="none")
    except ConfigurationError:
        entry.refuse(
            "has a wrong key in {place}: it says where the key comes from, and the key itself is "
            f"never written into this file. Use one of {', '.join(kinds)}."
        )


def _variable(entry: Entry, key: KeyKind) -> str:
    """Read the name of the variable with the key; if the key itself stands there, don't say it."""
    if "key_variable" not in entry:
        if key == "environment":
            entry.refuse(
                'has no key_variable in {place}, though its key is "environment". '
                "Name the variable that holds the key."
            )
        return ""
    if key != "environment":
        entry.refuse(
            'has a key_variable in {place}, which only goes with key = "environment". '
            "Write that, or remove it."
        )
    name = entry.text("key_variable")
    if not _VARIABLE.fullmatch(name) or (len(name) > _LONGEST_WORD and "_" not in name):
        entry.refuse(
            "has a wrong key_variable in {place}. Use the name of a variable, such as "
            "OPENROUTER_KEY, and not the key itself."
        )
    if name.startswith("LIAOCHAT_"):
        entry.refuse(
            "has a wrong key_variable in {place}. Names that begin with LIAOCHAT_ are settings; "
            "use another one."
        )
    return name


def _model(entry: Entry, providers: dict[str, ProviderEntry], *, classic: bool) -> Model:
    provider = entry.text("provider", LIAOBOTS)
    if provider != LIAOBOTS and provider not in providers:
        entry.refuse(
            "has an unknown provider in {place}. Use "
            f"{', '.join([LIAOBOTS, *providers])}, or add it under [[providers]]."
        )
    model_id = entry.text("id")
    sees = entry.switch("sees", default=False)
    parameters = entry.names("parameters", _PARAMETERS)
    if classic and provider == LIAOBOTS and (sees or parameters):
        entry.refuse(
            "promises images or parameters that the classic door of Liaobots does not hand on, in "
            "{place}. Remove sees and parameters there, or set LIAOCHAT_LIAOBOTS_DOOR=official."
        )
    return Model(
        provider=provider,
        id=model_id,
        name=entry.text("name", model_id),
        max_length=entry.number("maxLength"),
        token_limit=entry.number("tokenLimit"),
        needs_auth_code=provider == LIAOBOTS or providers[provider].needs_key,
        note=entry.text("note", "", longest=_LONGEST_NOTE),
        sees=sees,
        parameters=parameters,
    )


def _first_line(error: Exception) -> str:
    return "it is too deep" if isinstance(error, RecursionError) else str(error).splitlines()[0]
