"""What llama.cpp is asked, and what it says: Chat Completions, one answer at a time."""

from __future__ import annotations

import codecs
import dataclasses
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from webapp.errors import N_, AnswerTooLong, LocalModelFailed, ModelFailed
from webapp.providers.base import Cancellation, Piece, Question, Thought, Turn, Used
from webapp.providers.exchange import CutError, Exchange
from webapp.providers.failures import printable
from webapp.providers.sse import EventObjects, delta_text, error_message
from webapp.providers.wire import storable

# Other models say themselves how they want to be sampled, or take what llama.cpp does.
_SMALL_SAMPLING = {
    "temperature": 0.3,
    "top_p": 0.9,
    "repeat_penalty": 1.1,
    "repeat_last_n": 128,
}
_ANSWER_TOKENS = 768
_SEEDS = 2**32


def answer_tokens(context: int) -> int:
    """How many tokens of a context are kept for the answer, at least."""
    return min(_ANSWER_TOKENS, context * 3 // 8)


def spoken_in_turn(turns: Iterable[Turn]) -> Sequence[Turn]:
    """Make turns alternate, a person's first: many chat templates refuse all else."""
    merged: list[Turn] = []
    for turn in turns:
        if merged and merged[-1].role == turn.role:
            both = f"{merged[-1].content}\n\n{turn.content}"
            merged[-1] = dataclasses.replace(turn, content=both)
        else:
            merged.append(turn)
    return merged[1:] if len(merged) > 1 and merged[0].role == "assistant" else merged


def request_body(
    question: Question, turns: Iterable[Turn], *, small: bool, room: int
) -> dict[str, Any]:
    """Ask for an answer of at most `room` tokens; a small model loses the thread before."""
    chosen = question.parameters
    most = min(room, _ANSWER_TOKENS) if small else room
    system = [{"role": "system", "content": question.system}] if question.system else []
    given = {
        "temperature": chosen.temperature,
        "top_p": chosen.top_p,
        "seed": None if chosen.seed is None else chosen.seed % _SEEDS,
    }
    return {
        "messages": [*system, *({"role": one.role, "content": one.content} for one in turns)],
        "stream": True,
        "stream_options": {"include_usage": True},
        **(_SMALL_SAMPLING if small else {}),
        **{name: value for name, value in given.items() if value is not None},
        "max_tokens": most if chosen.max_tokens is None else min(most, chosen.max_tokens),
    }


def stream_pieces(exchange: Exchange, cancellation: Cancellation) -> Iterator[Piece]:
    """Read an answer to its end. One that the model had to break off is `AnswerTooLong`."""
    decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
    events = EventObjects()
    length, thought, ended = 0, False, ""
    while not events.done and (chunk := exchange.read()):
        for event in events.feed(decoder.decode(chunk)):
            if event.get("error"):
                raise LocalModelFailed(reason=printable(error_message(event)))
            if cancellation.cancelled:
                return
            ended = _finish_reason(event) or ended
            for piece in _pieces(event):
                if isinstance(piece, str):
                    length += len(piece)
                thought = thought or isinstance(piece, Thought)
                yield piece
    if not events.done:
        raise CutError
    if ended == "length":
        raise AnswerTooLong(limit=length)
    if not length and not thought:
        raise ModelFailed(reason=N_("it had nothing to say"))


def _pieces(event: Mapping[str, Any]) -> Iterator[Piece]:
    choices = event.get("choices")
    delta = choices[0].get("delta") if choices else None
    reasoning = delta.get("reasoning_content") if isinstance(delta, dict) else None
    if isinstance(reasoning, str) and reasoning:
        yield Thought(storable(reasoning))
    if text := storable(delta_text(dict(event))):
        yield text
    usage = event.get("usage")
    if isinstance(usage, dict) and not choices:
        yield Used(usage["prompt_tokens"], usage["completion_tokens"])


def _finish_reason(event: Mapping[str, Any]) -> str:
    choices = event.get("choices")
    reason = choices[0].get("finish_reason") if choices else None
    return reason if isinstance(reason, str) else ""
