"""Who may ask: whoever has the auth code, or without one the programs on this machine."""

from __future__ import annotations

import hmac
import json
import re
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address

from webapp.local_server.asked import FORBIDDEN, UNAUTHORIZED, Refusal
from webapp.providers.base import AuthCode

_BEARER = "bearer "
_HOST_PORT = re.compile(r":[0-9]*$")


@dataclass(frozen=True, slots=True)
class Access:
    """`code` is None where no code is needed."""

    code: AuthCode | None

    def check(self, headers: Mapping[str, str], body: bytes = b"") -> None:
        """Raise `Refusal` for who may not ask. A code may be in either header, or in the body.

        Without a code a page that somebody looks at in a browser must not ask either: it
        could come from anywhere, and its host's name may be made to mean this machine.
        """
        if self.code is not None:
            if not any(self._is_right(one) for one in _offered(headers, body)):
                raise Refusal(
                    UNAUTHORIZED,
                    "The auth code is missing or wrong. Send it as “Authorization: Bearer …” "
                    "or as “x-auth-code”.",
                    code="invalid_api_key",
                )
            return
        host, origin = headers.get("host", "localhost"), headers.get("origin")
        if not is_this_machine(_HOST_PORT.sub("", host).strip("[]")):
            raise Refusal(FORBIDDEN, "Without an auth code this is for this machine alone.")
        if origin is not None and origin != f"http://{host}":
            raise Refusal(FORBIDDEN, "Pages of other sites may not ask here.")

    def _is_right(self, offered: str) -> bool:
        code = "" if self.code is None else self.code.reveal()
        return hmac.compare_digest(offered.encode("utf-8", "replace"), code.encode())


def is_this_machine(name: str) -> bool:
    """Tell whether a name or an address leads to this machine and no further."""
    if name == "localhost":
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False


def listens_here_alone(host: str) -> bool:
    """Tell whether a host to listen on can be reached from this machine alone."""
    try:
        found = socket.getaddrinfo(host or None, 0, flags=socket.AI_PASSIVE)
    except OSError:
        return False
    return all(is_this_machine(str(one[4][0])) for one in found)


def _offered(headers: Mapping[str, str], body: bytes) -> list[str]:
    codes = [headers.get("x-auth-code", "").strip()]
    bearer = headers.get("authorization", "")
    if bearer.lower().startswith(_BEARER):
        codes.append(bearer[len(_BEARER) :].strip())
    if body:
        try:
            said = json.loads(body)
        except (ValueError, RecursionError):
            said = None
        code = said.get("authcode") if isinstance(said, dict) else None
        codes.append(code if isinstance(code, str) else "")
    return codes
