"""Coming in with an invitation. Opening it changes nothing; its form makes the account."""

from __future__ import annotations

from flask import Blueprint, Response, render_template, request

from webapp.errors import InvitationClosed, Refused
from webapp.team.password_rules import SHORTEST
from webapp.web.errors import refusal
from webapp.web.i18n import sentence
from webapp.web.parts import go_to
from webapp.web.services import services
from webapp.web.sessions import set_cookie, visitor

blueprint = Blueprint("invited", __name__, url_prefix="/invite")


@blueprint.get("/<token>")
def form(token: str) -> str:
    services().invitations.check(token)
    return _page(token)


@blueprint.post("")
def come_in() -> Response:
    """Make the account and sign in. What was refused can be written anew in the same form."""
    own, who = services(), visitor()
    token, name = request.form.get("token", ""), request.form.get("name", "")
    # First, so that only who was invited can have passwords hashed.
    own.invitations.check(token)
    try:
        password_hash = own.accounts.hash_new(request.form.get("password", ""), name)
        user = own.invitations.redeem(token, name, password_hash, address=who.client.address)
    except InvitationClosed:
        raise
    except Refused as error:
        return refusal(error, _page(token, name=name, error=sentence(error)))
    response = go_to("/")
    set_cookie(response, own.accounts.welcome(user, who))
    return response


def _page(token: str, **written: str) -> str:
    return render_template("invited.html", token=token, shortest=SHORTEST, **written)
