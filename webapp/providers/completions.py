"""Read what a server says to a Chat Completions request. Pure: no socket, no clock.

https://platform.openai.com/docs/api-reference/chat-streaming gives the events: server-sent,
one JSON object each, `[DONE]` behind the last. Servers add to it and leave out: thoughts come
as `reasoning_content`, as `reasoning` or in tags (`think_tags`), text in parts, errors as an
event, and who ignores `stream` sends one object with a `message` in place of the `delta`. What
it is shows in the first character: no line of an event stream that says anything begins with a
brace or a `<`.
"""

from __future__ import annotations

import codecs
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Literal

from webapp.providers.base import Thought, Used
from webapp.providers.refusals import error_status
from webapp.providers.sse import (
    EventObjects,
    MalformedEventError,
    SurrogateJoiner,
    error_message,
    parse_object,
)
from webapp.providers.think_tags import OpeningThought
from webapp.providers.wire import FailureInBandError, storable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Ending = Literal["complete", "length", "filter", "error", "other"]

_ENDINGS: dict[str, Ending] = {
    **dict.fromkeys(("stop", "stop_sequence", "end_turn", "eos", "eos_token"), "complete"),
    **dict.fromkeys(("length", "max_tokens", "model_length"), "length"),
    **dict.fromkeys(("content_filter", "safety", "sensitive"), "filter"),
    "error": "error",
}
_FIELDS = ("data:", "event:", "id:", "retry:", ":")
_LONGEST_FIELD = max(map(len, _FIELDS))
_MOST_TOKENS = 10**12
_BYTES_PER_CHARACTER = 1024
"""More than any server needs: an event for one letter has 200 to 400."""

_BYTES_OF_NOTHING = 8_000_000
"""For what tells nothing: signs of life, events for thoughts that are kept secret."""


class PageError(Exception):
    """The body is a page for a browser."""


class Completion:
    """One answer with status 200, as its bytes come in.

    `feed` and `finish` yield text and thoughts, never empty, and raise `FailureInBandError`,
    `PageError` or `MalformedEventError` where the body turns out to be something else, after
    what came before it. A body without events may have `document_limit` characters.
    """

    def __init__(self, *, document_limit: int) -> None:
        self.done = False
        """The server said that nothing follows."""
        self.finish_reason = ""
        self.used: Used | None = None
        self._document_limit = document_limit
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")(errors="replace")
        self._form: Literal["events", "document"] | None = None
        self._start = ""
        self._heard = False
        self._idle = 0
        self._document: list[str] = []
        self._events = EventObjects()
        self._texts, self._thoughts = SurrogateJoiner(), SurrogateJoiner()
        self._opening = OpeningThought()

    @property
    def whole(self) -> bool:
        """Nothing of the answer is missing, as far as can be known."""
        return self.done or self.finish_reason != ""

    @property
    def ending(self) -> Ending:
        return (
            _ENDINGS.get(self.finish_reason.lower(), "other") if self.finish_reason else "complete"
        )

    def feed(self, chunk: bytes) -> Iterator[str | Thought]:
        self._idle += len(chunk)
        return _joined(self._feed(self._decoder.decode(chunk)))

    def finish(self) -> Iterator[str | Thought]:
        """Read what needs the end to be understood, now that the body is complete."""
        return _joined(self._finish())

    def held_back(self) -> Iterator[str | Thought]:
        """Give out what might have been the beginning of a tag, where the body broke off."""
        return self._opening.flush()

    def _feed(self, text: str) -> Iterator[str | Thought]:
        if self._form is None:
            text = text.lstrip()
            if not text:
                return
            if text.startswith("<"):
                raise PageError
            self._form = "document" if text.startswith("{") else "events"
        if self._form == "document":
            self._keep(text)
            return
        self._start = (self._start + text[:_LONGEST_FIELD])[:_LONGEST_FIELD]
        for piece in self._read(self._events.feed(text)):
            letters = len(piece if isinstance(piece, str) else piece.text)
            self._idle = max(self._idle - letters * _BYTES_PER_CHARACTER, 0)
            yield piece
        self.done = self._events.done
        if self.whole:
            yield from self._opening.flush()
        if self._idle > _BYTES_OF_NOTHING:
            raise MalformedEventError

    def _finish(self) -> Iterator[str | Thought]:
        match self._form:
            case None:
                self.done = True  # and empty
            case "document":
                document = "".join(self._document).rstrip()
                if not document.endswith("}"):
                    return  # a cut one
                if (event := parse_object(document)) is None:
                    raise MalformedEventError
                yield from self._read([event])
                self.done = True
            case "events" if not self.done:
                with suppress(MalformedEventError):  # a cut one: the answer is not whole
                    yield from self._read(self._events.finish())
                if not self._heard and not self._start.startswith(_FIELDS):
                    raise MalformedEventError
        yield from self._opening.flush()

    def _keep(self, text: str) -> None:
        self._document.append(text)
        self._document_limit -= len(text)
        if self._document_limit < 0:
            raise MalformedEventError

    def _read(self, events: Iterable[dict[str, Any]]) -> Iterator[str | Thought]:
        for event in events:
            self._heard = True
            _raise_error(event)
            self.used = _usage(event) or self.used
            choice = _first_choice(event)
            reason = choice.get("finish_reason")
            if isinstance(reason, str):
                self.finish_reason = reason or self.finish_reason
            said = choice.get("delta") or choice.get("message")
            if isinstance(said, dict):
                yield from self._said(said)

    def _said(self, said: dict[str, Any]) -> Iterator[str | Thought]:
        text, thought = _content(said)
        if thought := storable(self._thoughts.feed(thought)):
            yield from self._opening.leave()
            yield Thought(thought)
        if text := storable(self._texts.feed(text)):
            yield from self._opening.feed(text)


def _joined(pieces: Iterator[str | Thought]) -> Iterator[str | Thought]:
    """Make one piece of neighbours of a kind; give out what came before an error."""
    texts: list[str] = []
    thoughts: list[str] = []
    trouble: Exception | None = None
    try:
        for piece in pieces:
            if isinstance(piece, str):
                if thoughts:
                    yield Thought("".join(thoughts))
                    thoughts = []
                texts.append(piece)
            else:
                if texts:
                    yield "".join(texts)
                    texts = []
                thoughts.append(piece.text)
    except (FailureInBandError, MalformedEventError, PageError) as error:
        trouble = error
    if thoughts:
        yield Thought("".join(thoughts))
    if texts:
        yield "".join(texts)
    if trouble is not None:
        raise trouble


def _raise_error(event: dict[str, Any]) -> None:
    if event.get("error") or event.get("object") == "error":
        raise FailureInBandError(error_status(event), error_message(event))


def _first_choice(event: dict[str, Any]) -> dict[str, Any]:
    choices = event.get("choices")
    first = choices[0] if isinstance(choices, list) and choices else None
    return first if isinstance(first, dict) else {}


def _content(said: dict[str, Any]) -> tuple[str, str]:
    """Take text and thought out of a delta or a message.

    Some servers send a thought under both names, so that only one of them is taken.
    """
    content = said.get("content")
    text, thought = _parts(content) if isinstance(content, list) else (content, None)
    for name in ("reasoning_content", "reasoning"):
        thought = thought or said.get(name)
    text = text or said.get("refusal")
    return text if isinstance(text, str) else "", thought if isinstance(thought, str) else ""


def _parts(content: list[Any]) -> tuple[Any, Any]:
    """Read a content in parts: `{"type": "text", "text": …}`, or `thinking` with such within."""
    parts = [part for part in content if isinstance(part, dict)]
    thoughts = [part["thinking"] for part in parts if isinstance(part.get("thinking"), list)]
    inner = [one for thought in thoughts for one in thought if isinstance(one, dict)]
    text, thought = (
        "".join(text for one in found if isinstance(text := one.get("text"), str))
        for found in (parts, inner)
    )
    return text, thought


def _usage(event: dict[str, Any]) -> Used | None:
    usage = event.get("usage")
    if not isinstance(usage, dict):
        return None
    counts = [usage.get(name) for name in ("prompt_tokens", "completion_tokens")]
    tokens = [
        count
        for count in counts
        if isinstance(count, int) and not isinstance(count, bool) and 0 <= count < _MOST_TOKENS
    ]
    return Used(*tokens) if len(tokens) == len(counts) else None
