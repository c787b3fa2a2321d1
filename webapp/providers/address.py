"""The address of a service that auth codes and keys are sent to, read strictly."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from webapp.errors import ConfigurationError

_BASE = re.compile(
    r"(?P<scheme>https?)://(?P<host>[a-z0-9.-]+|\[[0-9a-f:.]+\])(?P<port>:[0-9]{1,5})?"
    r"(?P<path>(?:/[A-Za-z0-9._~-]+)*)/?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Address:
    """`origin` is scheme, host and port, `path` begins with a slash or is empty."""

    origin: str
    path: str

    @property
    def url(self) -> str:
        return self.origin + self.path

    @property
    def host(self) -> str:
        return urlsplit(self.origin).hostname or ""

    @property
    def secure(self) -> bool:
        return self.origin.startswith("https:")


def parse_address(text: str, *, whose: str, mend: str) -> Address:
    """Split a base address into origin and path; raise `ConfigurationError` for a doubtful one.

    Only what every parser of addresses reads alike is let through: no user, no query, no
    backslash, no escape. Where two parsers differ, the code goes to the wrong host. The
    sentence says `whose` address it is and how to `mend` it; the address itself may hold a
    password, and is not shown.
    """
    match = _BASE.fullmatch(text)
    if match is None or int((match["port"] or ":1")[1:]) not in range(1, 65_536):
        raise ConfigurationError(
            reason=f"The address of {whose} must be http:// or https://, a host and perhaps a "
            f"port and a path. {mend}"
        )
    origin = f"{match['scheme']}://{match['host']}{match['port'] or ''}".lower()
    return Address(origin, match["path"])


def is_this_machine(host: str) -> bool:
    """Tell whether a host as it stands in an address is loopback."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
