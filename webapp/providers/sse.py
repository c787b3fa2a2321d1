"""Lines that begin with `data:` and carry JSON: server-sent events and their lazy cousins.

https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
gives the format. Servers are sloppier than it: some send one JSON object a line and no
blank line, others the line's end only with the next piece. So an object is handed on
as soon as it is whole, and the blank line only proves that nothing is missing.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

_LINE_LIMIT = 262_144
_TRIES = 20
"""How often an event is read before its end: each time costs as much as all that is there."""

_LINE_END = re.compile("\r\n|[\r\n]")
_SURROGATE = re.compile("[\ud800-\udfff]")


class MalformedEventError(Exception):
    """The stream holds an event that is not a JSON object, or one without an end."""


class EventObjects:
    """The JSON objects in the `data:` lines of a stream. Pure: text in, objects out."""

    def __init__(self) -> None:
        self.done = False
        """`[DONE]` was seen: whatever follows is not part of the answer."""
        self._line = ""
        self._data = ""
        self._tries = 0
        self._half_end = False

    def feed(self, text: str) -> Iterator[dict[str, Any]]:
        if self._half_end:  # of a line: what was read ended between its two characters
            text = text.removeprefix("\n")
        self._half_end = text.endswith("\r")
        first, *more = _LINE_END.split(text)
        *lines, self._line = self._line + first, *more
        for line in lines:
            if line.startswith("data:") or (self._data and not line):  # others say nothing here
                yield from self._take(line)
        if self.done:
            self._line = ""
        elif self._line.endswith("}") and (whole := self._early(self._line)) is not None:
            self._line = ""
            yield whole
        if len(self._line) + len(self._data) > _LINE_LIMIT:
            raise MalformedEventError

    def finish(self) -> Iterator[dict[str, Any]]:
        """Read the last line, which needs no end; raise `MalformedEventError` at a cut one."""
        line, self._line = self._line, ""
        yield from self._take(line)
        yield from self._take("")

    def _take(self, line: str) -> Iterator[dict[str, Any]]:
        if self.done:
            return
        if not line.startswith("data:"):
            if not line:
                yield from self._end()
            return
        if line[5:].strip() == "[DONE]":
            self.done = True
            return
        if not self._data:
            self._tries = 0  # whatever was tried of this line, now it is there
        if (whole := self._early(line)) is not None:
            yield whole
        else:
            self._data += line[5:] + "\n"

    def _end(self) -> Iterator[dict[str, Any]]:
        """Read an event at its blank line; one without a word is none."""
        text, self._data, self._tries = self._data, "", 0
        if text.strip():
            if (whole := parse_object(text)) is None:
                raise MalformedEventError
            yield whole

    def _early(self, line: str) -> dict[str, Any] | None:
        """Read an event that may be whole with this line, if it is one of data."""
        if self._tries >= _TRIES or not line.startswith("data:"):
            return None
        self._tries += 1
        whole = parse_object(self._data + line[5:])
        if whole is not None:
            self._data, self._tries = "", 0
        return whole


def parse_object(text: str) -> dict[str, Any] | None:
    """Read one JSON object; None for anything else, hostile nesting included."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


class SurrogateJoiner:
    r"""Make text from JSON strings that may end in the middle of a UTF-16 pair.

    A server in JavaScript that cuts its strings anywhere sends `"\ud83d"` and then
    `"\ude42"`. Joined they are one character; alone each is not text at all, and
    neither a database nor a socket would take it.
    """

    def __init__(self) -> None:
        self._high = ""

    def feed(self, text: str) -> str:
        text, self._high = self._high + text, ""
        if text and "\ud800" <= text[-1] <= "\udbff":
            text, self._high = text[:-1], text[-1]
        if _SURROGATE.search(text):
            text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
        return text

    @property
    def unfinished(self) -> bool:
        return self._high != ""


def delta_text(event: dict[str, Any]) -> str:
    """Take the text out of one Chat Completions chunk: `choices[0].delta.content`.

    https://platform.openai.com/docs/api-reference/chat-streaming
    """
    choices = event.get("choices")
    if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
        return ""
    delta = choices[0].get("delta")
    content = delta.get("content") if isinstance(delta, dict) else None
    return content if isinstance(content, str) else ""


def error_message(event: dict[str, Any]) -> str:
    """Find what an error object says, in any of the forms that servers use."""
    error = event.get("error")
    said = error.get("message") if isinstance(error, dict) else None
    for text in (said, event.get("message"), error):
        if isinstance(text, str) and text.strip():
            return text
    return ""
