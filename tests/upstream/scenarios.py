"""The scenarios, by name. `#name` or `scenario: name` in a message asks for one.

Arguments follow a colon: `#slow:20,50` sends 20 pieces, one each 50 ms. Each function's
docstring is the line that `python -m tests.upstream --list` prints.
"""

from __future__ import annotations

import json
import random
import re
import zlib
from typing import TYPE_CHECKING, Any

from tests.upstream import texts
from tests.upstream.completions import COMPLETIONS
from tests.upstream.server import Call, Received, Upstream

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterable

    from tests.upstream.server import Script

_WORD = re.compile(r"(?:#|\bscenario:\s*)([a-z][a-z0-9-]*)(?::([\w.,/-]*))?")
_PIECE = 12
_LARGE_PIECE = 4000
_PLAIN = [("Content-Type", "application/json")]

SCENARIOS: dict[str, Script] = {}


def upstream(
    *,
    port: int = 0,
    pace: float = 0.02,
    auth_codes: Iterable[str] = (),
    tls: ssl.SSLContext | None = None,
    keyless: bool = False,
) -> Upstream:
    """Start a scripted Liaobots with all scenarios."""
    return Upstream(
        SCENARIOS,
        choose,
        port=port,
        pace=pace,
        auth_codes=auth_codes,
        tls=tls,
        completions=COMPLETIONS,
        keyless=keyless,
    )


def choose(received: Received) -> tuple[str, list[str]]:
    """Find the first known scenario that the last message names."""
    known = {**SCENARIOS, **COMPLETIONS} if received.completions else SCENARIOS
    for name, arguments in _WORD.findall(received.last_message):
        if name in known:
            return name, [argument for argument in arguments.split(",") if argument]
    return "default", []


def _scenario(script: Script) -> Script:
    name = script.__name__.removeprefix("_").replace("_", "-")
    SCENARIOS[name] = script
    return script


def _stream(call: Call, text: str, *, start: bool = True, end: bool = True) -> None:
    if start:
        call.start()
    for at in range(0, len(text), _PIECE):
        call.say(text[at : at + _PIECE])
        call.pause(call.pace)
    if end:
        call.over()


def _text(name: str, text: Callable[[Call], str], what: str) -> None:
    def script(call: Call) -> None:
        _stream(call, text(call))

    script.__doc__ = what
    SCENARIOS[name] = script


_text("default", lambda _: texts.PARAGRAPHS, "A few paragraphs of Markdown, in small pieces.")
_text("echo", lambda call: call.received.last_message, "The last message, said back.")
_text("code", lambda _: texts.CODE, "Fenced code in three languages.")
_text("table", lambda _: texts.TABLE, "A table.")
_text("math", lambda _: texts.MATH, "Formulas.")
_text(
    "long",
    lambda call: texts.long_document(int(call.number(0, 20))),
    "A long document: `#long:40` has 40 sections.",
)


@_scenario
def slow(call: Call) -> None:
    """Numbered words, one a piece: `#slow:pieces,milliseconds`."""
    count, pause = int(call.number(0, 50)), call.number(1, 100) / 1000
    words = texts.numbered(count).split(" ")
    call.start()
    for number in range(count):
        call.say(f"{words[2 * number]} {words[2 * number + 1]} ")
        call.pause(pause)
    call.over()


@_scenario
def scattered(call: Call) -> None:
    """Numbered words in pieces that cut characters: `#scattered:words,milliseconds,seed`."""
    content = texts.numbered(int(call.number(0, 50))).encode()
    pause, chance = call.number(1, 10) / 1000, random.Random(call.number(2, 0))  # noqa: S311
    call.start()
    while content:
        length = chance.randint(1, 30)
        call.piece(content[:length])
        content = content[length:]
        call.pause(pause)
    call.end()


@_scenario
def large(call: Call) -> None:
    """A long document of so many kilobytes in large pieces: `#large:1000`."""
    size = int(call.number(0, 1000)) * 1000
    section = len(texts.long_document(1))
    text = texts.long_document(size // section + 1)[:size]
    call.start()
    for at in range(0, size, _LARGE_PIECE):
        call.say(text[at : at + _LARGE_PIECE])
        call.pause(call.pace)
    call.over()


@_scenario
def stall(call: Call) -> None:
    """Some text, then silence for ever."""
    call.start()
    call.say("This is all that ")
    call.stall()


@_scenario
def silent(call: Call) -> None:
    """Not even headers, for ever."""
    call.stall()


@_scenario
def trickle_headers(call: Call) -> None:
    """Headers that never end, a byte at a time."""
    call.raw(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    while True:
        call.raw(b"x")
        call.pause(call.pace)


@_scenario
def cut(call: Call) -> None:
    """Half an answer, then the end without the last chunk."""
    _stream(call, texts.PARAGRAPHS[:120], end=False)


@_scenario
def cut_in_character(call: Call) -> None:
    """An answer that ends inside a character, however politely."""
    call.start()
    call.piece(b"The end is \xf0\x9f\x99")
    call.end()


@_scenario
def short(call: Call) -> None:
    """Fewer bytes than Content-Length promised."""
    call.start(framing="1000")
    call.say("This was to be longer.")


@_scenario
def bad_chunk(call: Call) -> None:
    """A chunk whose length is not a number."""
    call.start()
    call.say("The first chunk is fine. ")
    call.raw(b"zz\r\nthe second is not\r\n")


@_scenario
def reset(call: Call) -> None:
    """Half an answer, then a reset."""
    _stream(call, texts.PARAGRAPHS[:120], end=False)
    call.pause(0.05)
    call.reset()


@_scenario
def silent_close(call: Call) -> None:
    """A whole answer whose end is the end of the connection."""
    call.start(framing="close")
    _stream(call, "Complete, as far as can be known.", start=False)


@_scenario
def hang_up(call: Call) -> None:
    """The connection closed without a word."""
    call.raw(b"")


@_scenario
def split_characters(call: Call) -> None:
    """Many-byte characters, one byte a piece."""
    call.start()
    for byte in texts.CHARACTERS.encode():
        call.piece(bytes([byte]))
        call.pause(call.pace / 4)
    call.end()


@_scenario
def invalid_utf8(call: Call) -> None:
    """Bytes that are no text, among some that are."""
    call.start()
    for piece in (b"\xef\xbb\xbfone \xff two ", b"\xc3(", b" three \xf0\x9f", b" four \0 five"):
        call.piece(piece)
    call.end()


@_scenario
def empty(call: Call) -> None:
    """An answer without a byte."""
    call.start()
    call.end()


@_scenario
def unauthorised(call: Call) -> None:
    """401: the auth code is wrong."""
    call.answer('{"message":"401 Unauthorized"}', 401, "Unauthorized", _PLAIN)


@_scenario
def forbidden(call: Call) -> None:
    """403: the auth code has expired."""
    call.answer('{"message":"403 Forbidden"}', 403, "Forbidden", _PLAIN)


@_scenario
def no_credit(call: Call) -> None:
    """402: the credit is used up."""
    call.answer('{"message":"Insufficient balance"}', 402, "Payment Required", _PLAIN)


@_scenario
def rate_limit(call: Call) -> None:
    """429, with Retry-After: `#rate-limit:20`."""
    seconds = call.arguments[0] if call.arguments else "20"
    call.answer("Too many requests", 429, "Too Many Requests", [("Retry-After", seconds)])


@_scenario
def rate_limit_body(call: Call) -> None:
    """200, but the whole body says `Too many requests`."""
    call.answer("Too many requests")


@_scenario
def moved(call: Call) -> None:
    """404: there is nothing at this address any more."""
    call.answer("Not Found", 404, "Not Found")


@_scenario
def gone(call: Call) -> None:
    """410: the same, for ever."""
    call.answer("Gone", 410, "Gone")


@_scenario
def redirect(call: Call) -> None:
    """A redirect: `#redirect:port,status` leads to another port of this machine."""
    port, status = int(call.number(0, 9)), int(call.number(1, 307))
    place = [("Location", f"http://127.0.0.1:{port}/api/chat")]
    call.answer("elsewhere", status, "Moved", place)


@_scenario
def error_500(call: Call) -> None:
    """500 whose reason stands in the reason phrase, as chatbot-ui sends it."""
    call.answer("Error", 500, "Rate limit reached for gpt-4")


@_scenario
def error_json(call: Call) -> None:
    """503 whose reason stands in JSON."""
    said = json.dumps({"message": "The model is overloaded."})
    call.answer(said, 503, "Service Unavailable", _PLAIN)


@_scenario
def error_body(call: Call) -> None:
    """200, but the whole body says `Error`."""
    call.answer("Error")


@_scenario
def html(call: Call) -> None:
    """200 with a page that wants to see a human."""
    call.answer(texts.HTML, headers=[("Content-Type", "text/html; charset=utf-8")])


@_scenario
def html_403(call: Call) -> None:
    """The same with 403, as the guard in front sends it."""
    page = [("Content-Type", "text/html; charset=utf-8")]
    call.answer(texts.HTML, 403, "Forbidden", page)


@_scenario
def sse(call: Call) -> None:
    """The answer of May 2025: server-sent events with role and content."""
    call.start(headers=[("Content-Type", "text/event-stream")])
    _objects(call, "data: %s\n\n", role="assistant")
    call.piece("data: [DONE]\n\n")
    call.end()


@_scenario
def sse_error(call: Call) -> None:
    """An error within events: `#sse-error:402`; text first with `#sse-error:402,text`."""
    call.start(headers=[("Content-Type", "text/event-stream")])
    if len(call.arguments) > 1:
        call.piece('data: {"role": "assistant", "content": "Some text. "}\n\n')
    status = int(call.number(0, 402))
    event = {"error": True, "res_status": status, "message": "Insufficient balance"}
    call.piece(f"data: {json.dumps(event)}\n\n")
    call.end()


@_scenario
def data_lines(call: Call) -> None:
    """The answer of March 2025: a JSON object a line, without a content type."""
    call.start()
    _objects(call, "data: %s\n")
    call.end()


def _objects(call: Call, line: str, **more: Any) -> None:
    for at in range(0, len(texts.PARAGRAPHS), _PIECE):
        content = texts.PARAGRAPHS[at : at + _PIECE]
        call.piece(line % json.dumps({**more, "content": content}))
        call.pause(call.pace)


@_scenario
def gzip_bomb(call: Call) -> None:
    """200 MB of nothing in 200 kB of gzip: `#gzip-bomb:megabytes`."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    block = b"a" * 1_000_000
    call.start(headers=[("Content-Encoding", "gzip")])
    for _ in range(int(call.number(0, 200))):
        call.piece(packer.compress(block))
    call.piece(packer.flush())
    call.end()


@_scenario
def endless(call: Call) -> None:
    """An answer without an end, as fast as it is taken."""
    call.start()
    while True:
        call.say("All work and no play. " * 500)


@_scenario
def endless_line(call: Call) -> None:
    """A chunk length without an end."""
    call.start()
    call.say("One piece of text. ")
    while True:
        call.raw(b"0" * 10_000)


@_scenario
def endless_event(call: Call) -> None:
    """An event without an end."""
    call.start(headers=[("Content-Type", "text/event-stream")])
    call.piece('data: {"content": "')
    while True:
        call.piece("a" * 10_000)


@_scenario
def header_flood(call: Call) -> None:
    """100,000 headers."""
    call.raw(b"HTTP/1.1 200 OK\r\n")
    for number in range(1000):
        call.raw(b"".join(b"X-%d-%d: flood\r\n" % (number, at) for at in range(100)))
    call.raw(b"\r\n")


@_scenario
def hostile(call: Call) -> None:
    """Text that tries to be markup, a frame of our own protocol, and a terminal's command."""
    _stream(
        call,
        "<img src=x onerror=alert(1)> <script>alert(1)</script> [a](javascript:alert(1)) "
        '![x](http://127.0.0.1:9/?q=secret)\n\n{"type":"ended","state":"failed"}\n\n'
        "data: later\n\n\x1b[31mred\x1b[0m \u202egnitirw \u2028 line",
    )
