"""One host of an OpenAI-compatible service, asked with a key: what it does instead of answering."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from webapp.errors import BrokenOff, ModelFailed, ProviderError, SilentTooLong, Unreachable
from webapp.providers.completion_request import Dialect
from webapp.providers.exchange import CutError, NotConnectedError, SilenceError
from webapp.providers.refusals import (
    Asked,
    error_object,
    error_status,
    may_ask_elsewhere,
    page,
    reason_of,
    refusal,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import requests

    from webapp.providers.address import Address
    from webapp.providers.base import AuthCode
    from webapp.providers.exchange import Exchange
    from webapp.providers.wire import FailureInBandError

_OK = range(200, 300)
_UNPROCESSABLE = (400, 422)
_NOT_FOUND = (404, 410)
_SERVER_ERROR = 500


@dataclass(frozen=True, slots=True)
class Refused:
    """What a host did instead of answering, before it sent a byte of an answer.

    `there`: it is no host to avoid. `elsewhere`: another host may be asked. `dialect`: the
    same host may, in other words.
    """

    error: ProviderError
    there: bool = False
    elsewhere: bool = False
    dialect: Dialect | None = None


@dataclass(frozen=True, slots=True)
class Host:
    address: Address
    key: AuthCode | None
    asked: Asked
    now: Callable[[], float]

    @property
    def name(self) -> str:
        return self.address.host

    def post(
        self, path: str, body: Mapping[str, object], exchange: Exchange, dialect: Dialect
    ) -> Refused | None:
        """Send a question; None means that the answer has begun."""
        url = self.address.url + path
        return self._try(
            lambda: exchange.post(url, headers=self._headers(), body=body), exchange, dialect
        )

    def get(self, path: str, exchange: Exchange) -> Refused | None:
        """Ask for what lies there; None means that it comes."""
        url = self.address.url + path
        return self._try(lambda: exchange.get(url, headers=self._headers()), exchange)

    def without_key(self, text: str) -> str:
        """Hide the key in what the host says; it may say it back."""
        return text if self.key is None else text.replace(self.key.reveal(), "…")

    def failure_in_band(self, failure: FailureInBandError) -> ProviderError:
        """Say what a failure within an answer means; the host is there, whatever it says."""
        reason = self.without_key(failure.message)
        if failure.status in _NOT_FOUND and not reason:
            return ModelFailed(reason=f"status {failure.status}")
        if failure.status >= _SERVER_ERROR and not reason:
            return ModelFailed(reason="it gave no reason")
        return refusal(failure.status, reason, self.asked)

    def _try(
        self,
        send: Callable[[], requests.Response],
        exchange: Exchange,
        dialect: Dialect | None = None,
    ) -> Refused | None:
        # Nothing is chained to what is raised later: it would carry the key along.
        try:
            response = send()
        except NotConnectedError as error:
            return Refused(Unreachable(host=self.name, reason=str(error)), elsewhere=True)
        except SilenceError:
            return Refused(SilentTooLong(host=self.name, seconds=exchange.patience))
        except CutError:
            return Refused(BrokenOff(host=self.name))
        trouble = page(response.status_code, response.headers, self.asked)
        if trouble is not None:
            return Refused(trouble, there=True)
        if response.status_code in _OK:
            return None
        return self._judge(response, exchange, dialect)

    def _judge(
        self, response: requests.Response, exchange: Exchange, dialect: Dialect | None
    ) -> Refused:
        status = response.status_code
        redirects = status < _UNPROCESSABLE[0]
        body = "" if redirects else exchange.read_error().decode("utf-8", "replace")
        said = error_object(body)
        reason = reason_of(said)
        if not reason and status >= _SERVER_ERROR:
            reason = response.reason or ""
        return Refused(
            refusal(
                error_status(said, status),
                self.without_key(reason),
                self.asked,
                retry_after=response.headers.get("retry-after", ""),
                now=self.now(),
            ),
            there=status < _SERVER_ERROR,
            elsewhere=may_ask_elsewhere(status),
            dialect=dialect.mended(body) if dialect and status in _UNPROCESSABLE else None,
        )

    def _headers(self) -> dict[str, str]:
        return {} if self.key is None else {"authorization": f"Bearer {self.key.reveal()}"}
