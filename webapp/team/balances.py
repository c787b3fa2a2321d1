"""What is left on auth codes: asked on a thread of its own, so that no page waits for it."""

from __future__ import annotations

import hashlib
import os
import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import partial

from webapp.clock import Clock
from webapp.providers.base import AuthCode, Cancellation
from webapp.providers.credits import Account, Charge, Credits
from webapp.rounds import Rounds
from webapp.store.vault import Vault
from webapp.team.ledger import Ledger

EVERY = 60.0
"""Seconds between two questions about one code, at least; double after each that failed."""

NEW_CODES = 20
"""Of codes that were not asked about before so many are in one such time: whoever enters one after
the other shall not have them tried by this server. The others are asked about when a page shows
them later."""

_SELDOM = 3600.0
_BOOKED = 2.0
"""Seconds after an answer until it is asked what it cost: it is booked behind it."""

_REMEMBERED = 3600.0
"""Seconds for which a code is remembered that no page shows."""

_MOST = 1000
_WAITING = 8
"""Requests that may wait for an answer at the same time."""


@dataclass(frozen=True, slots=True)
class Known:
    """What was last told of a code, and when. `fresh`: nothing has failed since."""

    balance: Decimal
    amount: Decimal | None
    at: datetime
    fresh: bool


@dataclass(frozen=True, slots=True)
class Spending:
    """What was charged to a code in this month, as far as it is known; None: nothing is told.

    `complete` says that the whole month is known, `asking` that it was not asked for yet.
    """

    known: Known | None
    charges: Sequence[Charge] | None
    complete: bool
    asking: bool


@dataclass(slots=True)
class _Entry:
    """A code, and what is known of it. A month's charges are read where somebody looks at them."""

    sealed: str
    looked_at: float
    due: float | None = None
    asked_at: float | None = None
    asking: bool = False
    failures: int = 0
    account: Account | None = None
    told_at: datetime | None = None
    ledger: Ledger | None = None
    charges_asked: bool = False
    charges: Sequence[Charge] | None = None
    complete: bool = True


class Balances(Rounds):
    """Asks about the codes that pages show: when they do, and after answers paid with them.

    Nothing of it is stored. A code is kept sealed, under a digest that means nothing in
    another process, and unsealed for one question at a time.
    """

    def __init__(self, credits_: Credits, vault: Vault, clock: Clock) -> None:
        super().__init__("balances", after_failure=EVERY)
        self._credits = credits_
        self._vault = vault
        self._clock = clock
        self._salt = os.urandom(32)
        self._changed = threading.Condition()  # guards all below, and what is in the entries
        self._entries: dict[bytes, _Entry] = {}
        self._first_times: deque[float] = deque(maxlen=NEW_CODES)
        self._waiting = 0
        self._cancellation = Cancellation()

    def known(self, code: AuthCode, *, wait: float = 0) -> Known | None:
        """Tell what is known of a code, and have it asked where that is old.

        With `wait` it is waited for so many seconds, where few others do.
        """
        with self._changed:
            entry = self._shown(code)
            self._wait(entry, wait)
            return _known(entry)

    def spending(self, code: AuthCode) -> Spending:
        """The same with what was charged this month; from then on that is read as well."""
        with self._changed:
            entry = self._shown(code, charges=True)
            asking = not entry.charges_asked and (entry.asking or entry.due is not None)
            return Spending(_known(entry), entry.charges, entry.complete, asking=asking)

    def paid(self, code: AuthCode) -> None:
        """Have it asked again: an answer that was paid with this code has ended."""
        with self._changed:
            entry = self._entries.get(self._key(code))
            if entry is not None:
                self._want(entry, self._clock.monotonic() + _BOOKED)
        self.look()

    def close(self, timeout: float) -> None:
        self._cancellation.cancel()
        super().close(timeout)
        with self._changed:
            self._changed.notify_all()

    def ask_due(self) -> float | None:
        """Ask about the code that is due first, if one is. Return when the next one will be."""
        now = self._clock.monotonic()
        with self._changed:
            self._forget(now)
            due = [one for one in self._entries.values() if one.due is not None]
            entry = min(due, key=lambda one: one.due or 0, default=None)
            if entry is None or entry.due is None:
                return None
            if entry.due > now:
                return entry.due - now
            entry.due, entry.asked_at, entry.asking = None, now, True
            ledger = entry.ledger
        account = None
        try:
            account = self._ask(entry.sealed, ledger)
        finally:
            with self._changed:
                self._settle(entry, account, ledger)
        return 0

    def _go_round(self) -> float | None:
        return self.ask_due()

    def _ask(self, sealed: str, ledger: Ledger | None) -> Account | None:
        text = self._vault.unseal(sealed)
        if text is None:
            return None
        ask = partial(self._credits.ask, AuthCode(text), self._cancellation)
        if ledger is None:
            return ask()
        month = self._clock.now().replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        return ledger.read(lambda place: ask(charges=True, behind=place), since=month)

    def _settle(self, entry: _Entry, account: Account | None, ledger: Ledger | None) -> None:
        entry.asking = False
        entry.failures = 0 if account is not None else entry.failures + 1
        entry.charges_asked |= ledger is not None
        if account is not None:
            entry.account, entry.told_at = account, self._clock.now()
            if ledger is not None:
                entry.charges = ledger.charges if ledger.told else None
                entry.complete = ledger.complete
        self._changed.notify_all()

    def _shown(self, code: AuthCode, *, charges: bool = False) -> _Entry:
        """Find the entry of a code that a page shows, and have it asked where it is old."""
        now, key = self._clock.monotonic(), self._key(code)
        entry = self._entries.get(key)
        if entry is None:
            entry = self._entries[key] = _Entry(self._vault.seal(code.reveal()), now)
        entry.looked_at = now
        unread = charges and entry.ledger is None
        if unread:
            entry.ledger = Ledger()
        at: float | None = None
        if entry.asked_at is None:
            at = self._first_time(now) if entry.due is None else None
        elif unread or now >= entry.asked_at + _pause(entry):
            at = now
        if at is not None:
            self._want(entry, at)
            self.look()
        return entry

    def _first_time(self, now: float) -> float | None:
        """Choose when a new code is asked about; None where others wait for that already."""
        times = self._first_times
        at = now if len(times) < NEW_CODES else max(now, times[0] + EVERY)
        if at > now + EVERY:
            return None
        times.append(at)
        return at

    def _want(self, entry: _Entry, at: float) -> None:
        if entry.asked_at is not None:
            at = max(at, entry.asked_at + _pause(entry))
        entry.due = at if entry.due is None else min(at, entry.due)

    def _wait(self, entry: _Entry, seconds: float) -> None:
        if seconds and self._waiting < _WAITING:
            self._waiting += 1
            try:
                self._changed.wait_for(lambda: not self._pending(entry, seconds), seconds)
            finally:
                self._waiting -= 1

    def _pending(self, entry: _Entry, seconds: float) -> bool:
        """Whether something new is told of a code within so many seconds."""
        soon = entry.due is not None and entry.due <= self._clock.monotonic() + seconds
        return (entry.asking or soon) and not self.closing

    def _forget(self, now: float) -> None:
        last = sorted(self._entries, key=lambda key: self._entries[key].looked_at)
        for key in last:
            old = now - self._entries[key].looked_at > _REMEMBERED
            if old or len(self._entries) > _MOST:
                del self._entries[key]

    def _key(self, code: AuthCode) -> bytes:
        return hashlib.sha256(self._salt + code.reveal().encode()).digest()


def _pause(entry: _Entry) -> float:
    """Seconds until it may be asked again."""
    return min(EVERY * 2.0 ** min(entry.failures, 10), _SELDOM)


def _known(entry: _Entry) -> Known | None:
    account, at = entry.account, entry.told_at
    if account is None or at is None:
        return None
    return Known(account.balance, account.amount, at, fresh=not entry.failures)
