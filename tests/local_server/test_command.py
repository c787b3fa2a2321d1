"""The command `liaochat local-server` as a process, with the real model."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import requests

from tests.local_server.conftest import CODE
from tests.support.page import Page
from tests.support.server import Browser, Server
from tests.support.timing import in_time
from webapp import cli

_EVERYWHERE = "0.0.0.0"  # noqa: S104
_ID = "SmolLM2-135M-Instruct.Q4_1"


class Command:
    """The command on a free port, from its start to its end."""

    def __init__(self, folder: Path, *arguments: str, **environ: str) -> None:
        clean = {name: text for name, text in os.environ.items() if "LIAOCHAT" not in name}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "webapp", "local-server", "--port", "0", *arguments],
            env={**clean, "LIAOCHAT_DATA_DIR": str(folder), **environ},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert self.process.stdout is not None
        self.said = "".join(self.process.stdout.readline() for _ in range(4))
        found = re.search(r"Like Liaobots: +(\S+)", self.said)
        assert found, self.said + self.process.stdout.read()
        self.url = found[1]

    def end(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        status = self.process.wait(10)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return status


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Command]]:
    with ExitStack() as stack:

        def run(*arguments: str, **environ: str) -> Command:
            command = Command(tmp_path, *arguments, **environ)
            stack.callback(command.end)
            return command

        yield run


def _children(process: int) -> list[int]:
    tasks = Path(f"/proc/{process}/task").glob("*/children")
    return [int(one) for task in tasks for one in task.read_text("ascii").split()]


def test_a_signal_ends_it_soon_also_in_the_middle_of_an_answer(
    start: Callable[..., Command],
) -> None:
    command = start()
    body = {"model": {"id": _ID}, "messages": [{"role": "user", "content": "Tell a long story."}]}
    answer = requests.post(f"{command.url}/api/chat", json=body, stream=True, timeout=30)
    first = answer.raw.read1(100)
    (model,) = _children(command.process.pid)
    begun = time.monotonic()

    status = command.end()

    assert first
    assert status == 0
    in_time(time.monotonic() - begun, 3)
    assert not Path(f"/proc/{model}").exists()


def test_where_others_can_reach_it_a_code_is_made_and_shown_once(
    start: Callable[..., Command],
) -> None:
    command = start("--host", _EVERYWHERE)
    made = re.search(r"Auth code: +(\S{32})  \(made for this start", command.said)

    without = requests.get(f"{command.url}/v1/models", timeout=10)
    assert made is not None
    headers = {"Authorization": f"Bearer {made[1]}"}
    listed = requests.get(f"{command.url}/v1/models", headers=headers, timeout=10)

    assert without.status_code == 401
    assert listed.json()["data"][0]["id"] == _ID


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (
            ["--host", _EVERYWHERE, "--auth-code", "test-short"],
            "is too short where others can reach",
        ),
        (["--auth-code", "with blanks"], "only visible ASCII characters"),
        (["--host", "192.0.2.1"], "Nothing can listen on 192.0.2.1"),
    ],
)
def test_a_start_that_cannot_be_is_one_sentence(
    arguments: list[str],
    reason: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("LIAOCHAT_DATA_DIR", str(tmp_path))

    status = cli.main(["local-server", "--port", "0", *arguments])

    printed = capsys.readouterr()
    assert (status, printed.out) == (2, "")
    assert reason in printed.err
    assert "test-short" not in printed.err


def test_a_folder_without_a_model_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LIAOCHAT_LOCAL_MODEL", str(tmp_path))

    status = cli.main(["local-server", "--port", "0"])

    assert status == 2
    assert "in which no model can be used" in capsys.readouterr().err


@pytest.mark.parametrize("port", ["x", "-1", "65536", "8.0"])
def test_a_port_that_is_none_is_told_with_the_usage(
    port: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        cli.main(["local-server", f"--port={port}"])

    assert "a whole number from 0 to 65535" in capsys.readouterr().err


def test_liaochat_asks_it_as_it_asks_liaobots_and_is_answered_by_the_real_model(
    start: Callable[..., Command], tmp_path: Path
) -> None:
    command = start(LIAOCHAT_LOCAL_SERVER_CODE=CODE)
    models = tmp_path / "models.toml"
    models.write_text(f'[[models]]\nid = "{_ID}"\nname = "Heron"\ntokenLimit = 2048\n')
    settings = {"liaobots_url": command.url, "models_file": str(models)}

    with Server(tmp_path / "data", settings) as server, Browser(server) as browser:
        browser.use(f"liaobots/{_ID}", CODE)
        answered = _ask(browser)
        browser.use(f"liaobots/{_ID}", "test-another-code")
        refused = browser.get(f"/c/{_ask(browser).conversation}").text

    assert CODE not in command.said
    assert answered.answer.state == "complete"
    assert answered.text()
    assert "The auth code was refused" in refused


def _ask(browser: Browser) -> Page:
    page = browser.open()
    page.send("Say hello.")
    page.wait("ended", timeout=60)
    return page
