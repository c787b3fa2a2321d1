"""gunicorn's threaded worker, with less patience."""

from __future__ import annotations

import contextlib
import socket
import time

from gunicorn.http.message import Request
from gunicorn.workers.gthread import TConn, ThreadWorker

_LINGER = 2.0
_DRAIN = 65_536


class Worker(ThreadWorker):  # type: ignore[misc]
    """Lets no client hold a thread, or the thread that accepts all others, for long.

    A request that has not come and been answered in time is cut off; gunicorn would wait
    for each of its bytes for ever. And a peer is parted from on the thread that served it:
    gunicorn 27 does that on the one thread that accepts connections, and waits there up to
    two seconds for the peer to hang up.
    """

    def __init__(self, *arguments: object, **options: object) -> None:
        super().__init__(*arguments, **options)
        self._since: dict[TConn, float] = {}

    def handle(self, conn: TConn) -> object:
        self._since[conn] = time.monotonic()
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
        for conn, since in list(self._since.items()):
            if since < too_long:
                with contextlib.suppress(OSError):
                    conn.sock.shutdown(socket.SHUT_RDWR)


def _part(sock: socket.socket) -> None:
    """Say that we are done, read what is still under way (RFC 9112, section 9.6), and end it.

    The socket is left open, but shut: gunicorn's own farewell finds nothing to wait for.
    """
    with contextlib.suppress(OSError):  # it is gone already, or does not hang up
        sock.shutdown(socket.SHUT_WR)
        until = time.monotonic() + _LINGER
        drained = 0
        while drained < _DRAIN and (left := until - time.monotonic()) > 0:
            sock.settimeout(left)
            received = sock.recv(4096)
            if not received:
                break
            drained += len(received)
    with contextlib.suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)
