"""By which door Liaobots is asked what is left on a code: one `Credits` for each."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from webapp.providers.address import Address, parse_address
from webapp.providers.credits import MOST_BYTES, parse_credits, parse_user
from webapp.providers.exchange import (
    CutError,
    Exchange,
    NotConnectedError,
    SilenceError,
)
from webapp.providers.liaobots import USER_AGENT

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import requests

    from webapp.providers.base import AuthCode, Cancellation
    from webapp.providers.credits import Account

PATIENCE = 5.0
"""Seconds that one question may take in all."""

_PAGE_SIZE = 50
_OK = 200


class _Door:
    """What both doors do: one request over a connection of its own, and a bounded body."""

    def __init__(self, *, connect_timeout: float, ca_file: str | None) -> None:
        self._connect_timeout = min(connect_timeout, PATIENCE)
        self._ca_file = ca_file

    def _body(
        self, send: Callable[[Exchange], requests.Response], cancellation: Cancellation
    ) -> bytes | None:
        """Return a body that came with 200 and is not too long. Raises `NotConnectedError`."""
        exchange = Exchange(
            ca_file=self._ca_file,
            connect_timeout=self._connect_timeout,
            first_timeout=PATIENCE,
            read_timeout=PATIENCE,
            total_timeout=PATIENCE,
        )
        with exchange:
            cancellation.attach(exchange.shut)
            try:
                if send(exchange).status_code != _OK:
                    return None
                return _read(exchange)
            except (CutError, SilenceError):
                return None
            finally:
                cancellation.detach()


class OfficialCredits(_Door):
    """Asks the official API. Its hosts are tried in their order until one is there."""

    def __init__(
        self, hosts: Sequence[str], *, connect_timeout: float, ca_file: str | None = None
    ) -> None:
        super().__init__(connect_timeout=connect_timeout, ca_file=ca_file)
        self._hosts = [_address(host) for host in hosts]

    def ask(
        self,
        code: AuthCode,
        cancellation: Cancellation,
        *,
        charges: bool = False,
        behind: str = "",
    ) -> Account | None:
        if not code.sendable:
            return None
        wanted: dict[str, str | int] = {}
        if charges:
            wanted = {"include_usage": "true", "pageSize": _PAGE_SIZE}
        if behind:
            wanted["nextId"] = behind
        query = f"?{urlencode(wanted)}" if wanted else ""
        for host in self._hosts:
            try:
                body = self._ask_one(f"{host.url}/api/v1/credits{query}", code, cancellation)
            except NotConnectedError:
                continue
            return None if body is None else parse_credits(body)
        return None

    def _ask_one(self, url: str, code: AuthCode, cancellation: Cancellation) -> bytes | None:
        headers = {"authorization": f"Bearer {code.reveal()}"}
        return self._body(lambda exchange: exchange.get(url, headers=headers), cancellation)


class ClassicCredits(_Door):
    """Asks the classic service, which may not answer to that at all, and tells no charges."""

    def __init__(
        self, base_url: str, *, connect_timeout: float, ca_file: str | None = None
    ) -> None:
        super().__init__(connect_timeout=connect_timeout, ca_file=ca_file)
        self._address = _address(base_url)

    def ask(
        self,
        code: AuthCode,
        cancellation: Cancellation,
        *,
        charges: bool = False,  # noqa: ARG002
        behind: str = "",  # noqa: ARG002
    ) -> Account | None:
        if not code.sendable:
            return None
        origin = self._address.origin
        headers = {"origin": origin, "referer": f"{origin}/", "user-agent": USER_AGENT}
        url, asked = f"{self._address.url}/api/user", {"authcode": code.reveal()}
        try:
            body = self._body(
                lambda exchange: exchange.post(url, headers=headers, body=asked), cancellation
            )
        except NotConnectedError:
            return None
        return None if body is None else parse_user(body)


def _address(text: str) -> Address:
    return parse_address(text, whose="Liaobots", mend="Correct LIAOCHAT_LIAOBOTS_URL.")


def _read(exchange: Exchange) -> bytes | None:
    body = b""
    while piece := exchange.read():
        body += piece
        if len(body) > MOST_BYTES:
            return None
    return body
