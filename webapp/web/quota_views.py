"""What is left of the team's code and keys, said to the member who asks with them."""

from __future__ import annotations

from collections.abc import Sequence

from webapp.providers.base import Model
from webapp.store.sessions import BrowserSession
from webapp.team.quotas import Quota
from webapp.web.i18n import ngettext
from webapp.web.services import Services
from webapp.web.sessions import payment_of

_SCARCE = 0.2


def allowance(own: Services, session: BrowserSession) -> Sequence[str]:
    """Say what is left of each quota."""
    return [_left(quota) for quota in own.quotas.of_member(session.user.id)]


def scarce(own: Services, session: BrowserSession, model: Model | None) -> Sequence[str]:
    """Say what is nearly used up, where the team would pay for the next answer."""
    if model is None or not model.needs_auth_code:
        return ()
    payment = payment_of(own, session, model.provider)
    if payment.payer != "team" or payment.code is None:
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
