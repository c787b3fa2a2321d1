"""What reaches us of a request, and how soon what we say arrives: for `liaochat doctor`."""

from __future__ import annotations

import socket
import threading

from flask import Blueprint, Response, jsonify, request

from webapp import __version__
from webapp.web.events import TakenOver
from webapp.web.services import services
from webapp.web.sessions import own_origin

blueprint = Blueprint("diagnosis", __name__, url_prefix="/connection")

BEATS = 4
BEAT = 0.25
"""Seconds between two events of the stream that is measured."""

_AT_ONCE = 4
# Each stream holds a thread for a second, and anybody may ask for one.
_free = threading.BoundedSemaphore(_AT_ONCE)


# Two rules, since one alone answers either requests with an upgrade or those without.
@blueprint.get("/arrival")
@blueprint.get("/arrival", endpoint="upgrade", websocket=True)
def arrival() -> Response:
    """Say what came of a request that asked for an upgrade, and where we believe to be."""
    return jsonify(
        liaochat=__version__,
        origin=own_origin(services().settings, request),
        prefix=request.script_root,
        upgrade=request.headers.get("Upgrade", "").lower() == "websocket"
        and "upgrade" in request.headers.get("Connection", "").lower(),
    )


@blueprint.get("/stream")
def stream() -> Response:
    """Send a few events with pauses between them; none where too many ask for them."""
    if request.method == "HEAD":
        return Response(content_type="text/event-stream")
    if not _free.acquire(blocking=False):
        return Response(status=503, headers={"Retry-After": "2"})
    return TakenOver(_beat)


def _beat(inner: socket.socket, head: bytes) -> None:
    """Write as the events of a page are written: proxies hand on chunks, and hold back these."""
    pause = threading.Event()
    try:
        inner.sendall(head)
        for number in range(BEATS):
            if number:
                pause.wait(BEAT)
            inner.sendall(f"data: {number}\n\n".encode())
    except OSError:
        pass  # they have gone
    finally:
        _free.release()
