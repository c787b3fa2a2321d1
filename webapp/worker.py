"""gunicorn's threaded worker, with less patience."""

from __future__ import annotations

import contextlib
import re
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from selectors import EVENT_READ
from typing import Any

from gunicorn.http.message import Request
from gunicorn.workers.gthread import TConn, ThreadWorker

_LINGER = 2.0
_DRAIN = 32 * 1024 * 1024
_RESET = struct.pack("ii", 1, 0)

_LOBBY = 256
"""Connections that may wait for their request to come; the oldest goes when there are more."""

_PEEK = 65_536

_COMING = 1_000_000
_GOING = 65_536
"""Bytes of a body that is read, and of an answer that is taken, for which more time is given."""

_SMALL_BODY = 16 * 1024
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d{1,18})[ \t]*\r\n", re.IGNORECASE)
_EXPECT = re.compile(rb"\r\nexpect:", re.IGNORECASE)


class Worker(ThreadWorker):  # type: ignore[misc]
    """Lets no client hold a thread, or the thread that accepts all others, for long.

    A request gets a thread when it is here: its head, and its body where that is small.
    Until then its connection waits in the lobby, which costs a file descriptor; gunicorn
    would have a thread wait for each byte. What has a thread and takes too long is cut
    off. And a peer is parted from on the thread that served it: gunicorn 27 does that on
    the one thread that accepts connections, and waits there up to two seconds for the
    peer to hang up.
    """

    def __init__(self, *arguments: object, **options: object) -> None:
        super().__init__(*arguments, **options)
        self._since: dict[TConn, float] = {}
        self._serving = threading.local()  # the connection of the thread
        # Who waits in the lobby since when, the longest first. The accepting thread's own.
        self._lobby: dict[TConn, float] = {}

    def accept(self, listener: socket.socket) -> None:
        try:
            client, address = listener.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return
        self.nr_conns += 1
        self._receive(TConn(self.cfg, client, address, listener.getsockname()))

    def on_client_socket_readable(self, conn: TConn, client: socket.socket) -> None:
        """Have a connection that was kept alive wait for its next request like a new one."""
        self.poller.unregister(client)
        self.keepalived_conns.remove(conn)
        self._receive(conn)

    def load_wsgi(self) -> None:
        super().load_wsgi()
        application: Callable[..., Any] = vars(self)["wsgi"]
        self.wsgi = partial(self._answer, application)

    def handle(self, conn: TConn) -> object:
        self._since[conn] = time.monotonic()
        self._serving.conn = conn
        try:
            keep = super().handle(conn)
        finally:
            self._since.pop(conn, None)
        if not keep:
            _part(conn.sock)
        return keep

    def handle_request(self, req: Request, conn: TConn) -> object:
        if ("UPGRADE", "websocket") in [(name, value.lower()) for name, value in req.headers]:
            self._since.pop(conn, None)  # has pings of its own, and may stay
        return super().handle_request(req, conn)

    def murder_pending(self) -> None:
        """Cut off what takes too long; called about once a second, on the accepting thread."""
        super().murder_pending()
        too_long = time.monotonic() - self.app.request_timeout
        for conn, since in list(self._lobby.items()):
            if since < too_long or not self.alive:
                self._turn_away(conn)
        for conn, since in list(self._since.items()):
            if since < too_long:
                with contextlib.suppress(OSError):
                    conn.sock.shutdown(socket.SHUT_RDWR)

    def _answer(
        self, application: Callable[..., Any], environ: dict[str, Any], start: Callable[..., Any]
    ) -> Iterable[bytes]:
        """Have the application answer, and give a large file that comes or goes its time.

        Only what the application itself reads counts: it reads no large body of a stranger.
        """
        more_time = partial(self._give_time, self._serving.conn)
        # Called by an answer that does not end; it then has deadlines of its own.
        environ["webapp.stays"] = partial(self._since.pop, self._serving.conn, None)
        environ["wsgi.input"] = _Coming(environ["wsgi.input"], more_time)
        return _Going(application(environ, start), more_time)

    def _give_time(self, conn: TConn) -> None:
        if conn in self._since:
            self._since[conn] = time.monotonic()

    def _receive(self, conn: TConn) -> None:
        """Seat a connection in the lobby, unless its request is here already."""
        if len(self._lobby) >= _LOBBY:
            self._turn_away(next(iter(self._lobby)))
        self._lobby[conn] = time.monotonic()
        self.poller.register(conn.sock, EVENT_READ, partial(self._look, conn, 0))
        self._look(conn, 0, conn.sock)

    def _look(self, conn: TConn, seen: int, sock: socket.socket) -> None:
        """Give a connection a thread if its request has come, without taking the bytes.

        Else the kernel is told to wake us when there is more than what was seen: it would
        wake us for that again and again.
        """
        try:
            head = sock.recv(_PEEK, socket.MSG_PEEK)
        except BlockingIOError:
            return
        except OSError:
            head = b""
        if len(head) <= seen:  # readable, and nothing new: the peer has hung up
            self._turn_away(conn)
        elif len(head) == _PEEK or _is_here(head):
            self._leave_lobby(conn)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, 1)
            conn.data_ready = True
            self.enqueue_req(conn)
        else:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, len(head) + 1)
            self.poller.modify(sock, EVENT_READ, partial(self._look, conn, len(head)))

    def _turn_away(self, conn: TConn) -> None:
        self._leave_lobby(conn)
        self.nr_conns -= 1
        with contextlib.suppress(OSError):
            conn.sock.recv(_PEEK)  # what was left unread would make the end an error
        conn.close()

    def _leave_lobby(self, conn: TConn) -> None:
        del self._lobby[conn]
        self.poller.unregister(conn.sock)


class _Coming:
    """The body of a request, which gets more time for each megabyte that is read of it."""

    def __init__(self, body: Any, more_time: Callable[[], None]) -> None:  # noqa: ANN401 - gunicorn's own
        self._body = body
        self._more_time = more_time
        self._read = 0

    def read(self, size: int | None = None) -> bytes:
        return self._count(self._body.read(size))

    def readline(self, size: int | None = None) -> bytes:
        return self._count(self._body.readline(size))

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._body)

    def _count(self, read: bytes) -> bytes:
        self._read += len(read)
        if self._read >= _COMING:
            self._read = 0
            self._more_time()
        return read


class _Going:
    """The pieces of an answer, which gets more time as its reader takes them."""

    def __init__(self, pieces: Iterable[bytes], more_time: Callable[[], None]) -> None:
        self._pieces = pieces
        self._more_time = more_time

    def __iter__(self) -> Iterator[bytes]:
        taken = 0
        for piece in self._pieces:
            yield piece
            taken += len(piece)  # when the next one is asked for, this one has been taken
            if taken >= _GOING:
                taken = 0
                self._more_time()

    def close(self) -> None:
        close = getattr(self._pieces, "close", None)
        if close is not None:
            close()


def _is_here(head: bytes) -> bool:
    """Tell whether a request can be served without waiting for its sender.

    A large body is read by who takes it, and so is one that its sender holds back until
    it is asked for.
    """
    end = head.find(b"\r\n\r\n")
    if end < 0:
        return False
    fields = head[: end + 2]
    length = _LENGTH.search(fields)
    body = int(length[1]) if length else 0
    return body > _SMALL_BODY or len(head) >= end + 4 + body or bool(_EXPECT.search(fields))


def _part(sock: socket.socket) -> None:
    """Say that we are done, read what is still under way (RFC 9112, section 9.6), and end it.

    A sender that has not stopped by then is told with a reset: it would wait for ever for
    room that an end in good manners never gives it. The socket is left open, but shut:
    gunicorn's own farewell finds nothing to wait for.
    """
    with contextlib.suppress(OSError):  # it is gone already, or does not hang up
        sock.shutdown(socket.SHUT_WR)
        until = time.monotonic() + _LINGER
        drained = 0
        while drained < _DRAIN and (left := until - time.monotonic()) > 0:
            sock.settimeout(left)
            received = sock.recv(65_536)
            if not received:
                break
            drained += len(received)
    with contextlib.suppress(OSError):
        if sock.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    with contextlib.suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)
