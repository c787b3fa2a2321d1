"""Keys that were entered for one provider, and go to no other."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Self
from urllib.parse import urlsplit

from webapp.providers.base import AuthCode

_PORTS = {"http": 80, "https": 443}


class BoundKey(AuthCode):
    """A key, and the only place that it may be sent to: a provider, at certain origins.

    Whoever corrects an address in the models file may name another service by it; the keys
    that people entered for the one before are not for that one.
    """

    __slots__ = ("_origins", "_provider")

    def __init__(self, code: str, *, provider: str, origins: Iterable[str]) -> None:
        super().__init__(code)
        self._provider = provider
        self._origins = frozenset(origins)

    def is_for(self, provider: str, origins: Iterable[str]) -> bool:
        """Tell whether it was entered for this provider at all these origins."""
        return provider == self._provider and self._origins.issuperset(origins)

    def pack(self) -> str:
        """Write it with its place, to be sealed."""
        return json.dumps([self._provider, sorted(self._origins), self.reveal()])

    @classmethod
    def unpack(cls, packed: str) -> Self:
        provider, origins, code = json.loads(packed)
        return cls(code, provider=provider, origins=origins)


def origins_of(addresses: Iterable[str]) -> frozenset[str]:
    """Reduce addresses to scheme, host and port."""
    parts = [urlsplit(address) for address in addresses]
    return frozenset(
        f"{one.scheme}://{one.hostname}:{one.port or _PORTS[one.scheme]}" for one in parts
    )
