"""What is left of the team's code, said to the member who asks with it."""

from __future__ import annotations

from collections.abc import Sequence

from webapp.providers.base import Model
from webapp.store.sessions import BrowserSession
from webapp.team.quotas import Quota
from webapp.web.i18n import ngettext
from webapp.web.services import Services
from webapp.web.sessions import model_of, payment_of
from webapp.web.views import SessionView

_SCARCE = 0.2


def session_view(
    own: Services, session: BrowserSession, *, error: str = "", model_error: str = ""
) -> SessionView:
    """Show the settings of a browser session, and what is left where the team's code pays."""
    payment = payment_of(own, session)
    quotas = own.quotas.of_member(session.user.id) if payment.payer == "team" else ()
    return own.presenter.session(
        model_of(own, session),
        payment.code,
        payment.payer,
        for_all=session.sealed_auth_code is None,
        allowance=[_left(quota) for quota in quotas],
        error=error,
        model_error=model_error,
    )


def scarce(own: Services, session: BrowserSession, model: Model | None) -> Sequence[str]:
    """Say what is nearly used up, where the team's code would pay for the next answer."""
    if model is None or not model.needs_auth_code or payment_of(own, session).payer != "team":
        return ()
    quotas = own.quotas.of_member(session.user.id)
    return [_left(quota) for quota in quotas if quota.left <= _SCARCE * quota.limit]


def _left(quota: Quota) -> str:
    number = quota.limit
    sentences = {
        "messages_a_day": ngettext(
            "%(left)s of %(limit)s message left today",
            "%(left)s of %(limit)s messages left today",
            number,
        ),
        "messages_a_month": ngettext(
            "%(left)s of %(limit)s message left this month",
            "%(left)s of %(limit)s messages left this month",
            number,
        ),
        "characters_a_day": ngettext(
            "%(left)s of %(limit)s character left today",
            "%(left)s of %(limit)s characters left today",
            number,
        ),
        "characters_a_month": ngettext(
            "%(left)s of %(limit)s character left this month",
            "%(left)s of %(limit)s characters left this month",
            number,
        ),
    }
    return sentences[quota.name] % {"left": f"{quota.left:,}", "limit": f"{number:,}"}
