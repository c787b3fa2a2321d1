"""What answers: the protocol that every provider keeps, and the values it is given."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Literal, Protocol, Self

from webapp.errors import BadAuthCode

Payer = Literal["own", "team", "none"]
"""Whose auth code an answer is paid with."""

Effort = Literal["low", "medium", "high"]

_AUTH_CODE = re.compile(r"[\x21-\x7e]{1,512}")


@dataclass(frozen=True, slots=True)
class Model:
    """One model that a person can choose.

    `max_length` counts the characters of one message, `token_limit` the tokens of
    a whole request. 0 means unknown, not forbidden. `sees` says that it takes images,
    `parameters` names the fields of `Parameters` that it takes.
    """

    provider: str
    id: str
    name: str
    max_length: int = 0
    token_limit: int = 0
    needs_auth_code: bool = False
    note: str = ""
    sees: bool = False
    parameters: frozenset[str] = frozenset()

    @property
    def key(self) -> str:
        """The name of the model in forms and in the database: `provider/id`."""
        return f"{self.provider}/{self.id}"


@dataclass(frozen=True, slots=True)
class Parameters:
    """What is asked of a model beside the question; what is None it decides itself.

    The names are those of the Chat Completions API.
    """

    temperature: float | None = None
    top_p: float | None = None
    max_tokens: int | None = None
    seed: int | None = None
    reasoning_effort: Effort | None = None


@dataclass(frozen=True, slots=True)
class Image:
    """A picture that a question brings along: checked, re-encoded, and not large."""

    media_type: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Turn:
    role: Literal["user", "assistant"]
    content: str
    images: tuple[Image, ...] = ()


class AuthCode:
    """A paid credential: it never shows itself, unless it is asked to by `reveal`."""

    __slots__ = ("_code",)

    def __init__(self, code: str) -> None:
        self._code = code

    @classmethod
    def parse(cls, text: str) -> Self:
        """Accept what can stand in an HTTP header; raise `BadAuthCode` for all else."""
        code = text.strip()
        if not _AUTH_CODE.fullmatch(code):
            raise BadAuthCode
        return cls(code)

    def reveal(self) -> str:
        return self._code

    @property
    def sendable(self) -> bool:
        """Whether it can stand in a header; a library's refusal would quote it."""
        return _AUTH_CODE.fullmatch(self._code) is not None

    @property
    def tail(self) -> str:
        """The last four characters, or fewer of a short code: half of it stays unseen."""
        return self._code[-min(4, len(self._code) // 2) :] if len(self._code) > 1 else ""

    def __repr__(self) -> str:
        return "AuthCode(…)"


@dataclass(frozen=True, slots=True)
class Listed:
    """A model that a provider says it offers. `name` is the id where it names none."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Question:
    """Everything a provider needs for one answer. `turns` run from oldest to newest."""

    conversation_id: str
    model: Model
    system: str
    turns: tuple[Turn, ...]
    auth_code: AuthCode | None = None
    parameters: Parameters = Parameters()


@dataclass(frozen=True, slots=True)
class Thought:
    """A piece of what a model says to itself before it answers. It is never empty."""

    text: str


@dataclass(frozen=True, slots=True)
class Answered:
    """Which of a provider's hosts has begun to answer, where it has several."""

    host: str


@dataclass(frozen=True, slots=True)
class Used:
    """The tokens that the provider itself counted for one answer."""

    input_tokens: int
    output_tokens: int


Piece = str | Thought | Answered | Used
"""What comes of an answer: its text as str, and what is told beside it."""


class Cancellation:
    """A wish to stop, that wakes whoever waits on a silent upstream.

    `cancel` may come from any thread, before or after a provider attaches the
    call that wakes it; the call is made exactly once in either order.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._cancelled = False
        self._wake: Callable[[], None] | None = None

    @property
    def cancelled(self) -> bool:
        return self._cancelled

    def cancel(self) -> None:
        with self._lock:
            self._cancelled = True
            wake, self._wake = self._wake, None
        if wake is not None:
            wake()

    def attach(self, wake: Callable[[], None]) -> None:
        """Have `wake` called at cancellation; at once if that has been."""
        with self._lock:
            if not self._cancelled:
                self._wake = wake
                return
        wake()

    def detach(self) -> None:
        with self._lock:
            self._wake = None


class Provider(Protocol):
    """A way to an answer. One instance serves all threads."""

    name: str
    """The provider's key in `Model.provider`."""

    title: str
    """The provider's name for people."""

    def stream(self, question: Question, cancellation: Cancellation) -> Iterator[Piece]:
        """Yield the answer's text, each piece as soon as it is here, never empty.

        A normal return means that the answer is complete as far as can be known,
        or that it was cancelled. Everything else raises a `ProviderError`, also
        after text was yielded. Nothing is retried after the first byte.
        """
        ...

    def close(self) -> None:
        """Let go of processes and connections. May be called twice."""
        ...
