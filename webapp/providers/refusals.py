"""What a failure of an OpenAI-compatible server means for the person who waits. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from webapp.errors import (
    AddressWrong,
    AuthCodeRefused,
    CreditUsedUp,
    HumanCheck,
    KeyRefused,
    KeySpent,
    ModelFailed,
    RateLimited,
    RequestRefused,
    ServerKeyRefused,
    ServerKeySpent,
    WebPage,
)
from webapp.providers.failures import printable, waiting
from webapp.providers.sse import error_message

if TYPE_CHECKING:
    from collections.abc import Mapping

    from webapp.errors import ProviderError

_NAMED = {
    "invalid_api_key": 401,
    "authentication_error": 401,
    "insufficient_quota": 402,
    "rate_limit_exceeded": 429,
    "rate_limit_error": 429,
    "invalid_request_error": 400,
    "context_length_exceeded": 400,
    "model_not_found": 404,
}
"""Statuses for the words by which servers name an error, as `code` or as `type`."""

_BAD_REQUEST = 400
_SERVER_ERROR = 500
_STATUSES = range(_BAD_REQUEST, 600)
_TIMED_OUT = {504, 524}
_FORBIDDEN = 403
_NOT_HERE = {404, 405, 410}


@dataclass(frozen=True, slots=True)
class Asked:
    """Who was asked, and with whose key: what a refusal is told with.

    `own_key`: the person's, who can enter another. `vendor`: it is an auth code of Liaobots,
    which has sentences of its own.
    """

    host: str
    title: str
    own_key: bool
    vendor: bool

    def key_refused(self) -> ProviderError:
        if not self.own_key:
            return ServerKeyRefused(provider=self.title)
        return AuthCodeRefused() if self.vendor else KeyRefused(provider=self.title)

    def key_spent(self) -> ProviderError:
        if not self.own_key:
            return ServerKeySpent(provider=self.title)
        return CreditUsedUp() if self.vendor else KeySpent(provider=self.title)


def refusal(
    status: int, said: str, asked: Asked, *, retry_after: str = "", now: float = 0
) -> ProviderError:
    """Choose the error for a status, be it of HTTP or of an object in the answer.

    `said` is the reason that the server gave, without secrets; empty where it gave none.
    """
    reason = printable(said)
    match status:
        case 401 | 403 if status != _FORBIDDEN or asked.vendor or not reason:
            return asked.key_refused()
        case 402:
            return asked.key_spent()
        case 429:
            return RateLimited(host=asked.host, wait=waiting(retry_after, now))
    if status < _BAD_REQUEST or (status in _NOT_HERE and not reason):
        return AddressWrong(host=asked.host)
    if status < _SERVER_ERROR:
        return RequestRefused(host=asked.host, reason=reason or f"HTTP {status}")
    return ModelFailed(reason=reason or f"HTTP {status}")


def page(status: int, headers: Mapping[str, str], asked: Asked) -> ProviderError | None:
    """Recognise a page of a guard in front of the API by its head; None for what is none.

    Relays in PHP call their events a page, so with 200 only the body tells. https://developers.cloudflare.com/cloudflare-challenges/challenge-types/challenge-pages/detect-response/
    tells of the header by which a human check shows.
    """
    if headers.get("cf-mitigated", "").lower() == "challenge":
        return HumanCheck(host=asked.host)
    if status == _FORBIDDEN and "text/html" in headers.get("content-type", "").lower():
        return WebPage(host=asked.host)
    return None


def may_ask_elsewhere(status: int) -> bool:
    """Say whether a host is broken, so that another one of the same service may be asked.

    A gateway that ran out of time had handed the question on: it may have been charged.
    """
    return status >= _SERVER_ERROR and status not in _TIMED_OUT


def error_status(event: Mapping[str, Any], status: int = _SERVER_ERROR) -> int:
    """Find the status that an error object means, in any of the forms that servers use.

    `status` is what is known already. Some words say more than the number beside them: 429
    stands for too many requests as well as for a credit that is used up.
    """
    error = event.get("error")
    inner = error if isinstance(error, dict) else event
    for name in ("code", "type"):
        word = inner.get(name)
        if isinstance(word, str) and word in _NAMED:
            return _NAMED[word]
    for number in (event.get("res_status"), inner.get("status"), inner.get("code")):
        if isinstance(number, int) and number in _STATUSES:
            return number
    return status


def error_object(body: str) -> dict[str, Any]:
    """Read the body of a refusal; some servers put its object into a list."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    if isinstance(value, list) and value:
        value = value[0]
    return value if isinstance(value, dict) else {}


def reason_of(event: dict[str, Any]) -> str:
    """Find the reason in an error object; FastAPI calls it `detail`."""
    detail = event.get("detail")
    said = error_message(event)
    return said or (detail if isinstance(detail, str) and detail != "Not Found" else "")
