"""Where Liaochat stands on its host: at the root, or under a path that a proxy gives it.

In Python an address is a path from Liaochat's own root, such as `/c/…`. What stands before
it is put there in few places: `base()` in templates, `go_to`, and in the browser
`markup.js`, for all that a script places. So frames are the same for everybody, whatever
proxy each page came through.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from flask import Flask, Request, request
from jinja2 import Environment

from webapp.config import Network, Settings, parse_prefix
from webapp.web.parts import wants_part
from webapp.web.proxies import is_trusted

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


def init_app(app: Flask, settings: Settings) -> None:
    app.wsgi_app = Mount(  # type: ignore[method-assign]
        app.wsgi_app, prefix=settings.url_prefix, trusted=settings.trusted_proxies
    )
    app.jinja_env.globals["base"] = base


def base() -> str:
    """Tell what stands before the addresses of this page; "" in what its script places."""
    return "" if wants_part() else request.script_root


def for_frames(environment: Environment) -> Environment:
    """Give the same templates, drawn for frames: nothing stands before an address."""
    frames = environment.overlay()
    frames.globals = {**environment.globals, "base": str}
    return frames


class Mount:
    """Tells the application under which path it stands, and takes that off what is asked for.

    A trusted proxy may have taken it off already, and may name another one in
    X-Forwarded-Prefix. What others ask for beside the path is not ours.
    """

    def __init__(self, app: WSGIApplication, *, prefix: str, trusted: Sequence[Network]) -> None:
        self._app = app
        self._prefix = prefix
        self._trusted = trusted

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        trusted = is_trusted(Request(environ), self._trusted)
        prefix = (_forwarded(environ) if trusted else "") or self._prefix
        path = environ.get("PATH_INFO", "")
        if path == prefix or path.startswith(f"{prefix}/"):
            path = path[len(prefix) :] or "/"
        elif not trusted:
            return _not_here(prefix, start_response)
        environ["SCRIPT_NAME"], environ["PATH_INFO"] = prefix, path
        return self._app(environ, start_response)


def _forwarded(environ: WSGIEnvironment) -> str:
    try:
        return parse_prefix(environ.get("HTTP_X_FORWARDED_PREFIX", ""))
    except ValueError:
        return ""


def _not_here(prefix: str, start_response: StartResponse) -> Iterable[bytes]:
    text = (
        f"Liaochat stands under {prefix}/ here (LIAOCHAT_URL_PREFIX). Where a proxy takes that "
        "off, name the proxy in LIAOCHAT_TRUSTED_PROXIES.\n"
    ).encode()
    headers = [
        ("Content-Type", "text/plain; charset=utf-8"),
        ("Content-Length", str(len(text))),
        ("Cache-Control", "no-store"),
        ("X-Content-Type-Options", "nosniff"),
    ]
    start_response("404 Not Found", headers)
    return [text]
