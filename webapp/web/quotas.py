"""What members may use of the team's auth code, and the code itself: pages of the owner."""

from __future__ import annotations

from flask import Blueprint, Response, make_response, render_template, request

from webapp.errors import BadAuthCode, NotFound
from webapp.web.audited import record
from webapp.web.i18n import sentence
from webapp.web.parts import go_to
from webapp.web.services import services
from webapp.web.sessions import current_session

blueprint = Blueprint("quotas", __name__, url_prefix="/team/quotas")


@blueprint.before_request
def let_the_owner_in() -> None:
    if current_session().user.role != "owner":
        raise NotFound


@blueprint.get("")
def page() -> str:
    return _page()


@blueprint.post("/code")
def set_code() -> Response:
    text = request.form.get("auth_code", "")
    try:
        services().team_code.set(text, lambda connection: record(connection, "team_code.set"))
    except BadAuthCode as error:
        return make_response(_page(code_error=sentence(error)), 422)
    return go_to("/team/quotas")


@blueprint.post("/code/remove")
def remove_code() -> Response:
    services().team_code.remove(lambda connection: record(connection, "team_code.removed"))
    return go_to("/team/quotas")


def _page(*, code_error: str = "") -> str:
    own = services()
    set_at = own.team_code.set_at()
    return render_template(
        "quotas.html",
        code_set_on="" if set_at is None else own.presenter.day(set_at),
        code_error=code_error,
    )
