"""What every provider keeps, whatever it speaks: `webapp.providers.base.Provider`."""

from __future__ import annotations

import threading
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pytest

from tests.local_server.conftest import served
from tests.providers.conftest import GPT_4, PLAIN, Reading, question, read, the_packaged
from tests.support.independent import Independent
from tests.support.llama import Llama
from tests.support.timing import in_time
from tests.upstream import upstream as start_upstream
from webapp.providers.base import (
    Answered,
    AuthCode,
    Cancellation,
    Model,
    Parameters,
    Thought,
    Used,
)
from webapp.providers.liaobots import Liaobots
from webapp.providers.local import Local
from webapp.providers.openai import OpenAI

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from webapp.providers.base import Provider, Question

HELLO, STORY = "Say hello.", "Tell a long story about the sea."


@dataclass
class Case:
    provider: Provider
    model: Model
    short: str
    long: str

    def ask(self, text: str) -> Question:
        asked = question(text, model=self.model)
        if "temperature" not in self.model.parameters:
            return asked
        # A model that draws its words may go on to the limit of its tokens.
        return replace(asked, parameters=Parameters(temperature=0))


def _openai(*urls: str, name: str = PLAIN.provider, key: str | None = None) -> OpenAI:
    return OpenAI(
        [f"{url}/v1" for url in urls],
        name=name,
        title="A server",
        key=None if key is None else AuthCode(key),
        connect_timeout=5,
        read_timeout=60,
        total_timeout=120,
        answer_limit=100_000,
    )


def _classic(scenario: str) -> Callable[[ExitStack, Path], Case]:
    """Liaobots by its classic door, in one of the forms that its answers have."""

    def start(stack: ExitStack, _: Path) -> Case:
        url = stack.enter_context(start_upstream(pace=0.01)).url
        provider = Liaobots(url, connect_timeout=5, read_timeout=5, answer_limit=100_000)
        return Case(provider, GPT_4, scenario, scenario)

    return start


def _official(stack: ExitStack, _: Path) -> Case:
    """Liaobots by its official door, with a backup."""
    urls = [stack.enter_context(start_upstream(pace=0.01)).url for _ in range(2)]
    return Case(_openai(*urls, name="liaobots"), GPT_4, "#default", "#default")


def _thinking(stack: ExitStack, _: Path) -> Case:
    """A server of which no key is wanted, and whose model thinks before it answers."""
    server = stack.enter_context(start_upstream(pace=0.03, keyless=True))
    return Case(_openai(server.url), PLAIN, "#think", "#think")


def _llama(stack: ExitStack, _: Path) -> Case:
    """The API of llama.cpp, as somebody else would run it."""
    server = stack.enter_context(Llama(context=2048, slots=2))
    return Case(_openai(server.url, key=server.key), PLAIN, HELLO, STORY)


def _independent(stack: ExitStack, folder: Path) -> Case:
    server = stack.enter_context(Independent(folder))
    return Case(_openai(server.url), PLAIN, HELLO, STORY)


def _local(_: ExitStack, __: Path) -> Case:
    file = the_packaged()
    return Case(Local([file]), file.model, HELLO, STORY)


def _served(stack: ExitStack) -> tuple[str, Model]:
    """What `liaochat local-server` makes of the model on this machine."""
    local = Local([the_packaged()])
    stack.callback(local.close)
    return stack.enter_context(served(local, local.models[0])).url, local.models[0]


def _served_as_liaobots(stack: ExitStack, _: Path) -> Case:
    url, model = _served(stack)
    provider = Liaobots(url, connect_timeout=5, read_timeout=60, answer_limit=100_000)
    return Case(provider, replace(model, provider=provider.name), HELLO, STORY)


def _served_as_openai(stack: ExitStack, _: Path) -> Case:
    url, model = _served(stack)
    return Case(_openai(url), replace(PLAIN, id=model.id), HELLO, STORY)


CASES = {
    "raw": _classic("#default"),
    "events": _classic("#sse"),
    "lines": _classic("#data-lines"),
    "official": _official,
    "thinking": _thinking,
    "llama.cpp": _llama,
    "fakellm": _independent,
    "local": _local,
    "served as Liaobots": _served_as_liaobots,
    "served as OpenAI": _served_as_openai,
}


@pytest.fixture(scope="module", params=CASES)
def case(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Case]:
    with ExitStack() as stack:
        started = CASES[request.param](stack, tmp_path_factory.mktemp("contract"))
        yield started
        started.provider.close()


def test_a_provider_is_named_like_its_models(case):
    assert case.provider.name == case.model.provider
    assert case.provider.title


def test_an_answer_comes_in_pieces_that_are_never_empty(case):
    ended = read(case.provider, case.ask(case.short))

    assert ended.error is None
    assert len([piece for piece in ended.pieces if isinstance(piece, str)]) > 1
    assert "" not in ended.pieces
    assert Thought("") not in ended.pieces


def test_a_host_is_named_before_all_else_and_tokens_are_counted_once(case):
    kinds = [type(piece) for piece in read(case.provider, case.ask(case.short)).pieces]

    assert Answered not in kinds[1:]
    assert kinds.count(Used) <= 1


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
    in_time(reading.seconds_to_stop, 0.2)


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
