"""What was used, as tables, a small chart and a file for spreadsheets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from webapp.store.usage import Amount
from webapp.team.reports import Report, day_at
from webapp.web.charts import ChartView, Step, draw, highest
from webapp.web.groups import month_name
from webapp.web.i18n import gettext, ngettext
from webapp.web.present import Presenter
from webapp.web.spreadsheets import Row

_HEADINGS = (
    "day",
    "member",
    "model",
    "payer",
    "messages",
    "characters_sent",
    "characters_answered",
    "tokens_sent",
    "tokens_answered",
)


@dataclass(frozen=True, slots=True)
class LineView:
    """A row of a table: what it is of, model and payer (or empty), and the numbers."""

    name: str
    model: str
    payer: str
    numbers: Sequence[str]


@dataclass(frozen=True, slots=True)
class PeriodView:
    key: str
    name: str
    current: bool


@dataclass(frozen=True, slots=True)
class UsageView:
    title: str
    period: PeriodView
    periods: Sequence[PeriodView]
    members: Sequence[LineView]
    models: Sequence[LineView]
    total: Sequence[str]
    chart: ChartView


def usage_view(
    presenter: Presenter, report: Report, months: Sequence[date], key: str, title: str
) -> UsageView:
    """Show a report among the months that there are; `key` is its own, as in the address."""
    key = key or f"{months[0]:%Y-%m}"
    periods = [PeriodView("all", gettext("All"), key == "all")]
    periods += [
        PeriodView(f"{month:%Y-%m}", _month(month), key == f"{month:%Y-%m}") for month in months
    ]
    by_member = report.by(lambda one: (one.user_id, one.model, one.payer))
    by_model = report.by(lambda one: (one.model, one.payer))
    period = next(one for one in periods if one.current)
    return UsageView(
        title=title,
        period=period,
        periods=periods,
        members=[
            LineView(
                _name(report, user_id), presenter.model_name(model), _payer(payer), _numbers(n)
            )
            for (user_id, model, payer), n in by_member.items()
        ],
        models=[
            LineView(presenter.model_name(model), "", _payer(payer), _numbers(amount))
            for (model, payer), amount in by_model.items()
        ],
        total=_numbers(report.total),
        chart=_chart(report, period.name),
    )


def rows_of(report: Report) -> Iterator[Row]:
    """Give a report for a spreadsheet: headings, and a row for each as it was counted."""
    yield _HEADINGS
    for account, amount in report.rows:
        yield (
            day_at(account.day).isoformat(),
            _name(report, account.user_id),
            account.model,
            account.payer,
            amount.messages,
            amount.sent_characters,
            amount.answered_characters,
            amount.sent_tokens,
            amount.answered_tokens,
        )


def _chart(report: Report, period: str) -> ChartView:
    steps = [
        Step(_step(report, step), amount.messages, f"{_step(report, step)}: {_messages(amount)}")
        for step, amount in report.by_step()
    ]
    text = gettext("Messages in %(period)s: %(count)s. Most: %(highest)s.") % {
        "period": period,
        "count": f"{report.total.messages:,}",
        "highest": highest(steps).text,
    }
    return draw(steps, text=text, unit=gettext("Messages"))


def _messages(amount: Amount) -> str:
    said = ngettext("%(count)s message", "%(count)s messages", amount.messages)
    return said % {"count": f"{amount.messages:,}"}


def _step(report: Report, step: date) -> str:
    if len(report.months) > 1:
        return _month(step)
    return f"{step.day} {month_name(step.month)}"


def _month(month: date) -> str:
    return f"{month_name(month.month)} {month.year}"


def _name(report: Report, user_id: str) -> str:
    """Name a member; of one who is gone the end of the id tells them from others."""
    former = gettext("Former member %(id)s") % {"id": user_id[-4:]}
    return report.names.get(user_id, former)


def _payer(payer: str) -> str:
    names = {"own": gettext("own code"), "team": gettext("the team’s code")}
    return names.get(payer, gettext("free"))


def _numbers(amount: Amount) -> Sequence[str]:
    return [
        f"{number:,}"
        for number in (
            amount.messages,
            amount.sent_characters,
            amount.answered_characters,
            amount.sent_tokens,
            amount.answered_tokens,
        )
    ]
