"""`liaochat doctor`: asks a running Liaochat as browsers do, and names what is wrong on the way."""

from __future__ import annotations

import http.client
import json
import ssl
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from urllib.parse import SplitResult, urlsplit

_PATIENCE = 10.0
_CLOCKS_APART = 60.0
_TOGETHER = 0.1
"""Seconds within which events came together that were sent three quarters of a second apart."""

_UPGRADE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version": "13",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found, in a sentence; where it is a fault, with what to do."""

    good: bool
    text: str


@dataclass(frozen=True, slots=True)
class _Arrival:
    """What reached the server of a request, and its clock."""

    origin: str
    prefix: str
    upgrade: bool
    date: datetime | None


class _NoAnswer(Exception):
    """There is no Liaochat to ask; the text says why."""


def examine(url: str, *, now: datetime) -> Iterator[Finding]:
    """Ask the Liaochat that people open under this address. One finding a subject."""
    parts = urlsplit(url if "//" in url else f"https://{url}")
    origin = f"{parts.scheme}://{parts.netloc}"
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        yield Finding(
            good=False, text=f"{url} is no address. Give one like https://chat.example.org."
        )
        return
    try:
        seen = _arrival(parts, {})
        yield Finding(good=True, text=f"Liaochat answers under {origin}{_path(parts)}.")
        yield _place(origin, seen.origin)
        if _path(parts) != seen.prefix:
            yield _elsewhere(_path(parts), seen.prefix)
        yield _upgrade(_arrival(parts, {**_UPGRADE, "Origin": seen.origin}))
        yield _streaming(parts)
        yield _clock(seen.date, now)
    except _NoAnswer as fault:
        yield Finding(good=False, text=str(fault))


def _place(origin: str, believed: str) -> Finding:
    """Compare where people open it with where it believes to be: it trusts that origin alone."""
    if origin.lower() == believed.lower():
        return Finding(good=True, text="The server knows this address, and trusts pages under it.")
    text = (
        f"The server believes to be {believed}, and refuses what pages under {origin} send. "
        f"Set LIAOCHAT_PUBLIC_URL={origin}, and have the proxy hand on the Host header."
    )
    if origin.startswith("http:") and believed.startswith("https:"):
        text += (
            " Browsers also refuse its cookie, which is for https alone, so nobody can sign in "
            "here: open the https address instead."
        )
    elif origin.startswith("https:"):
        text += " Until then its cookie lacks Secure, and travels over plain http as well."
    return Finding(good=False, text=text)


def _elsewhere(path: str, believed: str) -> Finding:
    return Finding(
        good=False,
        text=f"The server believes to stand under {believed}/, so that the addresses on its pages "
        f"lead beside {path}/. Set LIAOCHAT_URL_PREFIX={path}, or have a proxy that is in "
        "LIAOCHAT_TRUSTED_PROXIES send it as X-Forwarded-Prefix.",
    )


def _upgrade(seen: _Arrival) -> Finding:
    if seen.upgrade:
        return Finding(good=True, text="The upgrade to a WebSocket reaches the server.")
    return Finding(
        good=False,
        text="The upgrade to a WebSocket is stripped on the way. Pages go on over events, which "
        "take one of a browser's six connections each. Have the proxy speak HTTP/1.1 to "
        "Liaochat and hand on the headers Upgrade and Connection.",
    )


def _streaming(parts: SplitResult) -> Finding:
    """Measure when events arrive that the server sends with pauses between them."""
    try:
        with _Asked(parts, "/connection/stream", {"Accept": "text/event-stream"}) as answer:
            if answer.status != http.client.OK:
                return Finding(
                    good=False,
                    text=f"The stream that is measured was refused ({answer.status}). Try again.",
                )
            arrivals = []
            while line := answer.readline():
                if line.startswith(b"data:"):
                    arrivals.append(time.monotonic())
    except (OSError, http.client.HTTPException) as error:
        return Finding(
            good=False,
            text=f"A stream broke off ({error}). Give the proxy a longer time-out for reading.",
        )
    if len(arrivals) > 1 and arrivals[-1] - arrivals[0] > _TOGETHER:
        return Finding(good=True, text="What the server says arrives as it is said.")
    return Finding(
        good=False,
        text="Something on the way holds answers back and hands them on in one piece. Switch "
        "its buffering off (nginx: proxy_buffering off), and compression of text/event-stream.",
    )


def _clock(date: datetime | None, now: datetime) -> Finding:
    apart = 0.0 if date is None else abs((date - now).total_seconds())
    if apart <= _CLOCKS_APART:
        return Finding(good=True, text="The clocks there and here agree.")
    return Finding(
        good=False,
        text=f"The clock there and the one here are {round(apart)} seconds apart. Set both by "
        "NTP: sign-ins and links run out by the server's clock.",
    )


def _arrival(parts: SplitResult, headers: dict[str, str]) -> _Arrival:
    origin = f"{parts.scheme}://{parts.netloc}"
    try:
        with _Asked(parts, "/connection/arrival", headers) as answer:
            target, date = answer.getheader("Location"), answer.getheader("Date")
            body = answer.read(65_536)
    except ssl.SSLError as error:
        raise _NoAnswer(
            f"TLS fails at {origin}: {error.reason or error}. Give the proxy a certificate of "
            f"this name that browsers trust; if it speaks plain http, open http://{parts.netloc}."
        ) from error
    except (OSError, http.client.HTTPException) as error:
        raise _NoAnswer(
            f"{origin} cannot be reached ({error or type(error).__name__}). See that Liaochat "
            "and the proxy run, and that the name and the port are right."
        ) from error
    if target:
        raise _NoAnswer(f"{origin} sends browsers on to {target}. Examine that address.")
    try:
        fields = json.loads(body)
        return _Arrival(fields["origin"], fields["prefix"], fields["upgrade"], _date(date))
    except (ValueError, TypeError, KeyError) as error:
        if body.startswith(b"Liaochat stands under "):
            raise _NoAnswer(body.decode(errors="replace").strip()) from error
        raise _NoAnswer(
            f"What answers at {origin} is not Liaochat ({answer.status}). See where the proxy "
            "hands requests on to, and that Liaochat runs there."
        ) from error


def _path(parts: SplitResult) -> str:
    return parts.path.rstrip("/")


def _date(text: str | None) -> datetime | None:
    try:
        return None if text is None else parsedate_to_datetime(text)
    except ValueError:
        return None


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
