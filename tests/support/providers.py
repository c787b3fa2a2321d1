"""A provider that works: it answers what a test has enqueued, step by step."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator

from webapp.providers.base import Answered, Cancellation, Model, Piece, Question, Thought, Used

MODEL = Model("scripted", "model", "Scripted", max_length=2000)
PAID_MODEL = Model("scripted", "paid", "Paid", max_length=2000, needs_auth_code=True)

Step = Piece | BaseException | threading.Event | Callable[[], object]
"""A piece of an answer, an error to raise, an event to wait for, or something to do."""


class ScriptedProvider:
    """Plays one script for each question, in order. An event is waited for, or Stop."""

    name = "scripted"
    title = "Scripted"

    def __init__(self) -> None:
        self.questions: list[Question] = []
        self._scripts: deque[list[Step]] = deque()
        self._changed = threading.Condition()
        self._begun = 0
        self._left = 0

    def enqueue(self, steps: Iterable[Step]) -> None:
        self._scripts.append(list(steps))

    def stream(self, question: Question, cancellation: Cancellation) -> Iterator[Piece]:
        with self._changed:
            self.questions.append(question)
            script = self._scripts.popleft()
            self._begun += 1
            self._changed.notify_all()
        try:
            for step in script:
                if isinstance(step, str | Thought | Answered | Used):
                    yield step
                elif isinstance(step, BaseException):
                    raise step
                elif isinstance(step, threading.Event):
                    cancellation.attach(step.set)
                    assert step.wait(20), "nobody opened the gate"
                    cancellation.detach()
                else:
                    step()
        finally:
            with self._changed:
                self._left += 1
                self._changed.notify_all()

    def wait_begun(self, count: int = 1) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: self._begun >= count, 10)

    def wait_left(self, count: int = 1) -> None:
        """Wait until so many answers have been read to their end, or given up."""
        with self._changed:
            assert self._changed.wait_for(lambda: self._left >= count, 10)

    def close(self) -> None:
        pass
