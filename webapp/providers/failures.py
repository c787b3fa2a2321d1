"""What a status of Liaobots means for the person who waits for an answer."""

from __future__ import annotations

import re
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from webapp.errors import (
    AuthCodeRefused,
    CreditUsedUp,
    HostMoved,
    ModelFailed,
    RateLimited,
)

if TYPE_CHECKING:
    from webapp.errors import ProviderError

_REASON_LIMIT = 200
_REDIRECTION = 3
_MINUTE = 60
_HOUR = 3600
_SECONDS = re.compile(r"[0-9]{1,9}")


def failure(
    status: int, *, host: str, said: str = "", retry_after: str = "", now: float = 0
) -> ProviderError:
    """Choose the error for a status, be it of HTTP or in the body of an answer.

    `said` is what the service itself gave as the reason, `retry_after` the header of
    that name as it came, `now` the time in seconds since the epoch.
    """
    match status:
        case 401 | 403:
            return AuthCodeRefused()
        case 402:
            return CreditUsedUp()
        case 429:
            return RateLimited(host=host, wait=waiting(retry_after, now))
        case 404 | 410:
            return HostMoved(host=host)
    if status // 100 == _REDIRECTION:
        return HostMoved(host=host)
    return ModelFailed(reason=printable(said) or f"HTTP {status}")


def printable(text: str) -> str:
    """Make one short line of text that a stranger chose, fit for the middle of a sentence."""
    shown = "".join(letter if letter.isprintable() else " " for letter in text[:4096])
    line = " ".join(shown.split()).rstrip(". ")
    return line if len(line) <= _REASON_LIMIT else line[: _REASON_LIMIT - 1] + "…"


def waiting(retry_after: str, now: float) -> str:
    """Say when to try again. RFC 9110, 10.2.3: a number of seconds, or a date."""
    seconds = _seconds(retry_after.strip(), now)
    if seconds <= 1:
        return "in a moment"
    if seconds < 2 * _MINUTE:
        return f"in {seconds} seconds"
    if seconds < 2 * _HOUR:
        return f"in {-(-seconds // _MINUTE)} minutes"
    return f"in {-(-seconds // _HOUR)} hours"


def _seconds(retry_after: str, now: float) -> int:
    if _SECONDS.fullmatch(retry_after):
        return int(retry_after)
    try:
        return round(parsedate_to_datetime(retry_after).timestamp() - now)
    except (ValueError, OverflowError):
        return 0
