"""How credit is said and summed up: by UTC days, in numbers for people."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from tests.web.test_present import presenter
from webapp.providers.credits import Charge
from webapp.team.balances import Known, Spending
from webapp.web.balances import said, written
from webapp.web.credit_views import CreditView, credit_view
from webapp.web.present import Presenter

__all__ = ["presenter"]

_NOW = datetime(2026, 11, 28, 0, 30, tzinfo=UTC)


def _known(balance: str, amount: str | None = None, *, fresh: bool = True) -> Known:
    return Known(Decimal(balance), None if amount is None else Decimal(amount), _NOW, fresh=fresh)


def _charge(price: str, at: datetime, model: str = "gpt-5.4", tokens: int = 10) -> Charge:
    return Charge(f"{price}{at}", at, model, Decimal(price), tokens)


def _view(presenter: Presenter, *charges: Charge, complete: bool = True) -> CreditView:
    spending = Spending(_known("5"), charges, complete, asking=False)
    return credit_view(presenter, spending, _NOW)


@pytest.mark.parametrize(
    ("known", "words"),
    [
        (None, ""),
        (_known("85.5", "100.0"), "Balance 85.50 of 100"),
        (_known("85.5", "100.25"), "Balance 85.50 of 100.25"),
        (_known("1234567.891"), "Balance 1,234,567.89"),
        (_known("0", "20"), "Balance 0.00 of 20"),
        (_known("0.0312", "20"), "Balance 0.0312 of 20"),
        (_known("-3.2", "20"), "Balance −3.20 of 20"),
        (_known("1e-30"), "Balance 0.0000"),
    ],
)
def test_a_balance_is_said_in_numbers_for_people(
    presenter: Presenter, known: Known | None, words: str
) -> None:
    assert said(presenter, known) == words


def test_a_balance_that_could_not_be_asked_for_again_says_of_when_it_is(
    presenter: Presenter,
) -> None:
    text = said(presenter, _known("5", fresh=False))

    assert text == f"Balance 5.00 ({presenter.moment(_NOW)})"


def test_days_and_months_are_summed_up_by_utc(presenter: Presenter) -> None:
    view = _view(
        presenter,
        _charge("1", _NOW),
        _charge("0.5", _NOW - timedelta(minutes=29)),
        _charge("0.25", _NOW - timedelta(minutes=31)),
        _charge("2", datetime(2026, 11, 1, tzinfo=UTC)),
    )

    assert (view.today, view.month) == ("1.50", "3.75")
    assert view.note == ""
    assert view.chart is not None
    heights = [bar.height for bar in view.chart.bars]
    assert len(heights) == 30
    assert [(day + 1, height) for day, height in enumerate(heights) if height] == [
        (1, 120),
        (27, 15),
        (28, 90),
    ]
    assert view.chart.bars[26].text == "27 November: 0.2500"
    assert view.chart.text == "Spent in November: 3.75. Most: 1 November: 2.00."


def test_the_dearest_model_comes_first(presenter: Presenter) -> None:
    view = _view(
        presenter,
        _charge("0.001", _NOW, "cheap", 100_000),
        _charge("0.002", _NOW, "cheap"),
        _charge("3", _NOW, ""),
    )

    assert [(row.model, *row.numbers) for row in view.models] == [
        ("unnamed", "1", "10", "3.00"),
        ("cheap", "2", "100,010", "0.0030"),
    ]


def test_a_month_without_charges_has_an_empty_chart(presenter: Presenter) -> None:
    view = _view(presenter)

    assert (view.today, view.month, view.models) == ("0.00", "0.00", [])
    assert view.chart is not None
    assert not any(bar.height for bar in view.chart.bars)


def test_money_that_comes_back_is_no_bar_below_the_axis(presenter: Presenter) -> None:
    view = _view(presenter, _charge("-2", _NOW), _charge("1", _NOW - timedelta(days=1)))

    assert (view.today, view.month) == ("−2.00", "−1.00")
    assert view.chart is not None
    assert all(0 <= bar.height <= 120 for bar in view.chart.bars)


def test_a_sum_that_is_not_whole_yet_says_since_when_it_is(presenter: Presenter) -> None:
    earliest = _NOW - timedelta(days=3)

    view = _view(presenter, _charge("1", _NOW), _charge("1", earliest), complete=False)

    assert view.note.endswith(f"the calls since {presenter.moment(earliest)} are in the sums.")


@pytest.mark.parametrize(
    ("known", "asking", "words"),
    [
        (None, True, "is being asked"),
        (None, False, "Nothing is told about this code"),
        (_known("5"), False, "by its official door alone"),
    ],
)
def test_without_charges_it_says_why(
    presenter: Presenter, known: Known | None, *, asking: bool, words: str
) -> None:
    view = credit_view(presenter, Spending(known, None, complete=True, asking=asking), _NOW)

    assert words in view.note
    assert view.asking == asking
    assert view.chart is None


def test_a_number_for_people_has_no_exponent() -> None:
    assert written(Decimal("1E+3")) == "1,000.00"
