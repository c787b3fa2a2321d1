"""Several models on this machine and one process for all: real llama.cpp, real turns."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.providers.conftest import Reading, question, read, the_packaged
from webapp import errors
from webapp.providers.base import Parameters, Turn, Used
from webapp.providers.local import Local
from webapp.providers.local_files import find_local_models
from webapp.providers.local_wire import answer_tokens, request_body, spoken_in_turn

if TYPE_CHECKING:
    from collections.abc import Iterator

    from webapp.providers.base import Question
    from webapp.providers.local_files import LocalFile

_LONG = "Tell a long story about the sea."


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> tuple[LocalFile, ...]:
    """Two models in a folder, which are one under two names."""
    folder = tmp_path_factory.mktemp("models")
    for name in ("first", "second"):
        (folder / f"{name}.gguf").symlink_to(the_packaged().path)
    return find_local_models(folder, context=2048)


@pytest.fixture
def local(two: tuple[LocalFile, ...]) -> Iterator[Local]:
    provider = Local(two)
    yield provider
    provider.close()


def _short(file: LocalFile) -> Question:
    """A question with an answer of a few tokens, which is then broken off."""
    asked = question("Hello", model=file.model)
    return replace(asked, parameters=Parameters(max_tokens=6))


def _process(local: Local) -> int:
    assert local.pid is not None
    return local.pid


def test_another_model_takes_the_place_of_the_one_that_is_loaded(local, two):
    first, second = two
    read(local, _short(first))
    before = _process(local)

    ended = read(local, _short(second))

    assert ended.text
    standing = local.standing()
    assert standing is not None
    assert standing.file == second
    assert not Path(f"/proc/{before}").exists()


def test_a_question_for_another_model_waits_until_nothing_runs(local, two):
    first, second = two
    running = Reading(local, question(_LONG, model=first.model))
    running.wait_for_piece()
    before = _process(local)

    waiting = Reading(local, _short(second))
    late = Reading(local, _short(first))
    waiting.never_within(0.5)
    undisturbed = _process(local) == before
    running.cancel()

    assert undisturbed
    assert waiting.join(60).text
    assert late.join(60).text
    assert running.join(60).error is None


def test_a_stop_reaches_a_question_that_waits_for_another_model(local, two):
    first, second = two
    running = Reading(local, question(_LONG, model=first.model))
    running.wait_for_piece()
    before = _process(local)
    waiting = Reading(local, _short(second))
    waiting.never_within(0.2)

    waiting.cancel()
    ended = waiting.join()

    assert (ended.error, ended.text) == (None, "")
    assert _process(local) == before
    running.cancel()
    running.join()


def test_many_questions_for_two_models_are_all_answered(local, two):
    readings = [Reading(local, _short(two[n % 2])) for n in range(4)]

    ended = [reading.join(100) for reading in readings]

    assert all(one.text for one in ended)
    assert {type(one.error) for one in ended} <= {type(None), errors.OutOfTokens}


def test_a_model_that_is_not_here_is_refused(local, two):
    ended = read(local, question("Hello", model=replace(two[0].model, id="third")))

    assert type(ended.error) is errors.ModelFailed
    assert local.pid is None


def test_memory_is_given_back_when_nobody_asks_and_the_next_question_loads_again(two):
    first = two[0]
    local = Local(two, idle=0.3)
    read(local, _short(first))
    process = Path(f"/proc/{_process(local)}")

    _wait_until_gone(process)

    assert local.standing() is None
    assert read(local, _short(first)).text
    local.close()


def test_an_answer_that_takes_longer_than_the_idle_time_is_left_alone(two):
    local = Local(two, idle=0.2)
    reading = Reading(local, question(_LONG, model=two[0].model))
    reading.wait_for_piece()
    process = _process(local)

    threading.Event().wait(0.6)

    assert local.pid == process
    reading.cancel()
    assert reading.join().error is None
    local.close()


def test_close_ends_the_idle_timer_too(two):
    threads = threading.active_count()
    local = Local(two, idle=600)
    read(local, _short(two[0]))

    local.close()

    assert threading.active_count() == threads


def test_the_memory_of_the_process_is_known_while_it_runs(local, two):
    nothing = local.standing()
    read(local, _short(two[0]))

    standing = local.standing()

    assert nothing is None
    assert standing is not None
    assert standing.file == two[0]
    if Path("/proc/self/statm").exists():
        assert standing.resident is not None
        assert two[0].size / 2 < standing.resident < 2**30


def test_tokens_are_counted_and_a_limit_is_kept(local, two):
    asked = replace(
        question("Tell a long story about the sea.", model=two[0].model),
        parameters=Parameters(temperature=0.0, seed=-1, max_tokens=5),
    )

    ended = read(local, asked)

    used = ended.pieces[-1]
    assert isinstance(used, Used)
    assert used.output_tokens == 5
    assert used.input_tokens > 10
    assert type(ended.error) is errors.OutOfTokens


def test_what_was_asked_for_beside_the_question_reaches_the_model():
    chosen = Parameters(temperature=0.5, top_p=0.8, seed=2**32 + 3, max_tokens=9000)
    asked = replace(question(), parameters=chosen)

    large, small = (request_body(asked, asked.turns, small=one, room=4000) for one in (False, True))

    assert (large["temperature"], large["top_p"], large["seed"]) == (0.5, 0.8, 3)
    assert large["max_tokens"] == 4000
    assert "repeat_penalty" not in large
    assert (small["temperature"], small["max_tokens"]) == (0.5, 768)
    assert small["repeat_penalty"] == 1.1
    assert answer_tokens(8192) == 768


def test_turns_are_made_to_alternate_and_to_begin_with_the_person():
    user, model = (lambda text: Turn("user", text)), (lambda text: Turn("assistant", text))

    assert spoken_in_turn([model("a"), user("b"), user("c"), model("d"), user("e")]) == [
        user("b\n\nc"),
        model("d"),
        user("e"),
    ]
    assert spoken_in_turn([model("a")]) == [model("a")]


def _wait_until_gone(process: Path) -> None:
    pause = threading.Event()
    for _ in range(500):
        if not process.exists():
            return
        pause.wait(0.02)
    raise TimeoutError("the process stayed")
