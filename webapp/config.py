"""The settings: one list, read from the environment and an optional TOML file.

The environment wins over the file, the file over the defaults. A name that is not
a setting, or a value of the wrong kind, stops the start with one sentence.
"""

from __future__ import annotations

import dataclasses
import difflib
import os
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any, Literal, cast
from urllib.parse import urlsplit

from webapp.errors import ConfigurationError

Network = IPv4Network | IPv6Network

PREFIX = "LIAOCHAT_"
CONFIG_VARIABLE = "LIAOCHAT_CONFIG"
"""Not a setting itself: it names the TOML file, else `liaochat.toml` in the data folder."""

CODE_VARIABLE = "LIAOCHAT_LOCAL_SERVER_CODE"
"""Not a setting either, since those are shown: the auth code of `liaochat local-server`."""

_BESIDE = {name.removeprefix(PREFIX) for name in (CONFIG_VARIABLE, CODE_VARIABLE)}


def _text(value: str) -> str:
    return value.strip()


def _host(value: str) -> str:
    if not value.strip():
        raise ValueError("it must be an address or a name, such as 127.0.0.1")
    return value.strip()


def _url(value: str) -> str:
    url = value.strip().rstrip("/")
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
        usable = usable and not (parts.username or parts.password or parts.query or parts.fragment)
    except ValueError:
        usable = False
    if not usable:
        raise ValueError("it must be an address such as https://chat.example.org")
    return url


def _url_or_nothing(value: str) -> str:
    return _url(value) if value.strip() else ""


def _origin_or_nothing(value: str) -> str:
    """Write an origin as browsers do, since it is compared with theirs as a whole."""
    if not value.strip():
        return ""
    parts = urlsplit(_url(value))
    if parts.path:
        raise ValueError("it must be an address without a path, such as https://chat.example.org")
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    default = {"http": 80, "https": 443}[parts.scheme]
    port = "" if parts.port in {None, default} else f":{parts.port}"
    return f"{parts.scheme}://{host}{port}"


def _folder(value: str) -> Path:
    if not value.strip():
        raise ValueError("it must be the path of a folder")
    return _path(value)


def _path(value: str) -> Path:
    return Path(value).expanduser().absolute()


def _path_or_nothing(value: str) -> Path | None:
    return _path(value) if value.strip() else None


def parse_prefix(value: str) -> str:
    """Read a path that all addresses begin with, without a slash at its end."""
    path = value.strip().rstrip("/")
    if path and not re.fullmatch(r"(/[A-Za-z0-9._~-]+)+", path):
        raise ValueError("it must be a path such as /chat")
    return path


def _networks(value: str) -> tuple[Network, ...]:
    names = [name.strip() for name in value.split(",") if name.strip()]
    try:
        return tuple(ip_network(name, strict=False) for name in names)
    except ValueError as error:
        raise ValueError("it must be addresses such as 127.0.0.1, 10.0.0.0/8") from error


def _names(value: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in value.split(",") if name.strip())


def _header(value: str) -> str:
    name = value.strip()
    if name and not re.fullmatch(r"[A-Za-z0-9-]+", name):
        raise ValueError("it must be the name of a header, such as X-Forwarded-User")
    return name


def _number(low: float, high: float, kind: type[int | float]) -> Callable[[str], float]:
    def parse(value: str) -> float:
        try:
            number = kind(value)
        except ValueError:
            number = None
        if number is None or not low <= number <= high:
            what = "a whole number" if kind is int else "a number"
            raise ValueError(f"it must be {what} from {low} to {high}")
        return number

    return parse


def _context(value: str) -> float:
    """Read how many tokens a model holds: with less there is no room beside an answer."""
    return 0 if value.strip() == "0" else _number(2048, 1_000_000, int)(value)


def _switch(value: str) -> bool:
    match value.strip().lower():
        case "on" | "true" | "yes" | "1":
            return True
        case "off" | "false" | "no" | "0":
            return False
    raise ValueError("it must be on or off")


def _one_of(*choices: str) -> Callable[[str], str]:
    def parse(value: str) -> str:
        if value not in choices:
            raise ValueError(f"it must be one of: {', '.join(choices)}")
        return value

    return parse


def _default_data_dir(environ: Mapping[str, str] = os.environ) -> Path:
    home = Path(environ.get("HOME") or Path.home())
    return Path(environ.get("XDG_DATA_HOME") or home / ".local" / "share") / "liaochat"


def _setting(default: object, parse: Callable[[str], object], help_text: str) -> Any:  # noqa: ANN401
    metadata = {"parse": parse, "help": help_text}
    if callable(default):
        return dataclasses.field(default_factory=default, metadata=metadata)
    return dataclasses.field(default=default, metadata=metadata)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the person who hosts can choose. Times are seconds."""

    host: str = _setting("127.0.0.1", _host, "The address to listen on.")
    port: int = _setting(8000, _number(0, 65535, int), "The port to listen on; 0 takes a free one.")
    public_url: str = _setting(
        "",
        _origin_or_nothing,
        "The address people open, where it is not this machine's own: behind a proxy, for example "
        "https://chat.example.org. Orders are taken from pages under this address only.",
    )
    url_prefix: str = _setting(
        "",
        parse_prefix,
        "The path that all addresses begin with, where a proxy serves Liaochat under one: /chat.",
    )
    trusted_proxies: tuple[Network, ...] = _setting(
        (),
        _networks,
        "Addresses of proxies in front, such as 127.0.0.1 or 10.0.0.0/8, divided by commas. What "
        "X-Forwarded-For, X-Forwarded-Prefix and LIAOCHAT_USER_HEADER say is believed of "
        "them alone.",
    )
    user_header: str = _setting(
        "",
        _header,
        "The header in which a trusted proxy that asks for sign-ins names the user, such as "
        "X-Forwarded-User. Whoever it names is signed in, and made a member the first time.",
    )
    data_dir: Path = _setting(
        _default_data_dir,
        _folder,
        "The folder that holds everything: database, key, settings file.",
    )
    database_url: str = _setting(
        "", _text, "Another database. Not there yet: empty keeps SQLite in the data folder."
    )
    redis_url: str = _setting(
        "", _text, "A Redis for several processes. Not there yet: empty keeps the log in memory."
    )
    liaobots_door: Literal["classic", "official"] = _setting(
        "classic",
        _one_of("classic", "official"),
        "How Liaobots is asked: classic, or official, its API of 2026 with its backup hosts.",
    )
    liaobots_url: str = _setting(
        "",
        _url_or_nothing,
        "Where Liaobots answers; auth codes go to this host alone. Empty takes the hosts of the "
        "door: https://liaobots.com, or https://ai.liaobots.work and its backups.",
    )
    liaobots_allow_http: bool = _setting(
        False,  # noqa: FBT003 - a default among others
        _switch,
        "Whether that address may be plain http to another machine: whoever is on the way reads "
        "the questions and the auth codes.",
    )
    liaobots_request_shape: Literal["classic", "models"] = _setting(
        "classic",
        _one_of("classic", "models"),
        "The form of a request to Liaobots: classic, or models (seen since May 2025).",
    )
    balance: bool = _setting(
        True,  # noqa: FBT003 - a default among others
        _switch,
        "Whether Liaobots is asked what is left on the auth codes that are used here.",
    )
    models_file: Path | None = _setting(
        None,
        _path_or_nothing,
        "A TOML file that says which servers are asked and which models are offered. Empty takes "
        "models.toml in the data folder, if there is one.",
    )
    local_model: Path | None = _setting(
        None,
        _path_or_nothing,
        "A GGUF file, or a folder of them, for the models on this machine, instead of SmolLM2.",
    )
    local_context: int = _setting(
        0,
        _context,
        "How many tokens a model on this machine may hold at most, question and answer together, "
        "where its file allows so many; 0 takes 8192, and 2048 for SmolLM2. More takes memory.",
    )
    local_idle: float = _setting(
        900.0,
        _number(0, 86400, float),
        "After how long without a question the model on this machine gives its memory back; "
        "0 keeps it.",
    )
    connect_timeout: float = _setting(
        10.0, _number(0.05, 600, float), "How long to wait for a connection to a model's host."
    )
    first_text_timeout: float = _setting(
        120.0, _number(0.05, 3600, float), "How long to wait for an answer's first text."
    )
    idle_timeout: float = _setting(
        60.0, _number(0.05, 3600, float), "How long an answer that has begun may fall silent."
    )
    answer_timeout: float = _setting(
        900.0, _number(0.05, 86400, float), "How long one answer may take in all."
    )
    answer_limit: int = _setting(
        1_000_000, _number(1, 10_000_000, int), "How many characters one answer may have."
    )
    request_timeout: float = _setting(
        60.0, _number(0.05, 3600, float), "How long one request may take to come and be answered."
    )
    max_sockets: int = _setting(
        400, _number(1, 2000, int), "How many open pages the server carries at once."
    )
    max_sockets_per_user: int = _setting(
        40, _number(1, 2000, int), "How many open pages one user may have at once."
    )
    import_limit: int = _setting(
        512, _number(1, 100_000, int), "How many MB a file of conversations to import may have."
    )
    title_model: str = _setting(
        "",
        _text,
        "A model that gives each new conversation its title, such as liaobots/gpt-3.5-turbo, "
        "with the asker's auth code. It costs credit; empty takes the question's first words.",
    )
    public_sharing: bool = _setting(
        False,  # noqa: FBT003 - a default among others
        _switch,
        "Whether members may make links by which anybody can read a conversation.",
    )
    hidden_models: tuple[str, ...] = _setting(
        (),
        _names,
        "Models that are not offered, such as liaobots/gpt-4, divided by commas. What they "
        "answered stays.",
    )
    retention_days: int = _setting(
        0,
        _number(0, 36500, int),
        "After how many days without a change conversations that are not pinned go to the "
        "trash, which keeps them for 30 more; 0 keeps them for ever.",
    )
    audit_days: int = _setting(
        730,
        _number(0, 36500, int),
        "How many days the audit log keeps an entry; 0 keeps all for ever.",
    )
    max_visitors: int = _setting(
        100,
        _number(1, 2000, int),
        "How many pages of public links, in all, are told live what is new.",
    )

    @property
    def key_file(self) -> Path:
        return self.data_dir / "secret.key"

    @property
    def database_file(self) -> Path:
        return self.data_dir / "liaochat.db"

    @property
    def imports_dir(self) -> Path:
        """Where files lie that are being imported."""
        return self.data_dir / "imports"

    @property
    def images_dir(self) -> Path:
        """Where the images lie that people sent."""
        return self.data_dir / "images"

    @property
    def address_file(self) -> Path:
        """Where a running server says under which address it answers; locked while it runs."""
        return self.data_dir / "server.address"


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of `liaochat settings`."""

    variable: str
    value: str
    source: str
    help: str


def load_settings(
    environ: Mapping[str, str], command_line: Mapping[str, str] | None = None
) -> tuple[Settings, list[Entry]]:
    """Read all settings, and tell where each came from. The command line wins over all.

    Raises `ConfigurationError` with a sentence that names the setting, the value's
    place, and what it must be.
    """
    known = {field.name: field for field in dataclasses.fields(Settings)}
    _refuse_unknown(
        {name.removeprefix(PREFIX) for name in environ if name.startswith(PREFIX)} - _BESIDE,
        {name.upper() for name in known},
        "the environment",
        PREFIX,
    )
    values: dict[str, object] = {}
    sources = dict.fromkeys(known, "default")
    given = {name: environ.get(PREFIX + name.upper()) for name in known}
    for source, texts in (("environment", given), ("command line", command_line or {})):
        for name, text in texts.items():
            if text is not None:
                values[name] = _parse(known[name], text, f"the {source}")
                sources[name] = source

    values.setdefault("data_dir", _default_data_dir(environ))
    file = _settings_file(environ, cast("Path", values["data_dir"]))
    if file is not None:
        for name, value in _read_file(
            file, known, in_data_dir=not environ.get(CONFIG_VARIABLE)
        ).items():
            if sources[name] == "default":
                values[name] = _parse(known[name], value, str(file))
                sources[name] = str(file)

    settings = Settings(**cast("dict[str, Any]", values))
    _refuse_what_is_not_there(settings)
    entries = [
        Entry(
            PREFIX + name.upper(),
            shown(getattr(settings, name)),
            sources[name],
            field.metadata["help"],
        )
        for name, field in known.items()
    ]
    return settings, entries


def shown(value: object) -> str:
    """Write a setting's value for people."""
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)


def _settings_file(environ: Mapping[str, str], data_dir: Path) -> Path | None:
    if named := environ.get(CONFIG_VARIABLE):
        file = _path(named)
        if not file.is_file():
            raise ConfigurationError(
                reason=f"{CONFIG_VARIABLE} names {file}, and there is no such file."
            )
        return file
    file = data_dir / "liaochat.toml"
    return file if file.is_file() else None


def _read_file(
    file: Path, known: Mapping[str, dataclasses.Field[Any]], *, in_data_dir: bool
) -> dict[str, str]:
    try:
        table = tomllib.loads(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(reason=f"{file} cannot be read: {error}") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(reason=f"{file} is not valid TOML: {error}") from error
    _refuse_unknown(set(table), set(known), str(file))
    if "data_dir" in table and in_data_dir:
        raise ConfigurationError(
            reason=f"{file} lies in the data folder and cannot move it. "
            f"Set {PREFIX}DATA_DIR in the environment instead of data_dir here."
        )
    for name, value in table.items():
        if isinstance(value, bool) and known[name].type == "bool":
            continue
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise ConfigurationError(reason=f"{name} in {file}: it must be a text or a number.")
    return {name: str(value) for name, value in table.items()}


def _refuse_unknown(names: set[str], known: set[str], where: str, prefix: str = "") -> None:
    for name in sorted(names - known):
        close = difflib.get_close_matches(name, known, 1)
        hint = f" Did you mean {prefix}{close[0]}?" if close else ""
        raise ConfigurationError(reason=f"{prefix}{name} in {where} is not a setting.{hint}")


def _parse(field: dataclasses.Field[Any], text: str, where: str) -> object:
    parse = cast("Callable[[str], object]", field.metadata["parse"])
    try:
        return parse(text)
    except ValueError as error:
        raise ConfigurationError(
            reason=f"{PREFIX}{field.name.upper()} (from {where}) is “{text}”: {error}."
        ) from error


def _refuse_what_is_not_there(settings: Settings) -> None:
    """A setting that is read and then ignored would be a lie."""
    for name, what in (("database_url", "another database than SQLite"), ("redis_url", "Redis")):
        if getattr(settings, name):
            raise ConfigurationError(
                reason=f"{PREFIX}{name.upper()} is set, but this version cannot use {what} yet. "
                "Unset it."
            )
