"""What is left on the auth code that answers are paid with, said to whom it concerns."""

from __future__ import annotations

from decimal import Decimal

from webapp.chat.run import Run
from webapp.providers.models_file import LIAOBOTS
from webapp.store.sessions import BrowserSession
from webapp.team.balances import Known
from webapp.web.i18n import gettext
from webapp.web.present import Presenter
from webapp.web.services import Services
from webapp.web.sessions import payment_of

_ONE = Decimal(1)


def balance_of(own: Services, session: BrowserSession, *, wait: float = 0) -> str | None:
    """Say what is left on the auth code that pays for a session; nothing where it is not known.

    None where it is nobody's business: without a code, and of the team's but for an owner.
    """
    payment = payment_of(own, session, LIAOBOTS)
    code, teams = payment.code, payment.payer == "team"
    if code is None or (teams and session.user.role != "owner"):
        return None
    if teams:
        own.balances.spending(code)  # its charges as well, for the owner's page
    return said(own.presenter, own.balances.known(code, wait=wait))


def said(presenter: Presenter, known: Known | None) -> str:
    """Write a balance, and when it was told where it could not be asked for since."""
    if known is None:
        return ""
    text = gettext("Balance %(balance)s")
    if known.amount is not None:
        text = gettext("Balance %(balance)s of %(amount)s")
    values = {"balance": written(known.balance), "amount": ""}
    if known.amount is not None:
        whole = known.amount == known.amount.to_integral_value()
        values["amount"] = written(known.amount, places=0 if whole else 2)
    text = text % values
    return text if known.fresh else f"{text} ({presenter.moment(known.at)})"


def written(number: Decimal, *, places: int = 2) -> str:
    """Write an amount for people: with two places, or four of what is less than one."""
    if places and number and abs(number) < _ONE:
        places = 4
    return f"{number:,.{places}f}".replace("-", "−")


def paid(own: Services, run: Run) -> None:
    """Have it asked what is left on the auth code that an answer was paid with."""
    if run.question.model.provider != LIAOBOTS:
        return
    code = own.team_code.find() if run.payer == "team" else run.question.auth_code
    if code is not None:
        own.balances.paid(code)
