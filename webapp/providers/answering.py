"""Read one answer to a Chat Completions request, up to its limits, and say how it ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from webapp.errors import (
    AnswerEnded,
    AnswerFiltered,
    AnswerTooLong,
    BrokenOff,
    EmptyAnswer,
    ModelFailed,
    OutOfTokens,
    ProviderError,
    SilentTooLong,
    Unintelligible,
    WebPage,
)
from webapp.providers.base import Thought
from webapp.providers.completions import Completion, PageError
from webapp.providers.exchange import CutError, SilenceError
from webapp.providers.failures import printable
from webapp.providers.sse import MalformedEventError
from webapp.providers.wire import FailureInBandError

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from webapp.providers.base import Cancellation, Piece
    from webapp.providers.exchange import Exchange
    from webapp.providers.host import Host

_DOCUMENT_CHARACTERS = 8
"""Of JSON for one of the answer, which may be written as `\\u1234`, and some to spare."""

_DOCUMENT_FRAME = 1_000_000

_LAST_WORDS = 5.0
"""Seconds to wait for what may follow the end of an answer: the count of its tokens."""

_NO_ANSWERS = (FailureInBandError, MalformedEventError, PageError)


def read_answer(
    host: Host, exchange: Exchange, cancellation: Cancellation, *, limit: int
) -> Generator[Piece, None, ProviderError | None]:
    """Give out the answer that a host has begun, and return what ended it early.

    `limit` counts the characters of the text, and those of the thoughts. What failed is
    returned, so that nothing is chained to it.
    """
    answer = Completion(document_limit=_DOCUMENT_CHARACTERS * limit + _DOCUMENT_FRAME)
    blank = True
    trouble: ProviderError | None = None
    try:
        for piece in _pieces(answer, exchange, limit):
            if cancellation.cancelled:
                return None
            blank = blank and not (isinstance(piece, str) and piece.strip())
            yield piece
    except AnswerTooLong as error:
        trouble = error
    except (CutError, SilenceError) as error:
        trouble = None if answer.whole else _failure(error, host, exchange)
        yield from answer.held_back()
    except _NO_ANSWERS as error:
        trouble = _failure(error, host, exchange)
        yield from answer.held_back()
    else:
        trouble = None if answer.whole else BrokenOff(host=host.name)
    if answer.used is not None:
        yield answer.used
    return trouble or _early_end(answer, host, blank=blank)


def _pieces(answer: Completion, exchange: Exchange, limit: int) -> Iterator[str | Thought]:
    """Read until the end, or as much text and as many thoughts as are allowed."""
    left = {str: limit, Thought: limit}
    chunk = b"."
    while chunk and not answer.done:
        chunk = exchange.read()
        for piece in answer.feed(chunk) if chunk else answer.finish():
            if (kept := _beginning(piece, left[type(piece)])) is not None:
                yield kept
            left[type(piece)] -= _length(piece)
            if left[type(piece)] < 0:
                raise AnswerTooLong(limit=limit)
        if answer.finish_reason:
            exchange.hurry(_LAST_WORDS)


def _length(piece: str | Thought) -> int:
    return len(piece if isinstance(piece, str) else piece.text)


def _beginning(piece: str | Thought, limit: int) -> str | Thought | None:
    """Cut a piece at a limit; None where nothing is left of it."""
    if limit <= 0 or _length(piece) <= limit:
        return piece if limit > 0 else None
    return piece[:limit] if isinstance(piece, str) else Thought(piece.text[:limit])


def _failure(error: Exception, host: Host, exchange: Exchange) -> ProviderError:
    """Say what broke an answer off that had begun."""
    match error:
        case SilenceError():
            return SilentTooLong(host=host.name, seconds=exchange.patience)
        case CutError():
            return BrokenOff(host=host.name)
        case PageError():
            return WebPage(host=host.name)
        case FailureInBandError():
            return host.failure_in_band(error)
    return Unintelligible(host=host.name)


def _early_end(answer: Completion, host: Host, *, blank: bool) -> ProviderError | None:
    """Say why an answer that was ended properly is not what was asked for."""
    match answer.ending:
        case "length":
            return OutOfTokens()
        case "filter":
            return AnswerFiltered(host=host.name)
        case "error":
            return ModelFailed(reason="it gave no reason")
        case "other":
            reason = printable(host.without_key(answer.finish_reason))
            return AnswerEnded(host=host.name, reason=reason)
    return EmptyAnswer(host=host.name) if blank else None
