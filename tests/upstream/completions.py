"""The scenarios of the official door: what servers with a Chat Completions API do, or do wrong."""

from __future__ import annotations

import json
import zlib
from typing import TYPE_CHECKING, Any

from tests.upstream import texts

if TYPE_CHECKING:
    from tests.upstream.server import Call, Script

_EVENTS = [("Content-Type", "text/event-stream")]
_JSON = [("Content-Type", "application/json")]
_PIECE = 12

COMPLETIONS: dict[str, Script] = {}


def _scenario(script: Script) -> Script:
    COMPLETIONS[script.__name__.removeprefix("_").replace("_", "-")] = script
    return script


def _refuse(call: Call, status: int, message: str, **more: Any) -> None:
    said = json.dumps({"error": {"message": message, **more}})
    call.answer(said, status, "Refused", _JSON)


@_scenario
def think(call: Call) -> None:
    """A thought, then the answer: `#think:reasoning` under that name."""
    name = call.arguments[0] if call.arguments else "reasoning_content"
    call.start()
    for word in ("Somebody ", "asks. ", "I answer."):
        call.event({"choices": [{"index": 0, "delta": {"content": None, name: word}}]})
        call.pause(call.pace)
    for at in range(0, len(texts.CHARACTERS), 4):
        call.say(texts.CHARACTERS[at : at + 4])
        call.pause(call.pace)
    call.over()


@_scenario
def think_only(call: Call) -> None:
    """A thought, and no answer to it."""
    call.start()
    call.event({"choices": [{"index": 0, "delta": {"reasoning_content": "Nothing to say."}}]})
    call.over()


@_scenario
def finish(call: Call) -> None:
    """An answer that ends for a reason: `#finish:length`."""
    call.start()
    call.say("As far as it goes.")
    call.over(call.arguments[0] if call.arguments else "length")


@_scenario
def parts(call: Call) -> None:
    """Text and thought in parts, as some makers send them."""
    call.start()
    thinking = [{"type": "thinking", "thinking": [{"type": "text", "text": "Hm."}]}]
    for content in (thinking, [{"type": "text", "text": "One "}, {"type": "text", "text": "two."}]):
        call.event({"choices": [{"index": 0, "delta": {"content": content}}]})
    call.over()


@_scenario
def sloppy(call: Call) -> None:
    """Comments, names, ids, data over several lines, CRLF, and an empty event."""
    call.start()
    call.piece(": connected\r\n\r\nevent: message\r\nid: 1\r\nretry: 3000\r\n")
    call.piece('data: {"choices":\r\ndata: [{"delta":\r\ndata: {"content": "One "}}]}\r\n\r\n')
    call.piece(': ping\r\n\r\ndata:\r\n\r\ndata:{"choices":[{"delta":{"content":"two."}}]}\r')
    call.piece('\n\r\ndata: {"choices":[{"delta":{},"finish_reason":"stop"}]}\r\n\r\n')
    call.piece("data: [DONE]\r\n\r\n")
    call.end()


@_scenario
def no_done(call: Call) -> None:
    """A finish reason, and the end without `[DONE]`."""
    call.start()
    call.say("Complete.")
    call.event({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
    call.end()


@_scenario
def no_reason(call: Call) -> None:
    """`[DONE]` without a finish reason."""
    call.start()
    call.say("Complete.")
    call.piece("data: [DONE]\n\n")
    call.end()


@_scenario
def bare_end(call: Call) -> None:
    """Neither, but a proper end of the body."""
    call.start()
    call.say("Is this complete?")
    call.end()


@_scenario
def linger(call: Call) -> None:
    """A finish reason, then silence for ever."""
    call.start()
    call.say("Complete.")
    call.event({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
    call.stall()


@_scenario
def document(call: Call) -> None:
    """An answer of one piece, as of a server that ignores `stream`."""
    message = {"role": "assistant", "content": texts.PARAGRAPHS, "reasoning_content": "Hm."}
    body = {
        "object": "chat.completion",
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 3, "completion_tokens": 5, "total_tokens": 8},
    }
    call.answer(json.dumps(body, indent=2), headers=_JSON)


@_scenario
def usage_in_each(call: Call) -> None:
    """A count of the tokens so far in each event."""
    call.start()
    for number, word in enumerate(("One ", "two."), start=1):
        usage = {"prompt_tokens": 7, "completion_tokens": number}
        call.event({"choices": [{"delta": {"content": word}}], "usage": usage})
    call.event({"choices": [{"delta": {}, "finish_reason": "stop"}], "usage": None})
    call.piece("data: [DONE]\n\n")
    call.end()


@_scenario
def error_event(call: Call) -> None:
    """An error as an event: `#error-event:429`; text first with `#error-event:429,text`."""
    call.start()
    if len(call.arguments) > 1:
        call.say("Some text. ")
    error = {"message": "It went wrong.", "code": int(call.number(0, 500))}
    call.event({"error": error})
    call.piece("data: [DONE]\n\n")
    call.end()


@_scenario
def error_document(call: Call) -> None:
    """An error as a whole body, with status 200."""
    call.answer('{\n "error": {"message": "No such luck", "type": "x"}\n}', headers=_JSON)


@_scenario
def error_word(call: Call) -> None:
    """An error that a word names: `#error-word:insufficient_quota,429`."""
    code = call.arguments[0] if call.arguments else "insufficient_quota"
    _refuse(call, int(call.number(1, 429)), "You have run out.", code=code)


@_scenario
def refused(call: Call) -> None:
    """400 with a reason."""
    _refuse(call, 400, "This model's maximum context length is 8192 tokens.")


@_scenario
def no_model(call: Call) -> None:
    """404 with a reason: there is no such model."""
    _refuse(call, 404, 'model "gpt-4" not found, try pulling it first', type="not_found_error")


@_scenario
def forbidden_model(call: Call) -> None:
    """403 with a reason."""
    _refuse(call, 403, "You are not allowed to sample from this model.")


@_scenario
def status(call: Call) -> None:
    """Any status, and nothing else: `#status:503`."""
    call.answer("", int(call.number(0, 503)), "Some Status")


@_scenario
def challenge(call: Call) -> None:
    """A human check as one guard sends it: by its header, with any status."""
    headers = [("Content-Type", "text/html"), ("cf-mitigated", "challenge")]
    call.answer(texts.HTML, int(call.number(0, 503)), "Service Unavailable", headers)


@_scenario
def no_stream_options(call: Call) -> None:
    """400 for a request with `stream_options`, an answer to one without."""
    if "stream_options" in call.received.body:
        _refuse(call, 400, "Extra inputs are not permitted: stream_options")
        return
    call.start()
    call.say("Plainly.")
    call.over()


@_scenario
def other_limit(call: Call) -> None:
    """400 for a request with `max_tokens`, which this model calls otherwise."""
    if "max_tokens" in call.received.body:
        _refuse(call, 400, "'max_tokens' is not supported. Use 'max_completion_tokens' instead.")
        return
    call.start()
    call.say("Briefly.")
    call.over()


@_scenario
def scattered(call: Call) -> None:
    """An answer whose events are cut anywhere, within characters too."""
    event = {"choices": [{"delta": {"content": texts.CHARACTERS}, "finish_reason": "stop"}]}
    whole = f"data: {json.dumps(event, ensure_ascii=False)}\n\ndata: [DONE]\n\n".encode()
    call.start()
    for at in range(0, len(whole), 3):
        call.piece(whole[at : at + 3])
    call.end()


@_scenario
def halves(call: Call) -> None:
    """A character in two events, each half of it escaped."""
    call.start()
    for half in ("\\ud83d", "\\ude42"):
        call.piece('data: {"choices":[{"delta":{"content":"' + half + '"}}]}\n\n')
    call.over()


@_scenario
def gibberish(call: Call) -> None:
    """Something else with status 200: no event, no object, no page."""
    call.answer("It works!", headers=[("Content-Type", "text/plain")])


@_scenario
def bad_event(call: Call) -> None:
    """Text, then an event that is not JSON."""
    call.start()
    call.say("Some text. ")
    call.piece("data: nothing\n\n")
    call.end()


@_scenario
def endless_event(call: Call) -> None:
    """An event without an end."""
    call.start()
    call.piece('data: {"choices": [{"delta": {"content": "')
    while True:
        call.piece("a" * 10_000)


@_scenario
def endless_document(call: Call) -> None:
    """An object without an end."""
    call.start(headers=_JSON)
    call.piece('{"choices": [{"message": {"content": "')
    while True:
        call.piece("a" * 10_000)


@_scenario
def endless_thought(call: Call) -> None:
    """A thought without an end."""
    call.start()
    while True:
        call.say("", reasoning_content="All work and no play. " * 500)


@_scenario
def endless_comment(call: Call) -> None:
    """Signs of life, and nothing else."""
    call.start()
    while True:
        call.piece(": ping\n\n" * 1000)


@_scenario
def gzip_bomb(call: Call) -> None:
    """200 MB of one event in 200 kB of gzip: `#gzip-bomb:megabytes`."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    call.start(headers=[*_EVENTS, ("Content-Encoding", "gzip")])
    call.piece(packer.compress(b'data: {"choices": [{"delta": {"content": "'))
    for _ in range(int(call.number(0, 200))):
        call.piece(packer.compress(b"a" * 1_000_000))
    call.piece(packer.flush())
    call.end()
