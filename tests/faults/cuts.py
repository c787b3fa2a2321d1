"""Answers that end too early, in every way an upstream can end, at any byte."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable

from tests.providers.conftest import read
from tests.upstream import Upstream
from tests.upstream.server import Call
from tests.upstream.texts import numbered
from webapp.providers.base import Provider

TEXT = numbered(200)
BODY = TEXT.encode()
BODY = BODY[:2048].decode(errors="ignore").encode()


def _event(delta: dict[str, str], finish_reason: str | None = None) -> bytes:
    event = {"choices": [{"index": 0, "delta": delta, "finish_reason": finish_reason}]}
    return f"data: {json.dumps(event, ensure_ascii=False)}\n\n".encode()


WORDS = ("One 🙂 ", "two 中 ", "three é ", "and the last.")
EVENTS = b"".join(_event({"content": word}) for word in WORDS)
WHOLE = len(EVENTS) + len(_event({}, "stop").rstrip())
"""As many bytes tell that nothing of the text is missing."""
EVENTS += _event({}, "stop") + b"data: [DONE]\n\n"

_IDLE = 0.3


def patience(way: str) -> float:
    """Tell after how many seconds of silence an answer is given up: soon, where it is tested."""
    return _IDLE if way == "silence" else 10


def _chunks_without_the_last(call: Call, body: bytes, cut: int) -> None:
    call.start()
    call.piece(body[:cut])


def _less_than_was_promised(call: Call, body: bytes, cut: int) -> None:
    call.start(framing=str(len(body)))
    call.piece(body[:cut])


def _reset(call: Call, body: bytes, cut: int) -> None:
    call.start()
    call.piece(body[:cut])
    call.reset()


def _reset_in_a_chunk(call: Call, body: bytes, cut: int) -> None:
    call.start()
    call.raw(b"%x\r\n%b" % (len(body), body[:cut]))
    call.reset()


def _stall(call: Call, body: bytes, cut: int) -> None:
    call.start()
    call.piece(body[:cut])
    call.stall()


WAYS: dict[str, Callable[[Call, bytes, int], None]] = {
    "no last chunk": _chunks_without_the_last,
    "a short body": _less_than_was_promised,
    "a reset": _reset,
    "a reset within a chunk": _reset_in_a_chunk,
    "silence": _stall,
}


def endings(
    upstream: Upstream, provider: Provider, way: str, cuts: Iterable[int], body: bytes = BODY
) -> Iterable[tuple[int, str, str | None]]:
    """End answers so: for each cut what came of the text, and the error's code, if one was told."""
    for cut in cuts:
        upstream.enqueue(lambda call, cut=cut: WAYS[way](call, body, cut))
        ended = read(provider, "Hello")
        yield cut, ended.text, None if ended.error is None else ended.error.code


def true_beginning(text: str, cut: int, *, whole: bool) -> bool:
    """Tell whether a text is what was sent up to a cut; of a reset the last part may be lost."""
    sent = BODY[:cut].decode(errors="ignore")
    return text == sent if whole else sent.startswith(text)
