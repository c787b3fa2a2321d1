"""In which order the hosts of one service are tried. Pure: the time is passed in."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from webapp.providers.address import Address

_FOR_A_WHILE = 600
"""Seconds after which the first host is tried first again, whatever happened."""


class Hosts:
    """The addresses of a service, the first preferred. One instance serves all threads.

    A backup that has helped out goes first for ten minutes: else each question would wait
    for the first host's time-out before it. Which it is stands in one tuple that is replaced
    as a whole, so no lock is needed; of two threads that disagree the later is right.
    """

    def __init__(self, addresses: Sequence[Address], now: Callable[[], float]) -> None:
        self._addresses = tuple(addresses)
        self._now = now
        self._helped: tuple[Address, float] | None = None

    def __len__(self) -> int:
        return len(self._addresses)

    @property
    def first(self) -> Address:
        return self._addresses[0]

    def label(self, address: Address) -> str:
        """Name a host as people tell it from the others: by its port only where it has to be."""
        alike = [one for one in self._addresses if one.host == address.host]
        return address.host if len(alike) == 1 else address.origin.partition("://")[2]

    def in_order(self) -> list[Address]:
        preferred = self._preferred()
        return [preferred, *(one for one in self._addresses if one != preferred)]

    def answered(self, address: Address) -> None:
        """Remember that this host was there."""
        if address == self.first:
            self._helped = None
        elif address != self._preferred():
            self._helped = (address, self._now())

    def _preferred(self) -> Address:
        helped = self._helped
        if helped is not None and 0 <= self._now() - helped[1] < _FOR_A_WHILE:
            return helped[0]
        return self.first
