"""The server: one thread a connection, few connections, and an end to all of them.

It stands on the standard library's server, which is enough for a few tools of one person or
team: what it lacks, bounds and deadlines, is here. gunicorn and Flask would bring a second
process, forms, sessions and 60 MB to what needs none of them.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import select
import signal
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import ThreadingHTTPServer
from socketserver import TCPServer
from typing import Any

from webapp.clock import Clock
from webapp.errors import ConfigurationError
from webapp.local_server.access import Access
from webapp.local_server.asked import TOO_MANY_REQUESTS, Refusal
from webapp.local_server.handler import Handler
from webapp.providers.base import Cancellation, Model, Provider

_MOST_CONNECTIONS = 64
_MOST_ANSWERS = 16
"""That run or wait. Whoever comes then is asked to come again."""

_REQUEST_TIMEOUT = 30.0
_LOOK_EVERY = 0.25
_FULL = (
    b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nContent-Length: 0\r\n"
    b"Connection: close\r\n\r\n"
)
_LINGER, _DRAIN = 1.0, 16 * 1024 * 1024

_logger = logging.getLogger(__name__)


@dataclass
class _Seat:
    """A connection: since when its next request is awaited, or the answer that it gets."""

    since: float
    answer: Cancellation | None = None


class ModelServer(ThreadingHTTPServer):
    """Serves the models of one provider. `url` is where it listens."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(
        self,
        provider: Provider,
        models: Sequence[Model],
        *,
        host: str,
        port: int,
        access: Access,
        clock: Clock,
        request_timeout: float = _REQUEST_TIMEOUT,
    ) -> None:
        """Raise `ConfigurationError` where it cannot listen."""
        self.provider = provider
        self.models = {model.id: model for model in models}
        self.access = access
        self.clock = clock
        self._request_timeout = request_timeout
        self._lock = threading.Lock()  # guards the two below
        self._seats: dict[socket.socket, _Seat] = {}
        self._closing = False
        try:
            self.address_family, _, _, _, where = socket.getaddrinfo(
                host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
            )[0]
            super().__init__((str(where[0]), port), Handler)
        except OSError as error:
            busy = error.errno == errno.EADDRINUSE
            raise ConfigurationError(
                reason=f"Port {port} on {host} is in use by another program. "
                "Stop that one, or choose another port with --port."
                if busy
                else f"Nothing can listen on {host}, port {port}: {error.strerror or error}. "
                "Choose others with --host and --port."
            ) from error

    @property
    def url(self) -> str:
        host, port = str(self.server_address[0]), self.server_address[1]
        if host in ("0.0.0.0", "::"):  # noqa: S104 - it is only recognised here
            host = "127.0.0.1"
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    def run(self) -> None:
        """Serve on the main thread until a signal ends it."""

        def stop(_number: int, _frame: object) -> None:
            threading.Thread(target=self.shutdown, name="stop", daemon=True).start()

        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, stop)
        self.serve_forever(_LOOK_EVERY)
        self.close()

    def close(self) -> None:
        """Break off what is under way. Call it when nothing is accepted any more."""
        with self._lock:
            self._closing = True
            seats = dict(self._seats)
        self.server_close()
        for connection, seat in seats.items():
            if seat.answer is not None:
                seat.answer.cancel()
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    @contextmanager
    def answering(self, connection: socket.socket) -> Iterator[Cancellation]:
        """Have a place for an answer, which is given up when its reader goes.

        Raise `Refusal` where there is none.
        """
        cancellation = Cancellation()
        with self._lock:
            answers = sum(seat.answer is not None for seat in self._seats.values())
            if answers >= _MOST_ANSWERS or self._closing:
                raise Refusal(
                    TOO_MANY_REQUESTS,
                    "Too many answers are under way or wait. Try again in a moment.",
                    code="rate_limit_exceeded",
                )
            self._seats[connection].answer = cancellation
        try:
            yield cancellation
        finally:
            with self._lock:
                self._seats[connection] = _Seat(time.monotonic())
            cancellation.cancel()

    def awaits(self, connection: socket.socket) -> None:
        """Let a connection have its time for the next request."""
        with self._lock:
            self._seats[connection] = _Seat(time.monotonic())

    # What follows is called by the standard library's server, under its names.

    def server_bind(self) -> None:
        TCPServer.server_bind(self)  # HTTPServer's own asks for the name of the host, for long

    def process_request(self, request: Any, client_address: Any) -> None:  # noqa: ANN401
        with self._lock:
            full = len(self._seats) >= _MOST_CONNECTIONS
            if not full:
                self._seats[request] = _Seat(time.monotonic())
        if full:
            with contextlib.suppress(OSError):
                request.settimeout(0)
                request.sendall(_FULL)
            request.close()
            return
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:  # noqa: ANN401
        """End a connection, and read on for a moment: else the last words may be lost."""
        with contextlib.suppress(OSError):
            request.shutdown(socket.SHUT_WR)
            request.settimeout(_LINGER)
            until, left = time.monotonic() + _LINGER, _DRAIN
            while left > 0 and time.monotonic() < until and (read := request.recv(65_536)):
                left -= len(read)
        with self._lock:
            self._seats.pop(request, None)
        self.close_request(request)

    def service_actions(self) -> None:
        """Look for requests that do not come, and for readers that have gone."""
        now = time.monotonic()
        with self._lock:
            seats = [(one, seat.since, seat.answer) for one, seat in self._seats.items()]
        for connection, since, answer in seats:
            if answer is not None:
                if _has_gone(connection):
                    answer.cancel()
            elif now - since > self._request_timeout:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401, ARG002
        _logger.debug("a connection broke off")


def _has_gone(connection: socket.socket) -> bool:
    """Tell whether the other side has hung up, without taking what it may have sent."""
    try:
        poll = select.poll()
        poll.register(connection, select.POLLIN)
        if not poll.poll(0):
            return False
        return not connection.recv(1, socket.MSG_PEEK)
    except (OSError, ValueError):
        return True
