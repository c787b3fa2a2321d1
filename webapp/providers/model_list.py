"""Read the list of models that a server offers, as its bytes come in. Pure.

https://platform.openai.com/docs/api-reference/models/list has `{"data": [{"id": …}]}`; some
servers send the list alone, or name each model beside its id. Nothing is kept but ids and
names, so what a list costs does not depend on what else is in it.
"""

from __future__ import annotations

from typing import Any

import ijson
from ijson.common import JSONError

from webapp.providers.base import Listed

MOST_MODELS = 10_000
MOST_BYTES = 16_000_000

_MOST_TOKENS = 2_000_000
"""Of JSON, a few hundred for each model: each costs time, however short it is."""

_NAME_LIMIT = 200
_TOKEN_LIMIT = 1_000_000
"""Bytes of one text or number: the tokenizer looks at a long one anew with each chunk."""

_BEFORE = b"\xef\xbb\xbf \t\r\n"
"""What may stand before everything else: a byte order mark, and space."""

_NAMES = ("name", "display_name")
_OPENING = {"start_map", "start_array"}
_CLOSING = {"end_map", "end_array"}


class NoListError(Exception):
    """What came is no list of models. The text says why, in words of ours."""


class ModelList:
    """The models of one answer. `feed` and `finish` raise `NoListError`."""

    def __init__(self) -> None:
        self.full = False
        """There are as many models as are taken: the rest need not be read."""
        self._models: dict[str, Listed] = {}
        self._found: Any = ijson.sendable_list()
        self._tokens = ijson.basic_parse_coro(self._found)
        self._bytes = self._silent = self._count = 0
        self._begun = False
        self._depth = 0
        self._in_list = self._listed = False
        self._list_depth = 0
        self._key = ""
        self._model: dict[str, str] = {}

    def feed(self, chunk: bytes) -> None:
        self._bytes += len(chunk)
        if self._bytes > MOST_BYTES:
            raise NoListError(f"it is longer than {MOST_BYTES // 1_000_000} MB")
        beginning = b"" if self._begun else chunk.lstrip(_BEFORE)
        self._begun = self._begun or beginning != b""
        if beginning.startswith(b"<"):
            raise NoListError("it sent a page for a browser")
        self._silent += len(chunk)
        self._send(chunk)
        if self._silent > _TOKEN_LIMIT:
            raise NoListError("it has a text without an end")

    def finish(self) -> tuple[Listed, ...]:
        """Return the models in the server's order, each id once."""
        if not self.full:
            self._send(b"")
        if not self._listed:
            raise NoListError("it sent something else")
        return tuple(self._models.values())

    def _send(self, chunk: bytes) -> None:
        broken = False
        try:
            self._tokens.send(chunk)
        except StopIteration:
            pass
        except (JSONError, UnicodeError, ValueError, SystemError):
            broken = True
        for kind, value in self._found:
            self._silent = 0
            self._take(kind, value)
        self._count += len(self._found)
        self._found.clear()
        if self._count > _MOST_TOKENS:
            raise NoListError("there is too much in it")
        if broken and not self.full:
            raise NoListError("it sent something that is not JSON")

    def _take(self, kind: str, value: Any) -> None:  # noqa: ANN401 - whatever is in there
        if kind in _OPENING:
            self._open(kind)
        elif kind in _CLOSING:
            self._close()
        elif self._in_list and self._depth == self._list_depth + 1:
            self._member(kind, value)
        elif kind == "map_key" and self._depth == 1:
            self._key = value
        elif kind == "null" and self._depth == 1 and self._key == "data":
            self._listed = True  # so Ollama says that it has none

    def _open(self, kind: str) -> None:
        begins = self._depth == 0 or (self._depth == 1 and self._key == "data")
        if kind == "start_array" and begins and not self._listed:
            self._in_list = self._listed = True
            self._list_depth = self._depth + 1
        self._depth += 1
        if self._in_list and self._depth == self._list_depth + 1:
            self._model = {}

    def _close(self) -> None:
        if self._in_list and self._depth == self._list_depth + 1:
            self._add()
        elif self._in_list and self._depth == self._list_depth:
            self._in_list = False
        self._depth -= 1

    def _member(self, kind: str, value: Any) -> None:  # noqa: ANN401 - as above
        if kind == "map_key":
            self._key = value
        elif kind == "string" and self._key in ("id", *_NAMES):
            self._model[self._key] = value

    def _add(self) -> None:
        known = {key: text for key, text in self._model.items() if _fit(text)}
        if self.full or (model_id := known.get("id")) is None:
            return
        name = next((known[key] for key in _NAMES if key in known), model_id)
        self._models.setdefault(model_id, Listed(model_id, name))
        self.full = len(self._models) >= MOST_MODELS


def _fit(text: str) -> bool:
    return 0 < len(text) <= _NAME_LIMIT and text.isprintable() and text == text.strip()
