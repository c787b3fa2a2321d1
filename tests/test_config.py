"""The settings: where each comes from, and one sentence for each mistake."""

from __future__ import annotations

import dataclasses
from ipaddress import ip_network
from pathlib import Path

import pytest

from webapp.config import PREFIX, Settings, load_settings
from webapp.errors import ConfigurationError

NAMES = [field.name for field in dataclasses.fields(Settings)]

# For each setting a text that differs from its default, and what it is read as.
EXAMPLES: dict[str, tuple[str, object]] = {
    "host": ("192.0.2.1", "192.0.2.1"),
    "port": ("9000", 9000),
    "public_url": ("https://chat.example.org/", "https://chat.example.org"),
    "url_prefix": ("/chat/", "/chat"),
    "trusted_proxies": (
        "127.0.0.1/32, 10.0.0.0/8",
        (ip_network("127.0.0.1"), ip_network("10.0.0.0/8")),
    ),
    "user_header": ("X-Forwarded-User", "X-Forwarded-User"),
    "data_dir": ("/somewhere/else", Path("/somewhere/else")),
    "database_url": ("", ""),
    "redis_url": ("", ""),
    "liaobots_url": ("http://127.0.0.1:9/api/", "http://127.0.0.1:9/api"),
    "liaobots_door": ("official", "official"),
    "liaobots_request_shape": ("models", "models"),
    "balance": ("false", False),
    "liaobots_allow_http": ("true", True),
    "models_file": ("/models.toml", Path("/models.toml")),
    "local_model": ("/model.gguf", Path("/model.gguf")),
    "local_context": ("4096", 4096),
    "local_idle": ("4", 4.0),
    "connect_timeout": ("1.5", 1.5),
    "first_text_timeout": ("1", 1.0),
    "idle_timeout": ("2", 2.0),
    "answer_timeout": ("3", 3.0),
    "request_timeout": ("3", 3.0),
    "answer_limit": ("17", 17),
    "max_sockets": ("18", 18),
    "max_sockets_per_user": ("19", 19),
    "import_limit": ("64", 64),
    "public_sharing": ("true", True),
    "title_model": (" liaobots/gpt-4 ", "liaobots/gpt-4"),
    "hidden_models": ("liaobots/gpt-4, local/x", ("liaobots/gpt-4", "local/x")),
    "retention_days": ("90", 90),
    "audit_days": ("30", 30),
    "max_visitors": ("20", 20),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def _load(folder: Path, environ: dict[str, str] | None = None, **arguments: str) -> Settings:
    settings, _ = load_settings({"LIAOCHAT_DATA_DIR": str(folder), **(environ or {})}, arguments)
    return settings


def _refusal(
    folder: Path, environ: dict[str, str] | None = None, *, toml: str | None = None
) -> str:
    if toml is not None:
        (folder / "liaochat.toml").write_text(toml)
    with pytest.raises(ConfigurationError) as refused:
        _load(folder, environ)
    assert "\n" not in str(refused.value)
    return str(refused.value)


def test_every_setting_has_an_example_here() -> None:
    assert sorted(EXAMPLES) == sorted(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_setting_is_read_from_the_environment(folder: Path, name: str) -> None:
    text, value = EXAMPLES[name]

    settings, entries = load_settings(
        {"LIAOCHAT_DATA_DIR": str(folder), f"LIAOCHAT_{name.upper()}": text}
    )

    entry = next(entry for entry in entries if entry.variable == f"LIAOCHAT_{name.upper()}")
    assert getattr(settings, name) == value
    assert entry.source == "environment"
    assert entry.value == (text if isinstance(value, tuple) else str(value))


@pytest.mark.parametrize("name", [name for name in NAMES if name != "data_dir"])
def test_a_setting_is_read_from_the_file_in_the_data_folder(folder: Path, name: str) -> None:
    text, value = EXAMPLES[name]
    number = isinstance(value, int | float)
    (folder / "liaochat.toml").write_text(f"{name} = {text if number else repr(text)}\n")

    settings, entries = load_settings({"LIAOCHAT_DATA_DIR": str(folder)})

    entry = next(entry for entry in entries if entry.variable == f"LIAOCHAT_{name.upper()}")
    assert getattr(settings, name) == value
    assert entry.source == str(folder / "liaochat.toml")


@pytest.mark.parametrize("name", NAMES)
def test_a_setting_is_read_from_the_command_line(folder: Path, name: str) -> None:
    text, value = EXAMPLES[name]

    settings, entries = load_settings({"LIAOCHAT_DATA_DIR": str(folder)}, {name: text})

    entry = next(entry for entry in entries if entry.variable == f"LIAOCHAT_{name.upper()}")
    assert getattr(settings, name) == value
    assert entry.source == "command line"


@pytest.mark.parametrize("text", ["on", "ON", " yes ", "1", "True", "off", "No", "0", "false"])
def test_a_switch_is_read_in_the_words_that_people_use(folder: Path, text: str) -> None:
    (folder / "liaochat.toml").write_text(f'public_sharing = "{text}"\n')

    from_environment = _load(folder, {"LIAOCHAT_PUBLIC_SHARING": text})

    wanted = text.strip().lower() in {"on", "yes", "1", "true"}
    assert from_environment.public_sharing == _load(folder).public_sharing == wanted


def test_the_command_line_wins_over_the_environment_and_that_over_the_file(folder: Path) -> None:
    (folder / "liaochat.toml").write_text("port = 1\nanswer_limit = 1\nmax_sockets = 1\n")
    environ = {"LIAOCHAT_PORT": "2", "LIAOCHAT_ANSWER_LIMIT": "2"}

    settings = _load(folder, environ, port="3")

    assert (settings.port, settings.answer_limit, settings.max_sockets) == (3, 2, 1)


def test_without_any_setting_the_defaults_hold(folder: Path) -> None:
    settings, entries = load_settings({"LIAOCHAT_DATA_DIR": str(folder)})

    assert settings == Settings(data_dir=folder)
    assert {entry.source for entry in entries} == {"default", "environment"}
    assert all(entry.help.endswith(".") for entry in entries)


def test_the_default_folder_follows_the_environment_that_is_read(folder: Path) -> None:
    settings, _ = load_settings({"XDG_DATA_HOME": str(folder), "HOME": "/nowhere"})
    at_home, _ = load_settings({"HOME": str(folder)})

    assert settings.data_dir == folder / "liaochat"
    assert at_home.data_dir == folder / ".local" / "share" / "liaochat"


def test_another_file_can_be_named_and_may_say_where_the_data_folder_is(tmp_path: Path) -> None:
    file = tmp_path / "etc.toml"
    file.write_text(f"data_dir = '{tmp_path / 'data'}'\n")

    settings, entries = load_settings({"LIAOCHAT_CONFIG": str(file)})

    assert settings.data_dir == tmp_path / "data"
    assert next(one.source for one in entries if one.variable == "LIAOCHAT_DATA_DIR") == str(file)


def test_a_named_file_that_is_not_there_is_said(folder: Path) -> None:
    assert _refusal(folder, {"LIAOCHAT_CONFIG": "/nowhere.toml"}) == (
        "LIAOCHAT_CONFIG names /nowhere.toml, and there is no such file."
    )


@pytest.mark.parametrize("config", [{}, {"LIAOCHAT_CONFIG": ""}])
def test_the_file_in_the_data_folder_cannot_move_the_folder(
    folder: Path, config: dict[str, str]
) -> None:
    (folder / "liaochat").mkdir()
    file = folder / "liaochat" / "liaochat.toml"
    file.write_text("data_dir = '/elsewhere'\n")

    with pytest.raises(ConfigurationError) as refused:
        load_settings({"XDG_DATA_HOME": str(folder), **config})

    assert str(refused.value) == (
        f"{file} lies in the data folder and cannot move it. "
        "Set LIAOCHAT_DATA_DIR in the environment instead of data_dir here."
    )


_WHOLE = "it must be a whole number from"
_ADDRESS = "it must be an address such as https://chat.example.org."


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("port", "", f"{_WHOLE} 0 to 65535."),
        ("port", "http", f"{_WHOLE} 0 to 65535."),
        ("port", "80.5", f"{_WHOLE} 0 to 65535."),
        ("port", "65536", f"{_WHOLE} 0 to 65535."),
        ("port", "-1", f"{_WHOLE} 0 to 65535."),
        ("local_context", "1024", f"{_WHOLE} 2048 to 1000000."),
        ("answer_limit", "0", f"{_WHOLE} 1 to 10000000."),
        ("max_sockets", "2001", f"{_WHOLE} 1 to 2000."),
        ("max_sockets_per_user", "0", f"{_WHOLE} 1 to 2000."),
        ("public_sharing", "maybe", "it must be on or off."),
        ("public_sharing", "", "it must be on or off."),
        ("import_limit", "0", f"{_WHOLE} 1 to 100000."),
        ("max_visitors", "0", f"{_WHOLE} 1 to 2000."),
        ("connect_timeout", "0", "it must be a number from 0.05 to 600."),
        ("first_text_timeout", "nan", "it must be a number from 0.05 to 3600."),
        ("idle_timeout", "inf", "it must be a number from 0.05 to 3600."),
        ("answer_timeout", "1h", "it must be a number from 0.05 to 86400."),
        ("public_url", "chat.example.org", _ADDRESS),
        ("public_url", "ftp://chat.example.org", _ADDRESS),
        ("public_url", "https://user:pw@chat.example.org", _ADDRESS),
        ("public_url", "https://chat.example.org:x", _ADDRESS),
        ("public_url", "https://[::1", _ADDRESS),
        ("public_url", "https://", _ADDRESS),
        (
            "public_url",
            "https://example.org/chat",
            "it must be an address without a path, such as https://chat.example.org.",
        ),
        ("liaobots_url", "https://x.org/?q", _ADDRESS),
        ("liaobots_request_shape", "new", "it must be one of: classic, models."),
        ("liaobots_door", "front", "it must be one of: classic, official."),
        ("data_dir", "", "it must be the path of a folder."),
        ("data_dir", "  ", "it must be the path of a folder."),
    ],
)
def test_a_wrong_value_is_one_sentence_that_names_setting_place_and_remedy(
    folder: Path, name: str, text: str, sentence: str
) -> None:
    variable = PREFIX + name.upper()

    refusal = _refusal(folder, {variable: text})

    assert refusal == f"{variable} (from the environment) is “{text}”: {sentence}"


def test_a_wrong_value_names_the_file_it_stands_in(folder: Path) -> None:
    refusal = _refusal(folder, toml="port = 'http'\n")

    assert refusal.startswith(f"LIAOCHAT_PORT (from {folder / 'liaochat.toml'}) is “http”: ")


@pytest.mark.parametrize("value", ["true", "[1]", "{ a = 1 }", "1979-05-27"])
def test_a_value_of_a_kind_that_no_setting_has_is_refused(folder: Path, value: str) -> None:
    refusal = _refusal(folder, toml=f"port = {value}\n")

    assert refusal == f"port in {folder / 'liaochat.toml'}: it must be a text or a number."


@pytest.mark.parametrize(
    ("variable", "hint"),
    [
        ("LIAOCHAT_PROT", " Did you mean LIAOCHAT_PORT?"),
        ("LIAOCHAT_MAX_SOCKET", " Did you mean LIAOCHAT_MAX_SOCKETS?"),
        ("LIAOCHAT_ZZZ", ""),
    ],
)
def test_an_unknown_variable_stops_the_start_with_a_guess(
    folder: Path, variable: str, hint: str
) -> None:
    refusal = _refusal(folder, {variable: "1"})

    assert refusal == f"{variable} in the environment is not a setting.{hint}"


def test_an_unknown_name_in_the_file_stops_the_start_with_a_guess(folder: Path) -> None:
    refusal = _refusal(folder, toml="prot = 1\n")

    assert refusal == f"prot in {folder / 'liaochat.toml'} is not a setting. Did you mean port?"


@pytest.mark.parametrize("content", [b"port = ", b"\xff\xfe", b"port"])
def test_a_file_that_cannot_be_read_is_said(folder: Path, content: bytes) -> None:
    file = folder / "liaochat.toml"
    file.write_bytes(content)

    assert str(file) in _refusal(folder)


@pytest.mark.parametrize("name", ["database_url", "redis_url"])
def test_what_is_not_there_yet_is_refused_without_showing_its_password(
    folder: Path, name: str
) -> None:
    refusal = _refusal(folder, {PREFIX + name.upper(): "redis://:CANARY@host"})

    assert "this version cannot use" in refusal
    assert "CANARY" not in refusal


@pytest.mark.parametrize(
    ("given", "origin"),
    [
        ("https://Chat.Example.ORG", "https://chat.example.org"),
        ("HTTPS://chat.example.org:443/", "https://chat.example.org"),
        ("http://chat.example.org:80", "http://chat.example.org"),
        ("https://chat.example.org:8443", "https://chat.example.org:8443"),
        ("http://[::1]:8000", "http://[::1]:8000"),
        ("", ""),
    ],
)
def test_the_public_address_is_kept_as_browsers_write_an_origin(
    folder: Path, given: str, origin: str
) -> None:
    assert _load(folder, {"LIAOCHAT_PUBLIC_URL": given}).public_url == origin


@pytest.mark.parametrize("name", ["models_file", "local_model"])
def test_an_empty_file_name_means_none(folder: Path, name: str) -> None:
    assert getattr(_load(folder, {PREFIX + name.upper(): " "}), name) is None


def test_a_path_may_begin_with_the_home_folder(folder: Path) -> None:
    settings = _load(folder, {"LIAOCHAT_MODELS_FILE": "~/models.toml"})

    assert settings.models_file == Path.home() / "models.toml"
