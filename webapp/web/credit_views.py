"""What is left on the team's auth code, and what was spent this month: sums, models, a chart."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TypeVar

from webapp.providers.credits import Charge
from webapp.team.balances import Spending
from webapp.web.balances import said, written
from webapp.web.charts import ChartView, Step, draw, highest
from webapp.web.groups import month_name
from webapp.web.i18n import gettext
from webapp.web.present import Presenter

_Key = TypeVar("_Key", bound=Hashable)


@dataclass(frozen=True, slots=True)
class SpentView:
    """A row of the table: a model, and the numbers of its calls."""

    model: str
    numbers: Sequence[str]


@dataclass(frozen=True, slots=True)
class CreditView:
    """`note` says why there is less to be seen than there could be; `asking`, that more comes."""

    balance: str
    note: str = ""
    asking: bool = False
    today: str = ""
    month: str = ""
    models: Sequence[SpentView] = ()
    chart: ChartView | None = None


def credit_view(presenter: Presenter, spending: Spending, now: datetime) -> CreditView:
    """Show what is known. Days and months are those of UTC, as all that is counted here."""
    balance = said(presenter, spending.known)
    charges = spending.charges
    if charges is None:
        return CreditView(balance, _silence(spending), asking=spending.asking)
    today = now.astimezone(UTC).date()
    by_day = _sums(charges, lambda one: one.at.date())
    return CreditView(
        balance,
        "" if spending.complete else _since(presenter, charges),
        today=written(by_day.get(today, Decimal())),
        month=written(sum(by_day.values(), Decimal())),
        models=_models(charges),
        chart=_chart(by_day, today),
    )


def _silence(spending: Spending) -> str:
    """Say why there are no charges."""
    if spending.asking:
        return gettext("Liaobots is being asked. What it says is shown here in a moment.")
    if spending.known is None:
        return gettext("Nothing is told about this code at the moment.")
    return gettext(
        "Liaobots tells what was spent by its official door alone (LIAOCHAT_LIAOBOTS_DOOR)."
    )


def _since(presenter: Presenter, charges: Sequence[Charge]) -> str:
    earliest = min((one.at for one in charges), default=None)
    if earliest is None:
        return gettext("What was spent is still being read.")
    return gettext(
        "What was spent is still being read: so far the calls since %(moment)s are in the sums."
    ) % {"moment": presenter.moment(earliest)}


def _models(charges: Sequence[Charge]) -> Sequence[SpentView]:
    """Sum up each model, the dearest first."""
    names = {one.model for one in charges}
    prices = _sums(charges, lambda one: one.model)
    rows = []
    for name in sorted(names, key=lambda name: prices[name], reverse=True):
        of_model = [one for one in charges if one.model == name]
        tokens = sum(one.tokens for one in of_model)
        numbers = (f"{len(of_model):,}", f"{tokens:,}", written(prices[name]))
        rows.append(SpentView(name or gettext("unnamed"), numbers))
    return rows


def _chart(by_day: Mapping[date, Decimal], today: date) -> ChartView:
    """Draw each day of the month."""
    first = today.replace(day=1)
    days = ((first + timedelta(days=32)).replace(day=1) - first).days
    steps = []
    for number in range(days):
        day = first + timedelta(days=number)
        spent = by_day.get(day, Decimal())
        name = f"{day.day} {month_name(day.month)}"
        steps.append(Step(name, spent, f"{name}: {written(spent)}"))
    text = gettext("Spent in %(month)s: %(sum)s. Most: %(highest)s.") % {
        "month": month_name(today.month),
        "sum": written(sum(by_day.values(), Decimal())),
        "highest": highest(steps).text,
    }
    return draw(steps, text=text, unit=gettext("Spent"))


def _sums(charges: Iterable[Charge], key: Callable[[Charge], _Key]) -> dict[_Key, Decimal]:
    sums: dict[_Key, Decimal] = defaultdict(Decimal)
    for one in charges:
        sums[key(one)] += one.price
    return sums
