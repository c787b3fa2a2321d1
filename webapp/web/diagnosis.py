"""What stands between browsers and us: asked by `liaochat doctor`, and by a page of our own."""

from __future__ import annotations

import socket
import threading

from flask import Blueprint, Response, jsonify, render_template, request

from webapp import __version__, advice
from webapp.advice import Finding
from webapp.config import Settings
from webapp.web.events import TakenOver
from webapp.web.i18n import gettext
from webapp.web.proxies import client_address, is_trusted
from webapp.web.services import services
from webapp.web.sessions import own_address, own_origin

blueprint = Blueprint("diagnosis", __name__, url_prefix="/connection")

BEATS = 4
BEAT = 0.25
"""Seconds between two events of the stream that is measured."""

_AT_ONCE = 4
# Each stream holds a thread for a second, and anybody may ask for one.
_free = threading.BoundedSemaphore(_AT_ONCE)


@blueprint.get("")
def page() -> str:
    """Show what the server knows of the way here. Its script finds out the rest."""
    own = services()
    return render_template(
        "connection.html",
        address=own_address(own.settings, request),
        scheme=request.scheme,
        way=_way(own.settings),
        checks=_checks(),
    )


# Two rules, since one alone answers either requests with an upgrade or those without.
@blueprint.get("/arrival")
@blueprint.get("/arrival", endpoint="upgrade", websocket=True)
def arrival() -> Response:
    """Say what came of a request that asked for an upgrade, and where we believe to be.

    A page that names its `origin` is told what is to be said of that.
    """
    believed, origin = own_origin(services().settings, request), request.args.get("origin", "")
    found = {"place": advice.place(origin, believed), "cookie": advice.cookie(origin, believed)}
    return jsonify(
        liaochat=__version__,
        now=services().clock.now().timestamp(),
        origin=believed,
        prefix=request.script_root,
        upgrade=request.headers.get("Upgrade", "").lower() == "websocket"
        and "upgrade" in request.headers.get("Connection", "").lower(),
        findings={name: [one.good, _said(one)] for name, one in found.items()} if origin else {},
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


def _way(settings: Settings) -> str:
    """Say over what the request came, as far as it shows."""
    peer, trusted = request.remote_addr or "", settings.trusted_proxies
    if is_trusted(request, trusted):
        return gettext(
            "Your request came over %(peer)s, a proxy that is trusted, and by what that says "
            "from %(address)s."
        ) % {"peer": peer, "address": client_address(request, trusted)}
    if "X-Forwarded-For" in request.headers:
        return gettext(
            "Your request came over a proxy at %(peer)s that is not trusted, so that all seem to "
            "come from there. Name it in LIAOCHAT_TRUSTED_PROXIES."
        ) % {"peer": peer}
    return gettext("Your request came from %(peer)s, over no proxy that says so.") % {"peer": peer}


def _checks() -> dict[str, dict[str, str]]:
    """Give the sentences of each check that the script makes; it fills `{places}` in.

    Of place and cookie the server says them itself when it is told the page's origin.
    """
    places = {name: f"{{{name}}}" for name in ("address", "reason", "status", "seconds")}
    found = {
        "reach": {
            "good": advice.ANSWERS,
            "lost": advice.UNREACHABLE,
            "stranger": advice.STRANGER,
        },
        "place": {},
        "cookie": {},
        "socket": {
            "good": advice.SOCKET_PASSES,
            "stripped": advice.UPGRADE_STRIPPED,
            "mute": advice.SOCKET_MUTE,
            "crowded": advice.SOCKET_CROWDED,
            "untried": advice.SOCKET_UNTRIED,
        },
        "stream": {
            "good": advice.STREAM_FLOWS,
            "held": advice.STREAM_HELD,
            "refused": advice.STREAM_REFUSED,
            "broke": advice.STREAM_BROKE,
        },
        "clock": {"good": advice.CLOCKS_AGREE, "differ": advice.CLOCKS_DIFFER},
        "wire": {
            "good": advice.WIRE_SOCKET,
            "events": advice.WIRE_EVENTS,
            "either": advice.WIRE_EITHER,
        },
    }
    return {
        name: {key: gettext(sentence) % places for key, sentence in sentences.items()}
        for name, sentences in found.items()
    }


def _said(finding: Finding) -> str:
    return gettext(finding.sentence) % finding.values
