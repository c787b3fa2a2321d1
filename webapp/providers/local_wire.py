"""What llama.cpp is asked, and what it says: Chat Completions, one answer at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from webapp.errors import N_, LocalModelFailed, ModelFailed, OutOfTokens
from webapp.providers import completion_request
from webapp.providers.base import Cancellation, Piece, Question, Thought, Turn
from webapp.providers.completion_request import Dialect
from webapp.providers.completions import Completion
from webapp.providers.exchange import CutError, Exchange
from webapp.providers.failures import printable
from webapp.providers.wire import FailureInBandError

# Other models say themselves how they want to be sampled, or take what llama.cpp does.
_SMALL_SAMPLING = {
    "temperature": 0.3,
    "top_p": 0.9,
    "repeat_penalty": 1.1,
    "repeat_last_n": 128,
}
_ANSWER_TOKENS = 768
_SEEDS = 2**32
_DOCUMENT = 1_000_000


def answer_tokens(context: int) -> int:
    """How many tokens of a context are kept for the answer, at least."""
    return min(_ANSWER_TOKENS, context * 3 // 8)


def spoken_in_turn(turns: Iterable[Turn]) -> Sequence[Turn]:
    """Make turns alternate, a person's first: many chat templates refuse all else."""
    merged: list[Turn] = []
    for turn in turns:
        if merged and merged[-1].role == turn.role:
            both = f"{merged[-1].content}\n\n{turn.content}"
            merged[-1] = replace(turn, content=both, images=(*merged[-1].images, *turn.images))
        else:
            merged.append(turn)
    return merged[1:] if len(merged) > 1 and merged[0].role == "assistant" else merged


def request_body(
    question: Question, turns: Iterable[Turn], *, small: bool, room: int
) -> dict[str, Any]:
    """Ask for an answer of at most `room` tokens; a small model loses the thread before."""
    chosen = question.parameters
    most = min(room, _ANSWER_TOKENS) if small else room
    parameters = replace(
        chosen,
        max_tokens=most if chosen.max_tokens is None else min(most, chosen.max_tokens),
        seed=None if chosen.seed is None else chosen.seed % _SEEDS,
    )
    asked = replace(question, turns=tuple(turns), parameters=parameters)
    body = completion_request.request_body(asked, Dialect())
    return {**_SMALL_SAMPLING, **body} if small else body


def stream_pieces(exchange: Exchange, cancellation: Cancellation) -> Iterator[Piece]:
    """Read an answer to its end. One for which there was no room any more is `OutOfTokens`."""
    answer = Completion(document_limit=_DOCUMENT)
    said = False
    chunk = b"."
    try:
        while chunk and not answer.done:
            chunk = exchange.read()
            for piece in answer.feed(chunk) if chunk else answer.finish():
                if cancellation.cancelled:
                    return
                said = said or isinstance(piece, str | Thought)
                yield piece
    except FailureInBandError as error:
        raise LocalModelFailed(reason=printable(error.message)) from error
    if not answer.whole:
        raise CutError
    if answer.used is not None:
        yield answer.used
    if answer.ending == "length":
        raise OutOfTokens
    if not said:
        raise ModelFailed(reason=N_("it had nothing to say"))
