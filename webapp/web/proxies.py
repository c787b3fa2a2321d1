"""What a proxy in front says about a request, believed only where it may be trusted."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from flask import Request

from webapp.config import Network

_NETWORK_OF_ONE = 64


def is_trusted(request: Request, trusted: Sequence[Network]) -> bool:
    """Tell whether the request came over one of our own proxies."""
    return _is_within(_parse(request.remote_addr or ""), trusted)


def client_address(request: Request, trusted: Sequence[Network]) -> str:
    """Tell where a request comes from; "" where nothing is known.

    Each proxy writes behind X-Forwarded-For who asked it. What our own ones wrote is true,
    read from the end; what stands before the first address that is not ours, anybody can
    have written.
    """
    named = request.headers.get("X-Forwarded-For", "").split(",")
    found = request.remote_addr or ""
    while _is_within(_parse(found), trusted) and named:
        address = _parse(named.pop())
        if address is None:
            break
        found = str(address)
    return found


def client_network(request: Request, trusted: Sequence[Network]) -> str:
    """Tell what one person can have in hand of where a request comes from.

    That is an address; but of IPv6 everybody has a network of 64 bits.
    """
    address = _parse(named := client_address(request, trusted))
    if isinstance(address, IPv6Address):
        return str(ip_network((address, _NETWORK_OF_ONE), strict=False))
    return named


def _parse(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text.strip())
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _is_within(address: IPv4Address | IPv6Address | None, networks: Sequence[Network]) -> bool:
    return address is not None and any(address in network for network in networks)
