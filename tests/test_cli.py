"""The command `liaochat`, in this process; what it serves is tested in test_life.py."""

from __future__ import annotations

import fcntl
import os
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import fields
from pathlib import Path

import pytest

from webapp import __version__, cli
from webapp.app import create_app
from webapp.config import Settings, load_settings
from webapp.errors import ConfigurationError


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LIAOCHAT_DATA_DIR", str(tmp_path))
    return tmp_path


@pytest.fixture
def running(folder: Path) -> Iterator[str]:
    """A server that runs, as far as the data folder tells."""
    with (folder / "server.address").open("w", encoding="utf-8") as file:
        file.write("https://chat.example.org")
        file.flush()
        fcntl.flock(file, fcntl.LOCK_EX)
        yield "https://chat.example.org"


def test_the_version_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["--version"])

    assert ended.value.code == 0
    assert capsys.readouterr().out == f"liaochat {__version__}\n"


@pytest.mark.parametrize(
    "arguments", [[], ["nonsense"], ["serve", "--nonsense"], ["link", "a", "b"]]
)
def test_a_command_that_is_not_one_is_explained(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(arguments)

    assert ended.value.code == 2
    assert "usage: liaochat" in capsys.readouterr().err


def test_all_settings_are_printed_with_source_and_meaning(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LIAOCHAT_PORT", "9000")

    status = cli.main(["settings"])

    printed = capsys.readouterr().out
    assert status == 0
    assert "LIAOCHAT_PORT = 9000  [environment]\n    The port to listen on" in printed
    assert f"LIAOCHAT_DATA_DIR = {folder}  [environment]" in printed
    assert "LIAOCHAT_LOCAL_MODEL = (empty)  [default]" in printed
    assert len(re.findall(r"^LIAOCHAT_", printed, re.MULTILINE)) == len(fields(Settings))


def test_a_wrong_setting_is_one_sentence(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert folder.is_dir()
    monkeypatch.setenv("LIAOCHAT_PORT", "http")

    status = cli.main(["settings"])

    printed = capsys.readouterr()
    assert (status, printed.out) == (2, "")
    assert printed.err.count("\n") == 1
    assert "LIAOCHAT_PORT" in printed.err


@pytest.mark.parametrize("blocked", ["the folder is a file", "its parent is a file"])
def test_a_data_folder_that_cannot_be_made_is_one_sentence(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    blocked: str,
) -> None:
    file = folder / "file"
    file.write_text("")
    target = file if blocked == "the folder is a file" else file / "below"
    monkeypatch.setenv("LIAOCHAT_DATA_DIR", str(target))

    status = cli.main(["serve"])

    printed = capsys.readouterr()
    assert status == 2
    assert printed.err.count("\n") == 1
    assert str(target) in printed.err
    assert "LIAOCHAT_DATA_DIR" in printed.err


def test_a_link_opens_the_running_server_for_the_owner(
    running: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status = cli.main(["link"])

    printed = capsys.readouterr().out
    assert status == 0
    assert re.fullmatch(rf"Open {running}/sign-in/[\w-]{{43}}\n", printed)
    with closing(sqlite3.connect(folder / "liaochat.db")) as database:
        assert database.execute("SELECT count(*) FROM sign_in_links").fetchone() == (1,)


def test_a_link_for_nobody_is_refused_in_one_sentence(
    running: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert running

    status = cli.main(["link", "Nobody"])

    printed = capsys.readouterr()
    assert (status, printed.out) == (2, "")
    assert printed.err == "There is no user called “Nobody”.\n"


def test_a_link_for_who_is_disabled_is_refused_in_one_sentence(
    running: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert running
    assert cli.main(["link"]) == 0  # it makes the database
    with closing(sqlite3.connect(folder / "liaochat.db")) as database:
        database.execute(
            "INSERT INTO users (id, name, name_key, role, disabled_at, created_at) "
            "VALUES ('d', 'Dora', 'dora', 'member', 1, 1)"
        )
        database.commit()
    capsys.readouterr()

    status = cli.main(["link", "dora"])

    printed = capsys.readouterr()
    assert (status, printed.out) == (2, "")
    assert printed.err == "“Dora” is disabled. An owner can enable them under “Team”.\n"


def test_without_a_server_there_is_no_link(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "server.address").write_text("https://stale.example.org")

    status = cli.main(["link"])

    printed = capsys.readouterr()
    assert (status, printed.out) == (2, "")
    assert "liaochat serve" in printed.err
    assert not (folder / "liaochat.db").exists()


def test_a_header_that_anybody_could_send_stops_the_start(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIAOCHAT_USER_HEADER", "X-Forwarded-User")
    settings, _ = load_settings(os.environ)

    with pytest.raises(ConfigurationError, match="anybody could say who they are"):
        create_app(settings)
    assert list(folder.iterdir()) == []
