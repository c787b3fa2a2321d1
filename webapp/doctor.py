"""`liaochat doctor`: asks a running Liaochat as browsers do, and names what is wrong on the way."""

from __future__ import annotations

import http.client
import json
import ssl
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import SplitResult, urlsplit

from webapp import advice
from webapp.advice import Finding

_PATIENCE = 10.0
_UPGRADE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version": "13",
}

_NO_ADDRESS = "%(url)s is no address. Give one like https://chat.example.org."
_NO_TLS = (
    "TLS fails at %(address)s: %(reason)s. Give the proxy a certificate of this name that "
    "browsers trust; if it speaks plain http, open http://%(host)s."
)
_SENT_ON = "%(address)s sends browsers on to %(target)s. Examine that address."


@dataclass(frozen=True, slots=True)
class _Arrival:
    """What reached the server of a request, and its clock, in seconds."""

    origin: str
    prefix: str
    upgrade: bool
    now: float


class _NoAnswer(Exception):
    """There is no Liaochat to ask; the finding says why."""

    def __init__(self, sentence: str, **values: object) -> None:
        super().__init__(sentence)
        self.finding = Finding(good=False, sentence=sentence, values=values)


def examine(url: str, *, now: datetime) -> Iterator[Finding]:
    """Ask the Liaochat that people open under this address. One finding a subject."""
    parts = urlsplit(url if "//" in url else f"https://{url}")
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        yield Finding(good=False, sentence=_NO_ADDRESS, values={"url": url})
        return
    origin, path = _origin(parts), _path(parts)
    try:
        seen = _arrival(parts, {})
        yield Finding(good=True, sentence=advice.ANSWERS, values={"address": origin + path})
        yield advice.place(origin, seen.origin)
        if path != seen.prefix:
            yield advice.beside(path, seen.prefix)
        yield advice.cookie(origin, seen.origin)
        asked = _arrival(parts, {**_UPGRADE, "Origin": seen.origin})
        yield advice.upgrade(arrived=asked.upgrade)
        yield _streaming(parts)
        yield advice.clocks(abs(seen.now - now.timestamp()))
    except _NoAnswer as fault:
        yield fault.finding


def _streaming(parts: SplitResult) -> Finding:
    """Measure when events arrive that the server sends with pauses between them."""
    try:
        with _Asked(parts, "/connection/stream", {"Accept": "text/event-stream"}) as answer:
            if answer.status != http.client.OK:
                values = {"status": answer.status}
                return Finding(good=False, sentence=advice.STREAM_REFUSED, values=values)
            arrivals = [0.0]
            while line := answer.readline():
                if line.startswith(b"data:"):
                    arrivals.append(time.monotonic())
    except (OSError, http.client.HTTPException) as error:
        return Finding(good=False, sentence=advice.STREAM_BROKE, values={"reason": error})
    return advice.stream(arrivals[-1] - arrivals[min(1, len(arrivals) - 1)])


def _arrival(parts: SplitResult, headers: dict[str, str]) -> _Arrival:
    address = _origin(parts)
    try:
        with _Asked(parts, "/connection/arrival", headers) as answer:
            target = answer.getheader("Location")
            body = answer.read(65_536)
    except ssl.SSLError as error:
        raise _NoAnswer(
            _NO_TLS, address=address, reason=error.reason or error, host=parts.netloc
        ) from error
    except (OSError, http.client.HTTPException) as error:
        reason = error or type(error).__name__
        raise _NoAnswer(advice.UNREACHABLE, address=address, reason=reason) from error
    if target:
        raise _NoAnswer(_SENT_ON, address=address, target=target)
    try:
        fields = json.loads(body)
        return _Arrival(fields["origin"], fields["prefix"], fields["upgrade"], float(fields["now"]))
    except (ValueError, TypeError, KeyError) as error:
        if body.startswith(b"Liaochat stands under "):
            raise _NoAnswer("%(said)s", said=body.decode(errors="replace").strip()) from error
        raise _NoAnswer(advice.STRANGER, address=address, status=answer.status) from error


def _origin(parts: SplitResult) -> str:
    return f"{parts.scheme}://{parts.netloc}"


def _path(parts: SplitResult) -> str:
    return parts.path.rstrip("/")


class _Asked:
    """A request of its own connection, and its answer."""

    def __init__(self, parts: SplitResult, path: str, headers: dict[str, str]) -> None:
        kind = (
            http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        )
        self._connection = kind(parts.netloc, timeout=_PATIENCE)
        self._path = _path(parts) + path
        self._headers = headers

    def __enter__(self) -> http.client.HTTPResponse:
        try:
            self._connection.request("GET", self._path, headers=self._headers)
            return self._connection.getresponse()
        except BaseException:
            self._connection.close()
            raise

    def __exit__(self, *_: object) -> None:
        self._connection.close()
