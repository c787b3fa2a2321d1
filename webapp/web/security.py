"""What stands before and after every request: who may come in, and what browsers may do."""

from __future__ import annotations

from flask import Flask, Response, request

from webapp.errors import NotFound
from webapp.web.errors import ForeignOrigin
from webapp.web.services import services
from webapp.web.sessions import current_session, give_cookie, own_origin

PUBLIC = frozenset(
    {
        "sign_in.confirm",
        "sign_in.form",
        "sign_in.sign_in",
        "sign_in.sign_out",
        # These ask for an invitation's token themselves.
        "invited.form",
        "invited.come_in",
        "static_files.file",
        "static_files.health",
        "diagnosis.arrival",
        "diagnosis.upgrade",
        "diagnosis.stream",
        # These ask for a link's token themselves, and for a sign-in where it is the team's.
        "reading.page",
        "reading.older",
        "reading.image",
        "reading.socket",
        "reading.events",
        "reading.frame",
    }
)
"""The endpoints that answer without a sign-in. All others, known or not, do not."""

_STREAMS = frozenset({"events.events", "reading.events"})
"""The endpoints that open a page without a socket."""

_POLICY = (
    "default-src 'none'; "
    "script-src 'self'; "
    "style-src 'self'; "
    "img-src 'self' data:; "
    "connect-src 'self'; "
    "form-action 'self'; "
    "base-uri 'none'; "
    "frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; "
    "trusted-types liaochat"
)

_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    # Not no-referrer: that would make the Origin of our own forms "null".
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


def init_app(app: Flask) -> None:
    app.before_request(_wait_for_turn)
    app.before_request(_refuse_deflate)
    app.before_request(_check_origin)
    app.before_request(_check_signed_in)
    app.before_request(_check_owner)
    app.after_request(_harden)
    app.teardown_request(_leave_turnstile)


def _wait_for_turn() -> None:
    """Let pages come in one after the other, strangers as well: each costs answers time."""
    upgrade = request.headers.get("Upgrade", "").lower() == "websocket"
    if upgrade or request.endpoint in _STREAMS:
        services().turnstile.enter()


def _leave_turnstile(_error: BaseException | None) -> None:
    """Who got in has left it long ago; this is for who did not."""
    services().turnstile.leave()


def _refuse_deflate() -> None:
    """Keep simple-websocket from agreeing to permessage-deflate.

    It always would: 90 kB a connection, and a frame of 284 kB that grows to 300 MB.
    """
    request.environ.pop("HTTP_SEC_WEBSOCKET_EXTENSIONS", None)


def _check_origin() -> None:
    """Take orders and sockets from our own pages only, before anything happens.

    Browsers send our cookie with what other sites make them send; the Origin header is
    what tells. It is compared as a whole: absent, `null` and look-alikes are refused.
    """
    safe = request.method in {"GET", "HEAD", "OPTIONS"}
    upgrade = request.headers.get("Upgrade", "").lower() == "websocket"
    if safe and not upgrade:
        return
    if request.headers.get("Origin") != own_origin(services().settings, request):
        raise ForeignOrigin


def _check_signed_in() -> None:
    if request.endpoint not in PUBLIC:
        current_session()


def _check_owner() -> None:
    """Have members find nothing where the owner's pages are, whatever they ask of it.

    By the path, not by the endpoint: a request in the wrong way has none, and its 405
    would tell that something is there.
    """
    names = [name for name in request.path.split("/") if name]
    if names[:1] == ["team"] and current_session().user.role != "owner":
        raise NotFound


def _harden(response: Response) -> Response:
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers.setdefault("Cache-Control", "no-store")
    response.vary.add("Cookie")
    give_cookie(response)
    return response
