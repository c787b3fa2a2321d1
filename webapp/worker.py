"""gunicorn's threaded worker, with one habit less."""

from __future__ import annotations

import contextlib
import socket
import time

from gunicorn.workers.gthread import TConn, ThreadWorker

_LINGER = 2.0
_DRAIN = 65_536


class Worker(ThreadWorker):  # type: ignore[misc]
    """Parts from a peer on the thread that served it.

    gunicorn 27 does it on the one thread that accepts connections, and waits there up to
    two seconds for the peer to hang up: a few clients that do not, and nobody gets in.
    """

    def handle(self, conn: TConn) -> object:
        keep = super().handle(conn)
        if not keep:
            _part(conn.sock)
        return keep


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
