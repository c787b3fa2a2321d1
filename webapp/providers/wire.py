"""Make text of the bytes that Liaobots answers with. Pure: no socket, no clock.

The classic answer is raw UTF-8 without a content type. Later ones came as lines
`data: {"content": "…"}` or as `text/event-stream`, at the same address. Failures come
with HTTP 200 too: a whole body of `Error` or `Too many requests`, an HTML page that
wants to see a human, an object with `"error": true`.

Which of them it is shows in the first bytes. As long as these could still become one
of the recognised openings they are held back, and not a byte longer.
"""

from __future__ import annotations

import codecs
import re
from typing import TYPE_CHECKING, Any, Literal

from webapp.providers.sse import (
    EventObjects,
    MalformedEventError,
    SurrogateJoiner,
    delta_text,
    error_message,
    parse_object,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

_WHOLE_BODIES = {"Error": 500, "Too many requests": 429, "Too many requests.": 429}
_HTML = ("<!doctype html", "<html")
_HTML_LENGTH = len(_HTML[0])
_EVENT_FIELDS = ("data:", "event:", "id:", "retry:", ":")
_EVENT_KEYS = {"content", "role", "error", "choices"}
_KNOWN_EVENT = re.compile(r'data:\s*\{\s*"(?:content|role|error|choices)"\s*:')
_ERROR_OBJECT = '{"error":true'
_HELD_LIMIT = 65_536
_HELD_BLANKS = 1_024


class FailureInBandError(Exception):
    """HTTP said 200, the body says otherwise."""

    def __init__(self, status: int, message: str = "") -> None:
        self.status = status
        self.message = message
        super().__init__(status)


class HumanCheckError(Exception):
    """The body is a page for a browser."""


class AnswerText:
    """The text of one answer with status 200, as its bytes come in.

    `feed` and `finish` raise `FailureInBandError` or `HumanCheckError` where the body turns
    out to be a failure. After `finish`, `unfinished` tells whether the answer stops
    inside a character or an object: a cut, however politely it was ended.
    """

    def __init__(self, content_type: str = "") -> None:
        self.done = False
        """The answer said itself that it is over."""
        self.unfinished = False
        self._type = content_type.partition(";")[0].strip().lower()
        # The codec drops a byte order mark at the start, and nowhere else.
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")(errors="replace")
        self._held = ""
        self._form: Literal["raw", "events"] | None = None
        self._events = EventObjects()
        self._joiner = SurrogateJoiner()

    def feed(self, chunk: bytes) -> str:
        text = self._decoder.decode(chunk)
        if self._form is None:
            self._held += text
            self._form = self._recognise(self._held, ended=False)
            if self._form is None:
                return ""
            text, self._held = self._held, ""
        return self._read(text)

    def finish(self) -> str:
        """Give out what was held back, now that the body is complete."""
        self.unfinished = self._decoder.getstate()[0] != b""
        text, self._held = self._held, ""
        if self._form is None:
            self._form = self._recognise(text, ended=not self.unfinished) or "raw"
            if self._form == "raw" and not text.strip():
                return ""
        text = self._read(text)
        if self._form == "events" and not self.done:
            text += self._read_objects(self._events.finish())
        self.unfinished |= self._joiner.unfinished
        return text

    def cut(self) -> str:
        """Give out what is still held back, now that nothing will follow that could explain it."""
        text, self._held = self._held, ""
        start = text.lstrip()
        a_field = self._type == "text/event-stream" and _begins(_EVENT_FIELDS, start)
        return "" if a_field or _KNOWN_EVENT.match(start) else storable(text)

    def _read(self, text: str) -> str:
        if self._form == "raw":
            return storable(text)
        return self._read_objects(self._events.feed(text))

    def _read_objects(self, objects: Iterable[dict[str, Any]]) -> str:
        texts = []
        try:
            for event in objects:
                raise_error(event)
                texts.append(self._joiner.feed(_content(event)))
        except MalformedEventError:
            self.unfinished = self.done = True
        except FailureInBandError:
            self._form, self._held = "raw", "".join(texts)  # for `cut`: it came before the failure
            raise
        self.done |= self._events.done
        return storable("".join(texts))

    def _recognise(self, held: str, *, ended: bool) -> Literal["raw", "events"] | None:
        """Tell the form of the answer; None while it cannot be told."""
        start = held.lstrip()
        if ended:
            _raise_whole_body(start)
        if self._type != "text/plain":  # a page that asks for a human never calls itself that
            lower = start[:_HTML_LENGTH].lower()
            if lower.startswith(_HTML):
                self._held = ""
                raise HumanCheckError
            if not ended and _begins(_HTML, lower):
                return None if len(held) <= _HELD_BLANKS else "raw"
        if start.startswith("data:") or (
            self._type == "text/event-stream" and start.startswith(_EVENT_FIELDS)
        ):
            return self._recognise_events(start, ended=ended)
        could_be = (
            "data:".startswith(start)
            or (self._type == "text/event-stream" and _begins(_EVENT_FIELDS, start))
            or (_begins(_WHOLE_BODIES, start.rstrip()) and len(held) <= _HELD_BLANKS)
            or self._could_be_object(start)
        )
        return None if could_be and not ended else "raw"

    def _recognise_events(self, start: str, *, ended: bool) -> Literal["raw", "events"] | None:
        if self._type == "text/event-stream":
            return "events"
        line, end, _ = start.partition("\n")
        text = line.removeprefix("data:").strip()
        if text == "[DONE]" and (end or ended):
            return "events"
        if (event := parse_object(text)) is not None:
            return "events" if _EVENT_KEYS & event.keys() else "raw"
        if ended and _KNOWN_EVENT.match(line):
            return "events"  # and a cut one
        could_be = not text or text[0] == "{" or "[DONE]".startswith(text)
        return None if could_be and not end and not ended and len(line) < _HELD_LIMIT else "raw"

    def _could_be_object(self, start: str) -> bool:
        """Say whether the body may still turn out to be one object that reports a failure."""
        if self._type == "application/json":
            return start.startswith("{") and len(start) <= _HELD_LIMIT
        compact = re.sub(r"\s", "", start[:64])[: len(_ERROR_OBJECT)]
        return _ERROR_OBJECT.startswith(compact) and len(start) <= _HELD_BLANKS


def storable(text: str) -> str:
    """Replace NUL, which neither HTML nor PostgreSQL can hold (CommonMark 2.3 does the same)."""
    return text.replace("\0", "\ufffd")


def raise_error(event: dict[str, Any]) -> None:
    """Raise the failure that an object reports, if it reports one."""
    if not event.get("error"):
        return
    error = event["error"]
    inner = error if isinstance(error, dict) else {}
    for status in (event.get("res_status"), event.get("status"), inner.get("code")):
        if isinstance(status, int) and not isinstance(status, bool):
            raise FailureInBandError(status, error_message(event))
    raise FailureInBandError(500, error_message(event))


def _raise_whole_body(body: str) -> None:
    if (status := _WHOLE_BODIES.get(body.rstrip())) is not None:
        raise FailureInBandError(status)
    if body.startswith("{") and len(body) <= _HELD_LIMIT:
        raise_error(parse_object(body) or {})


def _begins(openings: Iterable[str], text: str) -> bool:
    return any(opening.startswith(text) for opening in openings)


def _content(event: dict[str, Any]) -> str:
    content = event.get("content")
    if isinstance(content, str) and event.get("role", "assistant") == "assistant":
        return content
    return delta_text(event)
