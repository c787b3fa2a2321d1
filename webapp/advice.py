"""What can be wrong between browsers and the server, judged and said in one place.

`liaochat doctor` asks from outside, the page Connection from a browser; both say this.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from urllib.parse import urlsplit

from webapp.errors import N_

CLOCKS_APART = 60.0
TOGETHER = 0.1
"""Seconds within which events came together that were sent three quarters of a second apart."""

ANSWERS = N_("Liaochat answers under %(address)s.")
UNREACHABLE = N_(
    "%(address)s cannot be reached (%(reason)s). See that Liaochat and the proxy run, and that "
    "the name and the port are right."
)
STRANGER = N_(
    "What answers at %(address)s is not Liaochat (%(status)s). See where the proxy hands requests "
    "on to, and that Liaochat runs there."
)

PLACE_KNOWN = N_("The server knows this address, and trusts pages under it.")
PLACE_WRONG = N_(
    "The server believes to be %(believed)s, and refuses what pages under %(origin)s send. "
    "Set LIAOCHAT_PUBLIC_URL=%(origin)s, and have the proxy hand on the Host header."
)
PATH_WRONG = N_(
    "The server believes to stand under %(believed)s/, so that the addresses on its pages lead "
    "beside %(path)s/. Set LIAOCHAT_URL_PREFIX=%(path)s, or have a proxy that is in "
    "LIAOCHAT_TRUSTED_PROXIES send it as X-Forwarded-Prefix."
)

COOKIE_SECURE = N_("The cookie is for https alone.")
COOKIE_STAYS = N_("All this is on one machine, so that the cookie does not travel.")
COOKIE_REFUSED = N_(
    "Browsers refuse the cookie here, since it is for https alone, so that nobody can sign in. "
    "Open the https address instead."
)
COOKIE_LOOSE = N_(
    "The cookie lacks Secure, and travels over plain http as well. Set "
    "LIAOCHAT_PUBLIC_URL=%(origin)s."
)
COOKIE_PLAIN = N_(
    "The cookie, and all that is said, travels over plain http, and can be read on the way. "
    "Unless you trust this network, put a proxy with https before Liaochat, and set "
    "LIAOCHAT_PUBLIC_URL to its https address."
)

UPGRADE_PASSES = N_("The upgrade to a WebSocket reaches the server.")
UPGRADE_STRIPPED = N_(
    "The upgrade to a WebSocket is stripped on the way. Pages go on over events, which take one "
    "of a browser's six connections each. Have the proxy speak HTTP/1.1 to Liaochat and hand on "
    "the headers Upgrade and Connection."
)
SOCKET_PASSES = N_("A WebSocket opens, and the server speaks through it.")
SOCKET_MUTE = N_(
    "A WebSocket opens, and nothing comes through it. Pages go on over events after ten seconds. "
    "Have the proxy hand on what is said after an upgrade, without buffering it."
)

SOCKET_CROWDED = N_("A WebSocket cannot be tried: too many pages are open. Close some.")
SOCKET_UNTRIED = N_("A WebSocket cannot be tried before the server knows this address.")

STREAM_FLOWS = N_("What the server says arrives as it is said.")
STREAM_HELD = N_(
    "Something on the way holds answers back and hands them on in one piece. Switch its buffering "
    "off (nginx: proxy_buffering off), and compression of text/event-stream."
)
STREAM_REFUSED = N_("The stream that is measured was refused (%(status)s). Try again.")
STREAM_BROKE = N_("A stream broke off (%(reason)s). Give the proxy a longer time-out for reading.")

CLOCKS_AGREE = N_("The clocks there and here agree.")
CLOCKS_DIFFER = N_(
    "The clock there and the one here are %(seconds)s seconds apart. Set both by NTP: sign-ins "
    "and links run out by the server's clock."
)


WIRE_SOCKET = N_("The pages in this tab talk over a WebSocket.")
WIRE_EVENTS = N_(
    "The pages in this tab talk over server-sent events at present, since no WebSocket got "
    "through. They try one again after ten minutes."
)
WIRE_EITHER = N_(
    "The pages in this tab try a WebSocket first, and go on over server-sent events where none "
    "gets through."
)


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found: a sentence for gettext, and its values; a fault says what to do."""

    good: bool
    sentence: str
    values: Mapping[str, object] = field(default_factory=dict)

    @property
    def text(self) -> str:
        return self.sentence % self.values


def place(origin: str, believed: str) -> Finding:
    """Compare where people open it with where it believes to be: it trusts that origin alone."""
    if origin.lower() == believed.lower():
        return Finding(good=True, sentence=PLACE_KNOWN)
    return Finding(
        good=False, sentence=PLACE_WRONG, values={"believed": believed, "origin": origin}
    )


def beside(path: str, believed: str) -> Finding:
    """Say that people open it under another path than it believes to stand under."""
    return Finding(good=False, sentence=PATH_WRONG, values={"path": path, "believed": believed})


def cookie(origin: str, believed: str) -> Finding:
    """Tell what becomes of the cookie that a server sets which believes to be elsewhere."""
    match origin.startswith("https:"), believed.startswith("https:"):
        case True, True:
            return Finding(good=True, sentence=COOKIE_SECURE)
        case True, False:
            return Finding(good=False, sentence=COOKIE_LOOSE, values={"origin": origin})
        case False, True:
            return Finding(good=False, sentence=COOKIE_REFUSED)
    if _is_here(urlsplit(origin).hostname or ""):
        return Finding(good=True, sentence=COOKIE_STAYS)
    return Finding(good=False, sentence=COOKIE_PLAIN)


def upgrade(*, arrived: bool) -> Finding:
    return Finding(good=arrived, sentence=UPGRADE_PASSES if arrived else UPGRADE_STRIPPED)


def stream(seconds: float) -> Finding:
    """Judge by how long after its first event the last one came."""
    flows = seconds > TOGETHER
    return Finding(good=flows, sentence=STREAM_FLOWS if flows else STREAM_HELD)


def clocks(seconds: float) -> Finding:
    if seconds <= CLOCKS_APART:
        return Finding(good=True, sentence=CLOCKS_AGREE)
    return Finding(good=False, sentence=CLOCKS_DIFFER, values={"seconds": round(seconds)})


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
