"""What is left on the team's auth code, and what it is spent on: a page of the owner."""

from __future__ import annotations

from flask import Blueprint, render_template

from webapp.web.credit_views import CreditView, credit_view
from webapp.web.services import Services, services

blueprint = Blueprint("credit", __name__, url_prefix="/team/credit")


@blueprint.get("")
def page() -> str:
    return render_template("credit.html", credit=team_credit(services()))


def team_credit(own: Services) -> CreditView | None:
    """Show what is known of the team's code; None without one. Nothing is waited for."""
    code = own.team_code.find()
    if code is None:
        return None
    return credit_view(own.presenter, own.balances.spending(code), own.clock.now())
