"""The charges of a month, as far as they are known: read from the newest back, by pages."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from webapp.providers.credits import Account, Charge

PAGES = 6
"""That are read in one go, at most."""

_MOST = 20_000

Page = Callable[[str], Account | None]
"""Asks for the page at a place; the newest one is at the empty place."""


class Ledger:
    """Keeps the charges of one code, not before a moment. One thread fills it.

    What is new is read first, up to what is known; with the pages that are left it goes on
    where it was left the last time. So a busy month is complete after some rounds, and none
    of them asks for many pages.
    """

    def __init__(self) -> None:
        self._charges: dict[str, Charge] = {}
        self._behind = ""  # where the older ones begin that were not read yet
        self.told = False
        """Whether the provider tells charges at all."""

    @property
    def charges(self) -> Sequence[Charge]:
        return tuple(self._charges.values())

    @property
    def complete(self) -> bool:
        """Whether there are none before those that are known."""
        return not self._behind

    def read(self, page: Page, *, since: datetime) -> Account | None:
        """Read what is new since a moment, and forget what is older. Return the newest page."""
        self._charges = {name: one for name, one in self._charges.items() if one.at >= since}
        newest = page("")
        if newest is None or newest.charges is None:
            return newest
        self.told = True
        left = self._read_new(newest, page, since)
        while left and self._behind and len(self._charges) < _MOST:
            account = page(self._behind)
            if account is None or account.charges is None:
                break
            self._take(account, since)
            self._behind = _further(account, since)
            left -= 1
        return newest

    def _read_new(self, newest: Account, page: Page, since: datetime) -> int:
        """Read from the newest up to what is known; return how many pages may still be read.

        Where that is too far, what was known is given up: a sum with a hole is no sum.
        """
        account: Account | None = newest
        left, read = PAGES, list[Account]()
        while account is not None and account.charges is not None:
            read.append(account)
            left -= 1
            behind = _further(account, since)
            met = any(one.id in self._charges for one in account.charges)
            if met or not behind or not left:
                if not met:
                    self._charges = {}
                if not met or not behind:
                    self._behind = behind
                for one in read:
                    self._take(one, since)
                return left
            account = page(behind)
        return 0  # the next round begins anew

    def _take(self, account: Account, since: datetime) -> None:
        for one in account.charges or ():
            if one.at >= since:
                self._charges[one.id] = one


def _further(account: Account, since: datetime) -> str:
    """Tell where it goes on; nowhere once a page reaches what is too old."""
    reached = any(one.at < since for one in account.charges or ())
    return "" if reached else account.behind
