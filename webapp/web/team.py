"""The owner's pages: members and invitations. For all others there are no such addresses."""

from __future__ import annotations

from typing import cast, get_args

from flask import Blueprint, Response, make_response, render_template, request

from webapp.errors import BadCommand, Refused
from webapp.store.invitations import LIFETIME as INVITED_FOR
from webapp.store.invitations import Role
from webapp.store.users import LINK_LIFETIME
from webapp.team.members import By
from webapp.web.errors import status_of
from webapp.web.i18n import gettext, sentence
from webapp.web.parts import go_to
from webapp.web.services import services
from webapp.web.sessions import client, current_session, own_address
from webapp.web.team_views import FreshLinkView, invitation_view, member_views

blueprint = Blueprint("team", __name__, url_prefix="/team")


@blueprint.get("")
def members() -> Response:
    return _page()


@blueprint.post("/members/<user_id>/role")
def set_role(user_id: str) -> Response:
    own, role = services(), _role()
    try:
        own.members.set_role(user_id, role, by=acting())
    except Refused as error:
        return _refused(error)
    # Who is no owner any more has no such page to go back to.
    stepped_back = user_id == current_session().user.id and role == "member"
    return go_to("/" if stepped_back else "/team")


@blueprint.post("/members/<user_id>/disable")
def disable(user_id: str) -> Response:
    own = services()
    try:
        own.members.disable(user_id, by=acting())
    except Refused as error:
        return _refused(error)
    # What is under way would go on at the team's cost, for somebody who is not let in.
    own.chat.stop_all(user_id)
    own.doorkeeper.look()
    return go_to("/team")


@blueprint.post("/members/<user_id>/enable")
def enable(user_id: str) -> Response:
    services().members.enable(user_id, by=acting())
    return go_to("/team")


@blueprint.post("/members/<user_id>/link")
def make_link(user_id: str) -> Response:
    """Show a fresh sign-in link in the answer itself: it is known to nobody afterwards."""
    try:
        user, token = services().members.make_link(user_id, by=acting())
    except Refused as error:
        return _refused(error)
    return _page(
        fresh=FreshLinkView(
            url=_address(f"/sign-in/{token}"),
            text=gettext(
                "This link signs %(name)s in once, within %(hours)s hours. It is not shown again."
            )
            % {"name": user.name, "hours": int(LINK_LIFETIME.total_seconds() // 3600)},
        )
    )


@blueprint.post("/invitations")
def invite() -> Response:
    """Show the invitation's link in the answer itself, as above."""
    by = acting()
    token = services().invitations.make(by.user, _role(), address=by.address)
    return _page(
        fresh=FreshLinkView(
            url=_address(f"/invite/{token}"),
            text=gettext(
                "This link lets one new member in, within %(days)s days. It is not shown again."
            )
            % {"days": INVITED_FOR.days},
        )
    )


@blueprint.post("/invitations/<invitation_id>/revoke")
def revoke(invitation_id: str) -> Response:
    by = acting()
    services().invitations.revoke(invitation_id, by=by.user, address=by.address)
    return go_to("/team")


def acting() -> By:
    """Say who asks for a change on these pages."""
    return By(current_session().user, client().address)


def _refused(error: Refused) -> Response:
    status = status_of(error)
    if status in {400, 404}:
        raise error
    return _page(error=error)


def _page(*, fresh: FreshLinkView | None = None, error: Refused | None = None) -> Response:
    own = services()
    page = render_template(
        "team.html",
        members=member_views(own, own.members.all(), current_session().user.id),
        invitations=[invitation_view(own, one) for one in own.invitations.open_ones()],
        fresh=fresh,
        error="" if error is None else sentence(error),
    )
    return make_response(page, 200 if error is None else status_of(error))


def _address(path: str) -> str:
    return own_address(services().settings, request) + path


def _role() -> Role:
    role = request.form.get("role")
    if role not in get_args(Role):
        raise BadCommand
    return cast("Role", role)
