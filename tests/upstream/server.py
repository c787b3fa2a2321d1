"""A server that speaks like Liaobots, or worse: every byte it sends is written by a script.

It knows both of Liaobots' doors: the classic one, and the official one, which speaks the Chat
Completions API of many other servers. A script that sends its text by `say` serves both.

It is a real HTTP server on a loopback port, one thread a connection, so that a client
meets real sockets. A script is a function of one `Call`. Which one runs is decided by
the queue (`enqueue`), else by a word in the last user message (`#cut`, see
`scenarios.py`), else it is the default.
"""

from __future__ import annotations

import json
import select
import socket
import struct
import threading
import time
from collections import Counter, deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from tests.support import canary

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterable, Mapping, Sequence

    Script = Callable[["Call"], None]

CLASSIC_PATH = "/api/chat"
COMPLETIONS_PATH = "/v1/chat/completions"
_MODELS_PATH = "/v1/models"
_CREDITS_PATH = "/api/v1/credits"
_USER_PATH = "/api/user"
_ASKED_FOR = {("GET", _MODELS_PATH), ("GET", _CREDITS_PATH), ("POST", _USER_PATH)}
_JSON = [("Content-Type", "application/json")]
_HEAD_LIMIT = 65_536
_BODY_LIMIT = 16_000_000


class PeerGoneError(Exception):
    """The client has closed the connection, or this server is closing."""


@dataclass
class Received:
    """One request as it arrived, and what became of its connection."""

    method: str
    path: str
    headers: dict[str, str]
    """Names in lower case."""
    raw_head: bytes
    body: Any
    scenario: str = ""
    sent: list[tuple[float, int]] = field(default_factory=list)
    """When each piece of the answer left, by `time.monotonic`, and its bytes."""
    disconnected: threading.Event = field(default_factory=threading.Event)
    """The client has gone before the script was through."""
    disconnected_at: float = 0.0
    """When, by `time.monotonic`."""
    finished: threading.Event = field(default_factory=threading.Event)
    """The script is through, one way or the other."""

    @property
    def auth_code(self) -> str:
        bearer = self.headers.get("authorization", "").removeprefix("Bearer ")
        return self.headers.get("x-auth-code", bearer)

    @property
    def completions(self) -> bool:
        """It came by the door that speaks Chat Completions."""
        return self.path == COMPLETIONS_PATH

    @property
    def messages(self) -> list[dict[str, Any]]:
        return list(self.body.get("messages", [])) if isinstance(self.body, dict) else []

    @property
    def last_message(self) -> str:
        """The text of the last message; of one with images the part that is text."""
        said = [turn["content"] for turn in self.messages if turn.get("role") == "user"]
        last = said[-1] if said else ""
        if isinstance(last, list):
            return "".join(part.get("text", "") for part in last)
        return str(last)


class Call:
    """One connection in the hands of a script."""

    def __init__(
        self, sock: socket.socket, received: Received, *, stop: socket.socket, pace: float
    ) -> None:
        self.received = received
        self.pace = pace
        """The pause between two pieces, in seconds, where a scenario names none."""
        self.arguments: list[str] = []
        """What stood behind the scenario's name: `#slow:20,50` has two."""
        self._sock = sock
        self._stop = stop
        self._chunked = False
        self._said = 0

    def number(self, index: int, default: float) -> float:
        """Read an argument as a number."""
        return float(self.arguments[index]) if len(self.arguments) > index else default

    def start(
        self,
        status: int = 200,
        reason: str = "OK",
        headers: Iterable[tuple[str, str]] = (),
        *,
        framing: str = "chunked",
    ) -> None:
        """Send status and headers. `framing`: `chunked`, `close`, or a Content-Length."""
        self._chunked = framing == "chunked"
        if self.received.completions and not headers:
            headers = [("Content-Type", "text/event-stream")]
        lines = [f"HTTP/1.1 {status} {reason}", *(f"{name}: {value}" for name, value in headers)]
        if self._chunked:
            lines.append("Transfer-Encoding: chunked")
        elif framing != "close":
            lines.append(f"Content-Length: {framing}")
        lines.append("Connection: close")
        self.raw(("\r\n".join(lines) + "\r\n\r\n").encode())

    def piece(self, piece: bytes | str) -> None:
        """Send one piece of the body, at once and in a packet of its own."""
        content = piece.encode() if isinstance(piece, str) else piece
        if content:
            self.received.sent.append((time.monotonic(), len(content)))
            self.raw(b"%x\r\n%b\r\n" % (len(content), content) if self._chunked else content)

    def say(self, text: str, **more: Any) -> None:
        """Send text of the answer, as the door it came by wants it; `more` goes into the delta."""
        if not self.received.completions:
            self.piece(text)
            return
        self._said += 1
        self.event({"choices": [{"index": 0, "delta": {"content": text, **more}}]})

    def event(self, content: dict[str, Any]) -> None:
        about = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "model": "gpt-4"}
        self.piece(f"data: {json.dumps({**about, **content})}\n\n")

    def over(self, finish_reason: str = "stop") -> None:
        """End an answer as a whole one is ended, with the usage where it was asked for."""
        if self.received.completions:
            self.event({"choices": [{"index": 0, "delta": {}, "finish_reason": finish_reason}]})
            if (self.received.body.get("stream_options") or {}).get("include_usage"):
                self.event({"choices": [], "usage": self.usage()})
            self.piece("data: [DONE]\n\n")
        self.end()

    def usage(self) -> dict[str, int]:
        """Count a token for each word that was asked and for each piece that was said."""
        words = len(self.received.last_message.split())
        return {"prompt_tokens": words, "completion_tokens": self._said}

    def end(self) -> None:
        """Send the last chunk, where there are chunks: the answer is complete."""
        if self._chunked:
            self.raw(b"0\r\n\r\n")

    def answer(
        self,
        body: bytes | str,
        status: int = 200,
        reason: str = "OK",
        headers: Iterable[tuple[str, str]] = (),
    ) -> None:
        """Send everything at once."""
        content = body.encode() if isinstance(body, str) else body
        self.start(status, reason, headers, framing=str(len(content)))
        self.piece(content)

    def raw(self, content: bytes) -> None:
        try:
            self._sock.sendall(content)
        except OSError as error:
            raise PeerGoneError from error

    def pause(self, seconds: float) -> None:
        """Wait; raise `PeerGoneError` as soon as the client goes."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            ready, _, _ = select.select([self._sock, self._stop], [], [], left)
            if self._stop in ready or (self._sock in ready and not self._still_there()):
                raise PeerGoneError

    def stall(self) -> None:
        """Say nothing more, until the client goes."""
        self.pause(3600)

    def reset(self) -> None:
        """Break the connection off as a crashed machine does (RST)."""
        self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._sock.close()

    def _still_there(self) -> bool:
        try:
            return self._sock.recv(4096) != b""
        except OSError:
            return False


class Upstream:
    """The server. Use it as a context, or `close` it; both wait for its threads.

    `choose` names the scenario for a request, and its arguments. `completions` has those that
    the official door plays otherwise, or alone. `keyless` answers without a code as well.
    `models` are what it lists, `on_list` answers in place of the list, and `on_credits` where
    it is asked what is left on a code, by either door. That is asked at any time, and nobody
    pays for it, so it is not among the `received` but in `asked_for_credits`.
    """

    def __init__(
        self,
        scenarios: dict[str, Script],
        choose: Callable[[Received], tuple[str, list[str]]],
        *,
        port: int = 0,
        pace: float = 0.02,
        auth_codes: Iterable[str] = (),
        tls: ssl.SSLContext | None = None,
        completions: Mapping[str, Script] | None = None,
        keyless: bool = False,
    ) -> None:
        self.models: list[dict[str, Any]] = [{"id": "gpt-4"}, {"id": "gpt-3.5-turbo"}]
        self.on_list: Script | None = None
        self.on_credits: Script | None = None
        self.asked_for_credits: list[Received] = []
        self._keyless = keyless
        self.received: list[Received] = []
        self.connections = 0
        self.pace = pace
        self._scenarios = scenarios
        self._completions = {**scenarios, **(completions or {})}
        self._choose = choose
        self._auth_codes = set(auth_codes)
        self._tls = tls
        self._queue: deque[Script] = deque()
        self._arrival = threading.Condition()
        self._sockets: set[socket.socket] = set()
        self._threads: set[threading.Thread] = set()
        self._stop, self._stopper = socket.socketpair()
        self._listener = socket.create_server(("127.0.0.1", port), backlog=1024)
        self.port: int = self._listener.getsockname()[1]
        self._acceptor = threading.Thread(target=self._accept, name="upstream", daemon=True)
        self._acceptor.start()

    @property
    def url(self) -> str:
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._stopper.close()
        self._acceptor.join(5)
        with self._arrival:
            threads = list(self._threads)
        for thread in threads:
            thread.join(5)
        self._stop.close()
        self._listener.close()

    def enqueue(self, *scripts: Script | str) -> None:
        """Have the next requests answered by these, whatever they say."""
        for script in scripts:
            self._queue.append(self._completions[script] if isinstance(script, str) else script)

    def wait_for(self, count: int = 1, timeout: float = 10) -> Received:
        """Wait until `count` requests have arrived in all; return the last of them."""
        with self._arrival:
            if not self._arrival.wait_for(lambda: len(self.received) >= count, timeout):
                raise TimeoutError(f"{len(self.received)} of {count} requests came")
            return self.received[count - 1]

    def wait_for_credits(self, count: int = 1, timeout: float = 10) -> Received:
        """Wait until it was asked so often what is left on a code; return the last of these."""
        with self._arrival:
            asked = self.asked_for_credits
            if not self._arrival.wait_for(lambda: len(asked) >= count, timeout):
                raise TimeoutError(f"{len(asked)} of {count} questions came")
            return asked[count - 1]

    def calls_of(self, texts: Sequence[str], timeout: float = 10) -> list[int]:
        """Wait until each text has been asked, and nothing is answered; how often each was."""

        def asked() -> Counter[str]:
            return Counter(received.last_message for received in self.received)

        with self._arrival:
            self._arrival.wait_for(lambda: set(texts) <= set(asked()), timeout)
            received = list(self.received)
        for one in received:
            if one.last_message in texts:
                one.finished.wait(timeout)
        return [asked()[text] for text in texts]

    def _accept(self) -> None:
        while True:
            ready, _, _ = select.select([self._listener, self._stop], [], [])
            if self._stop in ready:
                return
            sock, _ = self._listener.accept()
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            thread = threading.Thread(target=self._serve, args=(sock,), name="upstream call")
            thread.daemon = True
            with self._arrival:
                self.connections += 1
                self._threads.add(thread)
            thread.start()

    def _serve(self, sock: socket.socket) -> None:
        try:
            if self._tls is not None:
                sock = self._tls.wrap_socket(sock, server_side=True)
            if (received := _receive(sock, self._stop)) is not None:
                self._play(sock, received)
        except OSError:
            pass  # the client went in the middle of its request, or of the handshake
        finally:
            sock.close()
            with self._arrival:
                self._threads.discard(threading.current_thread())

    def _play(self, sock: socket.socket, received: Received) -> None:
        call = Call(sock, received, stop=self._stop, pace=self.pace)
        script = self._script(call)
        about_credits = received.path.partition("?")[0] in (_CREDITS_PATH, _USER_PATH)
        with self._arrival:
            (self.asked_for_credits if about_credits else self.received).append(received)
            self._arrival.notify_all()
        try:
            script(call)
        except PeerGoneError:
            received.disconnected_at = time.monotonic()
            received.disconnected.set()
        finally:
            received.finished.set()

    def _script(self, call: Call) -> Script:
        received = call.received
        canary.note(received.auth_code)
        path = received.path.partition("?")[0]
        if received.method == "POST" and path in (CLASSIC_PATH, COMPLETIONS_PATH):
            if self._queue:
                return self._queue.popleft()
            if not self._knows(received.auth_code):
                return self._scenarios["unauthorised"]
            received.scenario, call.arguments = self._choose(received)
            return self._of(received)[received.scenario]
        if (received.method, path) in _ASKED_FOR:
            code = _code_of(received)
            canary.note(code)
            if not self._knows(code):
                return self._scenarios["unauthorised"]
            return self._told(path)
        return lambda call: call.answer("Not Found", 404, "Not Found")

    def _told(self, path: str) -> Script:
        """Choose what tells of models or credits."""
        if path == _MODELS_PATH:
            return self.on_list or self._list
        return self.on_credits or (_user if path == _USER_PATH else _credits)

    def _of(self, received: Received) -> dict[str, Script]:
        return self._completions if received.completions else self._scenarios

    def _knows(self, code: str) -> bool:
        return code.startswith("test-") or code in self._auth_codes or (self._keyless and not code)

    def _list(self, call: Call) -> None:
        call.answer(json.dumps({"object": "list", "data": self.models}), headers=_JSON)


def _credits(call: Call) -> None:
    document: dict[str, Any] = {"data": {"balance": 85.5, "amount": 100.0}}
    if "include_usage=true" in call.received.path:
        document["usage"] = {"pageSize": 50, "nextId": "", "list": []}
    call.answer(json.dumps(document), headers=_JSON)


def _code_of(received: Received) -> str:
    """Find the code where each of these addresses has it: in a header, or in the body."""
    body = received.body if isinstance(received.body, dict) else {}
    return str(body.get("authcode", received.auth_code))


def _user(call: Call) -> None:
    call.answer(json.dumps({"amount": 100.0, "balance": 85.5}), headers=_JSON)


def _receive(sock: socket.socket, stop: socket.socket) -> Received | None:
    """Read one request; None if the client goes before it is whole."""
    content = b""
    while b"\r\n\r\n" not in content and len(content) < _HEAD_LIMIT:
        if not (piece := _recv(sock, stop)):
            return None
        content += piece
    head, _, body = content.partition(b"\r\n\r\n")
    request, *lines = head.decode("latin-1").split("\r\n")
    pairs = (line.partition(":") for line in lines)
    headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
    length = min(int(headers.get("content-length", "0")), _BODY_LIMIT)
    while len(body) < length:
        if not (piece := _recv(sock, stop)):
            return None
        body += piece
    method, path, _ = request.split(" ", 2)
    try:
        document = json.loads(body)
    except ValueError:
        document = None
    return Received(method, path, headers, head, document)


def _recv(sock: socket.socket, stop: socket.socket) -> bytes:
    pending = getattr(sock, "pending", int)()  # what TLS has read ahead is not in the socket
    ready = [] if pending else select.select([sock, stop], [], [])[0]
    return b"" if stop in ready else sock.recv(65_536)
