"""The ledger: a month of charges, in few pages at a time, and never with a hole."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from webapp.providers.credits import Account, Charge
from webapp.team.ledger import PAGES, Ledger

_SINCE = datetime(2026, 11, 1, tzinfo=UTC)
_PAGE = 10


class _Provider:
    """Tells charges by pages of ten, the newest first."""

    def __init__(self) -> None:
        self.charges: list[Charge] = []
        self.asked = 0
        self.fails_at: int | None = None

    def charge(self, count: int, *, at: datetime = _SINCE) -> None:
        for _ in range(count):
            number = len(self.charges)
            moment = at + timedelta(seconds=number)
            self.charges.append(Charge(f"c{number}", moment, "gpt-5.4", Decimal("0.5")))

    def page(self, place: str) -> Account | None:
        self.asked += 1
        if self.asked == self.fails_at:
            return None
        rows = self.charges[::-1]
        begin = 0 if not place else next(n for n, one in enumerate(rows) if one.id == place)
        end = begin + _PAGE
        behind = rows[end].id if end < len(rows) else ""
        return Account(Decimal(1), charges=tuple(rows[begin:end]), behind=behind)


def _ids(ledger: Ledger) -> set[str]:
    return {one.id for one in ledger.charges}


def _all(provider: _Provider) -> set[str]:
    return {one.id for one in provider.charges if one.at >= _SINCE}


def test_a_month_of_few_charges_is_read_at_once() -> None:
    provider, ledger = _Provider(), Ledger()
    provider.charge(25)

    newest = ledger.read(provider.page, since=_SINCE)

    assert newest is not None
    assert newest.balance == 1
    assert _ids(ledger) == _all(provider)
    assert (ledger.told, ledger.complete, provider.asked) == (True, True, 3)


def test_a_busy_month_is_complete_after_some_rounds_of_few_pages() -> None:
    provider, ledger = _Provider(), Ledger()
    provider.charge(40, at=_SINCE - timedelta(days=3))
    provider.charge(230)

    rounds = []
    while not ledger.complete or not rounds:
        before = provider.asked
        provider.charge(3)  # it goes on meanwhile
        ledger.read(provider.page, since=_SINCE)
        rounds.append(provider.asked - before)

    assert max(rounds) <= PAGES
    assert len(rounds) >= 4
    assert _ids(ledger) == _all(provider)


def test_what_is_new_costs_one_page_once_the_month_is_known() -> None:
    provider, ledger = _Provider(), Ledger()
    provider.charge(30)
    ledger.read(provider.page, since=_SINCE)
    provider.charge(4)
    before = provider.asked

    ledger.read(provider.page, since=_SINCE)

    assert provider.asked - before == 1
    assert _ids(ledger) == _all(provider)


def test_more_new_ones_than_can_be_read_leave_no_hole() -> None:
    provider, ledger = _Provider(), Ledger()
    provider.charge(20)
    ledger.read(provider.page, since=_SINCE)
    provider.charge(PAGES * _PAGE + 5)

    ledger.read(provider.page, since=_SINCE)
    with_the_newest_alone, complete = len(ledger.charges), ledger.complete
    ledger.read(provider.page, since=_SINCE)

    assert (with_the_newest_alone, complete) == (PAGES * _PAGE, False)
    assert ledger.complete
    assert _ids(ledger) == _all(provider)


def test_a_page_that_fails_takes_nothing_away_and_is_read_the_next_time() -> None:
    provider, ledger = _Provider(), Ledger()
    provider.charge(10)
    ledger.read(provider.page, since=_SINCE)
    known = _ids(ledger)
    provider.charge(25)

    provider.fails_at = provider.asked + 2
    newest = ledger.read(provider.page, since=_SINCE)
    after_the_failure = _ids(ledger)
    ledger.read(provider.page, since=_SINCE)

    assert newest is not None
    assert after_the_failure == known
    assert _ids(ledger) == _all(provider)


def test_a_new_month_begins_with_nothing() -> None:
    provider, ledger = _Provider(), Ledger()
    provider.charge(12)
    ledger.read(provider.page, since=_SINCE)
    december = datetime(2026, 12, 1, tzinfo=UTC)

    ledger.read(provider.page, since=december)
    of_november = len(ledger.charges)
    provider.charge(2, at=december)
    ledger.read(provider.page, since=december)

    assert of_november == 0
    assert len(ledger.charges) == 2
    assert ledger.complete


def test_a_provider_that_tells_of_no_charges_is_asked_once() -> None:
    ledger, asked = Ledger(), []

    def page(place: str) -> Account:
        asked.append(place)
        return Account(Decimal(3))

    newest = ledger.read(page, since=_SINCE)

    assert newest == Account(Decimal(3))
    assert asked == [""]
    assert not ledger.told


def test_a_provider_that_always_has_another_page_is_left_after_a_few() -> None:
    ledger, asked = Ledger(), []

    def page(place: str) -> Account:
        asked.append(place)
        one = Charge(f"c{len(asked)}", _SINCE, "", Decimal(1))
        return Account(Decimal(3), charges=(one,), behind="again")

    ledger.read(page, since=_SINCE)
    ledger.read(page, since=_SINCE)

    assert len(asked) == 2 * PAGES
