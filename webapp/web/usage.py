"""What was used: by everybody, for the owner; by oneself, for each member."""

from __future__ import annotations

from flask import Blueprint, Response, render_template, request

from webapp.team.reports import Report
from webapp.web.audited import record
from webapp.web.i18n import gettext
from webapp.web.services import services
from webapp.web.sessions import current_session
from webapp.web.spreadsheets import as_csv
from webapp.web.usage_views import rows_of, usage_view

blueprint = Blueprint("usage", __name__)


@blueprint.get("/usage")
def mine() -> str:
    user = current_session().user
    report = services().reports.report(_period(), user_id=user.id)
    return _page(report, gettext("Your usage"), address="/usage", for_owner=user.role == "owner")


@blueprint.get("/team/usage")
def everybodys() -> str:
    return _page(_everybodys(), gettext("Everybody’s usage"), address="/team/usage", for_owner=True)


@blueprint.get("/team/usage.csv")
def everybodys_csv() -> Response:
    """Send the rows themselves. That they were taken away is recorded."""
    report = _everybodys()
    with services().database.writing() as connection:
        record(connection, "export.made", "usage")
    first, last = report.months[0], report.months[-1]
    span = f"{first:%Y-%m}" if first == last else f"{first:%Y-%m}-{last:%Y-%m}"
    return as_csv(rows_of(report), f"liaochat-usage-{span}.csv")


def _everybodys() -> Report:
    return services().reports.report(_period())


def _period() -> str:
    return request.args.get("month", "")


def _page(report: Report, title: str, *, address: str, for_owner: bool) -> str:
    own = services()
    view = usage_view(own.presenter, report, own.reports.months(), _period(), title)
    return render_template("usage.html", usage=view, address=address, for_owner=for_owner)
