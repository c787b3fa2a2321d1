"""A run: one answer under way, as the runner knows it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from webapp.chat.ending import Told
from webapp.errors import LiaochatError, ServerRestarted
from webapp.lanes import Lane
from webapp.log.base import Ending
from webapp.providers.base import Answered, AuthCode, Cancellation, Payer, Question, Used
from webapp.store.text import one_line

_HOST_LENGTH = 200


@dataclass(slots=True, eq=False)
class Run:
    """A generation under way. Everything below `question` belongs to the runner."""

    generation_id: str
    message_id: str
    question: Question
    # What an unfinished answer had said, when this one goes on with it.
    begins_with: str = ""
    payer: Payer = "own"
    # Where it has to wait for others, if it may have to, and who is told of its place; and
    # what finds the code that it is paid with then.
    lane: Lane | None = None
    asker_id: str = ""
    code_then: Callable[[], AuthCode | None] | None = None
    cancellation: Cancellation = field(default_factory=Cancellation)
    # Taken to append text and to conclude, so that no text follows a conclusion.
    lock: threading.Lock = field(default_factory=threading.Lock)
    concluded: bool = False
    # Whether its question was handed to the provider, which may be paid then.
    begun: bool = False
    # What the provider that was asked is called.
    asked: str = ""
    length: int = 0
    started: float = 0.0
    heard: float = 0.0
    # What was told beside the text: so many characters of thoughts, in so many seconds up to
    # the moment since when there are thoughts again, if there are.
    thoughts_length: int = 0
    thought_for: float = 0.0
    thinking_since: float | None = None
    host: str | None = None
    used: Used | None = None

    @property
    def spoke(self) -> bool:
        return self.length > len(self.begins_with)

    @property
    def told(self) -> Told:
        return Told(self.host, round(self.thought_for), self.used)

    def stop_thinking(self) -> None:
        """End its thoughts with what was heard last."""
        if self.thinking_since is not None:
            self.thought_for += self.heard - self.thinking_since
            self.thinking_since = None

    def note(self, piece: Answered | Used) -> None:
        """Keep what was told; what is told again takes its place."""
        match piece:
            case Answered():
                self.host = one_line(piece.host, _HOST_LENGTH) or None
            case Used():
                self.used = piece

    def broken_off(self, error: LiaochatError) -> Ending:
        """Make its end: with text or thoughts it is interrupted, without any it has failed."""
        came = self.length or self.thoughts_length
        return Ending("interrupted" if came else "failed", error.failure)

    def cut_off(self) -> Ending:
        """Make its end together with the server's: what had not begun could not fail."""
        if not self.begun:
            return Ending("interrupted", ServerRestarted().failure)
        return self.broken_off(ServerRestarted())
