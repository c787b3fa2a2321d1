"""`liaochat models`: what is offered and where it comes from, and whether a provider answers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.gguf import write_model
from tests.upstream import Call, Upstream, upstream
from webapp import cli
from webapp.app import open_database
from webapp.clock import SystemClock
from webapp.config import load_settings
from webapp.providers.local_files import find_local_models
from webapp.providers.models_file import read_models_file
from webapp.store import choices, offers
from webapp.store.vault import Vault
from webapp.team.keys import Keys
from webapp.team.team_code import TeamCode

_KEY = "test-key-of-the-host-61"


@pytest.fixture
def office() -> Iterator[Upstream]:
    with upstream(pace=0.001) as server:
        server.models = [{"id": "named"}, {"id": "only-listed", "name": "Only listed"}]
        yield server


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, office: Upstream) -> Path:
    monkeypatch.setenv("LIAOCHAT_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("OFFICE_KEY", _KEY)
    for local in find_local_models(None):  # it would take seconds to be asked
        monkeypatch.setenv("LIAOCHAT_HIDDEN_MODELS", local.model.key)
    (tmp_path / "models.toml").write_text(
        f"""
        [[providers]]
        id = "office"
        name = "Office"
        url = "{office.url}/v1"
        key = "environment"
        key_variable = "OFFICE_KEY"
        [[providers]]
        id = "each"
        url = "{office.url}/v1"
        key = "session"
        [[models]]
        id = "gpt-4"
        name = "GPT-4"
        maxLength = 24000
        tokenLimit = 8000
        [[models]]
        provider = "office"
        id = "named"
        name = "Named"
        hidden = true
        """,
        "utf-8",
    )
    return tmp_path


def _run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    status = cli.main(["models", *arguments])
    parts = capsys.readouterr().out.split("\n\n")
    return status, "\n\n".join(part for part in parts if not part.startswith("local:"))


def test_the_merged_list_tells_where_each_model_comes_from(
    folder: Path, office: Upstream, capsys: pytest.CaptureFixture[str]
) -> None:
    status, printed = _run(capsys)

    assert status == 0
    assert printed.splitlines() == [
        f"The models file is {folder / 'models.toml'}.",
        "",
        "liaobots: Liaobots, classic door, with each person's auth code, or the team's",
        "    liaobots/gpt-4  GPT-4  24,000 characters, 8,000 tokens, from the file",
        "",
        f"office: Office at {office.url}/v1, with the key in OFFICE_KEY",
        "    office/named        Named        limits unknown, from the file, hidden",
        "    office/only-listed  Only listed  limits unknown, listed by the provider",
        "",
        f"each: each at {office.url}/v1, with each person's own key",
    ]
    assert [one.auth_code for one in office.received] == [_KEY]


def test_the_models_on_this_machine_are_shown_with_the_size_of_their_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write_model(tmp_path, "heron.gguf")
    monkeypatch.setenv("LIAOCHAT_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("LIAOCHAT_LOCAL_MODEL", str(tmp_path))

    status = cli.main(["models"])

    assert status == 0
    assert (
        "local: on this machine, without a key\n"
        "    local/heron  Grey Heron 1B  16,384 characters, 4,096 tokens, 0 MB, from this machine\n"
    ) in capsys.readouterr().out


def test_the_real_model_says_a_word_and_how_much_memory_that_took(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LIAOCHAT_DATA_DIR", str(tmp_path))

    status = cli.main(["models", "--check"])

    assert status == 0
    said = r"ok: local/\S+ said “.+” after [0-9.]+ seconds, and holds [1-9][0-9]+ MB of memory"
    assert re.search(said, capsys.readouterr().out)


def test_what_the_server_knows_besides_is_shown_and_nothing_is_made(
    folder: Path,
    office: Upstream,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("LIAOCHAT_HIDDEN_MODELS", raising=False)  # else the owner cannot choose
    _run(capsys)
    assert [one.name for one in folder.iterdir()] == ["models.toml"]
    settings, _ = load_settings({"LIAOCHAT_DATA_DIR": str(folder)})
    database, now = open_database(settings), SystemClock().now()
    with database.writing() as connection:
        hosts = [f"{office.url}/v1"]
        offers.keep_listed(connection, "each", hosts, [("known", "Known")], now=now)
        choices.keep(connection, "hidden_models", ["office/only-listed"], now=now)
    database.close()

    _, printed = _run(capsys)

    assert "    each/known  Known  limits unknown, listed by the provider\n" in printed
    assert "Only listed  limits unknown, listed by the provider, hidden" in printed


def test_who_is_asked_with_the_teams_key_is_checked_with_it(
    folder: Path,
    office: Upstream,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    file = folder / "models.toml"
    shared = file.read_text("utf-8").replace('key = "session"', 'key = "team"')
    file.write_text(f'{shared}[[models]]\nprovider = "each"\nid = "ours"\n', "utf-8")
    settings, _ = load_settings({"LIAOCHAT_DATA_DIR": str(folder)})
    database, vault = open_database(settings), Vault.at(settings.key_file)
    keys = Keys(database, vault, SystemClock())
    (entry,) = [one for one in read_models_file(file).providers if one.id == "each"]
    keys.set_team(entry, "test-key-of-the-team-62", lambda _: None)
    TeamCode(database, vault, SystemClock()).set("test-code-of-the-team-63", lambda _: None)
    database.close()
    monkeypatch.setenv("LIAOCHAT_LIAOBOTS_URL", office.url)

    status, printed = _run(capsys, "--check")

    assert status == 0
    assert "    ok: each/ours said “Here is what” after " in printed
    assert "    ok: liaobots/gpt-4 said “Here is what” after " in printed
    assert "not checked" not in printed
    asked = {one.auth_code for one in office.received}
    assert asked == {_KEY, "test-key-of-the-team-62", "test-code-of-the-team-63"}
    assert "test-" not in printed.replace(str(folder), "")


def test_each_provider_that_needs_no_person_is_asked_for_a_word(
    folder: Path, office: Upstream, capsys: pytest.CaptureFixture[str]
) -> None:
    def hello(call: Call) -> None:
        call.start()
        call.say("\x1b[31mHello")
        call.over()

    assert folder.is_dir()
    office.enqueue(hello)

    status, printed = _run(capsys, "--check")

    assert status == 0
    assert "    ok: office/only-listed said “[31mHello” after " in printed
    assert printed.count("    not checked: that needs the key of a person") == 2
    asked = [one for one in office.received if one.completions]
    assert [one.body["model"] for one in asked] == ["only-listed"]


@pytest.mark.parametrize("broken", ["the answer", "the list", "the key"])
def test_where_one_fails_the_sentence_says_why_and_the_status_is_1(
    folder: Path,
    office: Upstream,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    broken: str,
) -> None:
    assert folder.is_dir()
    if broken == "the answer":
        office.enqueue("unauthorised")
        sentence = "FAULT: office/only-listed: Office wants another key than this server has for it"
    elif broken == "the list":
        office.on_list = lambda call: call.answer("<!DOCTYPE html>")
        sentence = "127.0.0.1 gave no list of its models: it sent a page for a browser."
    else:
        monkeypatch.delenv("OFFICE_KEY")
        sentence = "says that OFFICE_KEY holds the key for “office”, and it is not set."

    status, printed = _run(capsys, "--check")

    assert status == 1
    assert sentence in printed
    assert _KEY not in printed


def test_a_wrong_file_is_one_sentence(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "models.toml").write_text("[[models]]\nid = 3\n")

    status = cli.main(["models"])

    printed = capsys.readouterr()
    assert (status, printed.out) == (2, "")
    assert printed.err.count("\n") == 1
    assert "has no id in entry 1 of [[models]] (line 1)" in printed.err
