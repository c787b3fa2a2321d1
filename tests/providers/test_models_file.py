"""The models file: what it may say, and the sentence for everything that it may not."""

from __future__ import annotations

from pathlib import Path

import pytest

from webapp.errors import ConfigurationError
from webapp.providers.base import Model
from webapp.providers.models_file import (
    PACKAGED,
    ModelsFile,
    ProviderEntry,
    find_models_file,
    read_models_file,
)

KEY = "test-Kq7Zp2Vw9x1B"
OLLAMA = "[[providers]]\nid = 'ollama'\nurl = 'http://127.0.0.1:11434/v1'\n"


def _read(folder: Path, text: str) -> ModelsFile:
    file = folder / "some.toml"
    file.write_text(text, "utf-8")
    return read_models_file(file)


def test_the_two_models_of_the_mission_are_offered() -> None:
    read = read_models_file(PACKAGED)

    assert read.providers == ()
    assert read.models == (
        Model("liaobots", "gpt-3.5-turbo", "GPT-3.5", 12000, 4000, needs_auth_code=True),
        Model("liaobots", "gpt-4", "GPT-4", 24000, 8000, needs_auth_code=True),
    )


def test_the_named_file_holds_else_that_of_the_data_folder_else_the_packaged_one(
    tmp_path: Path,
) -> None:
    own, named = tmp_path / "models.toml", tmp_path / "named.toml"

    assert find_models_file(None, tmp_path) == PACKAGED
    own.touch()
    assert find_models_file(None, tmp_path) == own
    assert find_models_file(named, tmp_path) == named


def test_a_file_says_who_is_asked_and_what_of_them_is_offered(tmp_path: Path) -> None:
    text = """
        [[providers]]
        id = "ollama"
        name = "Ollama"
        url = "http://127.0.0.1:11434/v1/"
        [[providers]]
        id = "router"
        url = "HTTPS://Router.Example/api/v1"
        backups = ["https://b.example:8443/v1"]
        key = "environment"
        key_variable = "ROUTER_KEY"
        list = false
        [[providers]]
        id = "each"
        url = "http://office.example/v1"
        allow_http = true
        key = "session"
        [[models]]
        id = "o9"
        [[models]]
        provider = "ollama"
        id = "llama3.2"
        name = "Лама"
        maxLength = 7
        tokenLimit = 8192
        note = "Runs in the office."
        sees = true
        parameters = ["temperature", "seed"]
        [[models]]
        provider = "each"
        id = "a/b:c"
        hidden = true
    """

    read = _read(tmp_path, text)

    assert read.providers == (
        ProviderEntry("ollama", "Ollama", ("http://127.0.0.1:11434/v1",)),
        ProviderEntry(
            "router",
            "router",
            ("https://router.example/api/v1", "https://b.example:8443/v1"),
            key="environment",
            key_variable="ROUTER_KEY",
            lists=False,
        ),
        ProviderEntry("each", "each", ("http://office.example/v1",), key="session"),
    )
    assert read.models == (
        Model("liaobots", "o9", "o9", needs_auth_code=True),
        Model(
            "ollama",
            "llama3.2",
            "Лама",
            7,
            8192,
            note="Runs in the office.",
            sees=True,
            parameters=frozenset({"temperature", "seed"}),
        ),
        Model("each", "a/b:c", "a/b:c", needs_auth_code=True),
    )
    assert read.hidden == {"each/a/b:c"}


@pytest.mark.parametrize("more", ["sees = true", "parameters = ['seed']"])
def test_what_the_classic_door_does_not_hand_on_cannot_be_promised(
    tmp_path: Path, more: str
) -> None:
    file = tmp_path / "models.toml"
    file.write_text(f"{OLLAMA}\n[[models]]\nid = 'gpt-4'\n{more}\n", "utf-8")

    with pytest.raises(
        ConfigurationError, match=r"classic door .* entry 1 of \[\[models\]\] \(line"
    ):
        read_models_file(file, classic=True)

    (model,) = read_models_file(file).models
    assert model.sees or model.parameters


def test_a_provider_that_lists_its_models_needs_none_in_the_file(tmp_path: Path) -> None:
    assert _read(tmp_path, OLLAMA).models == ()


@pytest.mark.parametrize("host", ["localhost", "my.localhost", "127.8.9.1", "[::1]"])
def test_plain_http_is_taken_for_this_machine(tmp_path: Path, host: str) -> None:
    read = _read(tmp_path, f"[[providers]]\nid = 'here'\nurl = 'http://{host}:1234/v1'")

    assert read.providers[0].hosts == (f"http://{host}:1234/v1",)


def _provider(**fields: str) -> str:
    """Write a provider; each value stands there as TOML has it."""
    written = {"id": '"x"', "url": '"https://x.example/v1"', **fields}
    return "[[providers]]\n" + "\n".join(f"{key} = {value}" for key, value in written.items())


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "names no model. Add at least one"),
        (_provider(list="false"), "names no model. Add at least one"),
        ("models = 3", "has models that is not a list of tables. Write each under [[models]]"),
        ("models = [3]", "has entry 1 of [[models]], which is not a table"),
        ("[[models]", "is not a TOML file"),
        ("[[models]]\nid = 'x'\n= 3", "(at line 3, column 1)"),
        ("x = " + "[" * 5000, "is not a TOML file"),
        ("[[models]]\nname = 'x'", "has no id in entry 1 of [[models]] (line 1). Give it one"),
        ("[[models]]\nid = ''", "has no id in entry 1"),
        ("[[models]]\nid = 7", "has no id in entry 1"),
        ("[[models]]\nid = 'a\u202eb'", "has a wrong id in entry 1"),
        (
            "[[models]]\nid = 'a'\n\n[[models]]\nid = 'a'",
            "names a model again in entry 2 of [[models]] (line 4). Remove one",
        ),
        ("[[models]]\nid = 'a'\nmaxLength = -1", "has a wrong maxLength in entry 1"),
        ("[[models]]\nid = 'a'\ntokenLimit = true", "has a wrong tokenLimit in entry 1"),
        ("[[models]]\nid = 'a'\ntokenlimit = 1", "has the unknown key tokenlimit in entry 1"),
        ("[[models]]\nid = 'a'\nhidden = 'no'", "has a wrong hidden in entry 1"),
        ("[[models]]\nid = 'a'\nparameters = 'seed'", "has a wrong parameters in entry 1"),
        ("[[models]]\nid = 'a'\nparameters = ['heat']", "an unknown name among parameters"),
        ("[[models]]\nid = 'a'\nprovider = 'b'", "has an unknown provider in entry 1"),
        ("[[models]]\nid = 'a'\nprovider = 'local'", "has an unknown provider in entry 1"),
        ("[models.a]\nid = 'a'", "has models that is not a list of tables"),
        ("[[model]]\nid = 'a'", "holds model, which means nothing here"),
        (OLLAMA + OLLAMA, "names the provider “ollama” again in entry 2 of [[providers]] (line 4)"),
        (_provider(id='"liaobots"'), "has a wrong id in entry 1 of [[providers]] (line 1)"),
        (_provider(id='"local"'), "has a wrong id in entry 1"),
        (_provider(id='"Big"'), "has a wrong id in entry 1"),
        (_provider(id='"a/b"'), "has a wrong id in entry 1"),
        ("[[providers]]\nid = 'x'", "has no url in entry 1"),
        (_provider(url='"x.example/v1"'), "has a wrong url in entry 1"),
        (_provider(url='"ftp://x.example/v1"'), "has a wrong url in entry 1"),
        (_provider(url='"https://x.example:99999/v1"'), "has a wrong url in entry 1"),
        (_provider(url='"https://x.example\\\\@y.example"'), "has a wrong url in entry 1"),
        (_provider(url='["https://x.example/v1"]'), "has a wrong url in entry 1"),
        (_provider(url='"http://x.example/v1"'), "has plain http in url in entry 1"),
        (_provider(url='"http://127.0.0.1.x.example/v1"'), "has plain http in url in entry 1"),
        (_provider(backups='["http://10.0.0.1/v1"]'), "has plain http in backups in entry 1"),
        (_provider(backups='"https://y.example/v1"'), "has wrong backups in entry 1"),
        (_provider(allow_http="1"), "has a wrong allow_http in entry 1"),
        (_provider(key='"mine"'), "Use one of session, team, environment, none."),
        (_provider(key='"environment"'), "has no key_variable in entry 1"),
        (_provider(key='"team"', key_variable='"X"'), "which only goes with key = "),
        (
            _provider(key='"environment"', key_variable='"LIAOCHAT_X"'),
            "Names that begin with LIAOCHAT_ are settings",
        ),
    ],
)
def test_a_wrong_file_is_refused_with_the_place_and_what_to_do(
    tmp_path: Path, text: str, sentence: str
) -> None:
    with pytest.raises(ConfigurationError) as refused:
        _read(tmp_path, text)

    assert sentence in str(refused.value)
    assert f"The models file {tmp_path / 'some.toml'} " in str(refused.value)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (_provider(key=f'"{KEY}"'), "the key itself is never written into this file"),
        (_provider(api_key=f'"{KEY}"'), "has the unknown key api_key"),
        (_provider() + f'\n"{KEY}" = 1', "has the unknown key “…”"),
        (_provider(url=f'"https://{KEY}@x.example/v1"'), "without a name, a key"),
        (_provider(url=f'"https://x.example/v1?key={KEY}"'), "without a name, a key"),
        (_provider(key='"environment"', key_variable=f'"{KEY}"'), "and not the key itself"),
        (
            _provider(key='"environment"', key_variable=f'"A{KEY[5:].upper()}4X3QWE"'),
            "and not the key",
        ),
        (_provider(name=f'["{KEY}"]'), "has no name in"),
        (f'"{KEY}" = 3\n{_provider()}', "holds something, which means nothing here"),
        (f'{_provider()}\nnote = "{KEY}', "is not a TOML file"),
    ],
)
def test_a_key_in_a_wrong_place_is_refused_and_not_quoted(
    tmp_path: Path, text: str, sentence: str
) -> None:
    with pytest.raises(ConfigurationError) as refused:
        _read(tmp_path, text)

    assert sentence in str(refused.value)
    assert KEY[5:].lower() not in str(refused.value).lower()


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read \\(No such file or directory\\)"):
        read_models_file(tmp_path / "nowhere.toml")


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    (tmp_path / "models.toml").write_bytes(b"# 1\n\xff\xfe")

    with pytest.raises(ConfigurationError, match="is not a TOML file: line 2 is not UTF-8"):
        read_models_file(tmp_path / "models.toml")


def test_a_file_that_is_too_large_is_not_read_into_memory(tmp_path: Path) -> None:
    (tmp_path / "models.toml").write_bytes(b"#" * 1_000_001)

    with pytest.raises(ConfigurationError, match="is larger than 1,000,000 bytes"):
        read_models_file(tmp_path / "models.toml")


def test_lines_are_left_out_where_they_are_unclear(tmp_path: Path) -> None:
    text = "[[models]]\nid = 'a'\nnote = '''\n[[models]]'''\n[[models]]\nid = 3"

    with pytest.raises(ConfigurationError, match=r"in entry 2 of ..models..\. Give"):
        _read(tmp_path, text)
