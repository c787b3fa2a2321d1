"""HTTP: from a connection's bytes to a dialect and back."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler
from itertools import chain
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from webapp.errors import ProviderError
from webapp.local_server import classic, openai
from webapp.local_server.asked import NOT_FOUND, Asked, Refusal, parse_body, refusal_of

if TYPE_CHECKING:
    from webapp.local_server.server import ModelServer

_BODY = 4 * 1024 * 1024
_LENGTH = re.compile(r"[0-9]{1,10}")
_METHOD_NOT_ALLOWED, _LENGTH_REQUIRED, _TOO_LARGE, _OK = 405, 411, 413, 200
_SERVER_ERROR = 500
_OPENAI = ("/v1/", "/api/v1/")
_MODELS = "/v1/models/"
_JSON = "application/json"
_HELLO = """\
The models on this machine, in the dialects of
Liaobots  POST /api/chat, /api/models, /api/user
OpenAI    POST /v1/chat/completions, GET /v1/models
"""

_logger = logging.getLogger(__name__)


class Handler(BaseHTTPRequestHandler):
    """One connection, on a thread of its own, for as many requests as it brings."""

    protocol_version = "HTTP/1.1"
    default_request_version = "HTTP/1.0"  # of a request that is none: its refusal has a head
    timeout = 30
    disable_nagle_algorithm = True
    server: ModelServer

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def _serve(self) -> None:
        """Answer a request, or say why not."""
        self._path = self.path.partition("?")[0]
        self._begun = False
        try:
            self._route()()
        except Refusal as refusal:
            self._refuse(refusal)
        except (OSError, EOFError):  # the other side has gone
            self.close_connection = True
        except Exception:
            _logger.exception("a request failed in a way it should not")
            self._refuse(Refusal(_SERVER_ERROR, "Something went wrong. The log says what."))
        else:
            self.server.awaits(self.connection)

    def _route(self) -> Callable[[], None]:
        """Find what is asked for. What needs no question is checked and answered here."""
        routes: dict[str, dict[str, Callable[[], None]]] = {
            "/": {"GET": partial(self._send, _OK, "text/plain; charset=utf-8", _HELLO.encode())},
            "/api/chat": {"POST": self._chat},
            "/api/models": {"POST": self._classic_models},
            "/api/user": {"POST": self._user},
            "/v1/chat/completions": {"POST": self._completions},
            "/v1/models": {"GET": self._models},
            "/api/v1/credits": {"GET": self._credits},
        }
        methods = routes.get(self._path.rstrip("/") or "/")
        if methods is None and self._path.startswith(_MODELS):
            methods = {"GET": self._model}
        if methods is None:
            raise Refusal(NOT_FOUND, "There is nothing here under this address.")
        if self.command not in methods:
            raise Refusal(_METHOD_NOT_ALLOWED, f"Use {', '.join(methods)} here.")
        if self.command == "GET" and "content-length" in self.headers:
            self.close_connection = True  # nobody reads what comes with it
        return methods[self.command]

    def _chat(self) -> None:
        self._check()
        asked = classic.parse(parse_body(self._body()), self.server.models)
        # No content type, as the service itself: what reads it must know the encoding.
        self._stream(asked, classic.frames, "")

    def _completions(self) -> None:
        self._check()
        asked = openai.parse(parse_body(self._body()), self.server.models)
        now = self.server.clock.now().timestamp()
        if asked.stream:
            frames = partial(openai.frames, asked=asked, now=now)
            self._stream(asked, frames, "text/event-stream; charset=utf-8")
            return
        with self.server.answering(self.connection) as cancellation:
            try:
                pieces = self.server.provider.stream(asked.question, cancellation)
                document = openai.document(pieces, asked, now=now)
            except ProviderError as error:
                raise refusal_of(error) from error
            if not cancellation.cancelled:
                self._send(_OK, _JSON, document)

    def _classic_models(self) -> None:
        self._check(self._body())
        self._send(_OK, _JSON, classic.models_document(self.server.models.values()))

    def _user(self) -> None:
        self._check(self._body())
        self._send(_OK, _JSON, classic.user_document())

    def _credits(self) -> None:
        self._check()
        self._send(_OK, _JSON, classic.credits_document())

    def _models(self) -> None:
        self._check()
        now = self.server.clock.now().timestamp()
        self._send(_OK, _JSON, openai.models_document(self.server.models.values(), now=now))

    def _model(self) -> None:
        self._check()
        model = self.server.models.get(unquote(self._path.removeprefix(_MODELS)))
        if model is None:
            raise Refusal(NOT_FOUND, "There is no such model here.", code="model_not_found")
        now = self.server.clock.now().timestamp()
        self._send(_OK, _JSON, openai.model_document(model, now=now))

    def _check(self, body: bytes = b"") -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.access.check(headers, body)

    def _body(self) -> bytes:
        lengths = self.headers.get_all("content-length") or []
        if "transfer-encoding" in self.headers or len(lengths) != 1:
            raise Refusal(_LENGTH_REQUIRED, "The request must say how long it is.")
        if not _LENGTH.fullmatch(lengths[0]) or int(lengths[0]) > _BODY:
            raise Refusal(_TOO_LARGE, f"A request may have {_BODY} bytes at most.")
        body = self.rfile.read(int(lengths[0]))
        if len(body) < int(lengths[0]):
            raise EOFError
        return body

    def _stream(
        self, asked: Asked, frames: Callable[[Iterator[Any]], Iterator[bytes]], kind: str
    ) -> None:
        """Send an answer as it comes. What breaks off ends without its last chunk."""
        with self.server.answering(self.connection) as cancellation:
            written = frames(self.server.provider.stream(asked.question, cancellation))
            try:
                first = next(written, b"")
                for frame in chain([first], written):
                    if cancellation.cancelled:
                        self.close_connection = True
                        return
                    self._write(frame, kind)
            except ProviderError as error:
                if not self._begun:
                    raise refusal_of(error) from error
                self.close_connection = True
                return
            if cancellation.cancelled:
                self.close_connection = True
            elif self._chunked:
                self.wfile.write(b"0\r\n\r\n")

    @property
    def _chunked(self) -> bool:
        return self.request_version != "HTTP/1.0"

    def _write(self, frame: bytes, kind: str) -> None:
        if not self._begun:
            self._begun = True
            self.send_response(_OK)
            if kind:
                self.send_header("Content-Type", kind)
            self.send_header("Cache-Control", "no-store")
            if self._chunked:
                self.send_header("Transfer-Encoding", "chunked")
            else:
                self.send_header("Connection", "close")
            self.end_headers()
        if frame and self._chunked:
            frame = b"%x\r\n%b\r\n" % (len(frame), frame)
        self.wfile.write(frame)

    def _send(self, status: int, kind: str, body: bytes, reason: str | None = None) -> None:
        self._begun = True
        self.send_response(status, reason)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Content-Type-Options", "nosniff")
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def _refuse(self, refusal: Refusal) -> None:
        """Say why a request is not answered, and end the connection: its rest is unread."""
        self.close_connection = True
        if self._begun:
            return
        dialect = openai if self._path.startswith(_OPENAI) else classic
        kind, body = dialect.refusal_body(refusal)
        reason = None
        if refusal.status == _SERVER_ERROR:  # where the classic service says it; in UTF-8
            line = " ".join(refusal.sentence.split())
            reason = line.encode("utf-8", "replace").decode("latin-1")
        self._send(refusal.status, kind, body, reason)

    # What follows is called by the standard library, under its names.

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Say what is wrong with a request that is no HTTP."""
        self._path = getattr(self, "path", "").partition("?")[0]
        self._begun = False
        self._refuse(Refusal(int(code), message or explain or "This is no request."))

    def version_string(self) -> str:
        return "Liaochat"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        _logger.debug(format, *args)
