"""One's account: its browser sessions, its password, and its end."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, Response, make_response, render_template, request

from webapp.errors import NotFound, Refused, WrongPassword
from webapp.store import sessions, users
from webapp.store.sessions import BrowserSession, Listed
from webapp.team.password_rules import SHORTEST
from webapp.web.audited import record
from webapp.web.errors import refusal
from webapp.web.i18n import gettext, sentence
from webapp.web.parts import go_to
from webapp.web.services import Services, services
from webapp.web.sessions import current_session, forget_cookie, set_cookie, visitor
from webapp.web.user_agents import describe

blueprint = Blueprint("account", __name__)


@dataclass(frozen=True, slots=True)
class SessionEntry:
    """A browser session in the list: `open` says that a page of it is open at this moment."""

    handle: str
    browser: str
    address: str
    since: str
    seen: str
    current: bool
    open: bool


@blueprint.get("/account")
def page() -> str:
    changed = request.args.get("done") == "password"
    return _page(done=gettext("Your password is kept.") if changed else "")


@blueprint.post("/account/password")
def change_password() -> Response:
    """Change the password; this browser stays signed in, and no other does."""
    own, session, who = services(), current_session(), visitor()
    old, new = request.form.get("password", ""), request.form.get("new_password", "")
    try:
        renewed = own.accounts.change_password(session, old, new, who)
    except WrongPassword as error:
        return refusal(error, _page(password_error=gettext("This is not your password.")))
    except Refused as error:
        return refusal(error, _page(password_error=sentence(error)))
    own.doorkeeper.look()
    response = go_to("/account?done=password")
    set_cookie(response, renewed)
    return response


@blueprint.post("/account/delete")
def leave() -> Response:
    """Delete the account: closed now, and gone when all that it has is."""
    own, session, who = services(), current_session(), visitor()
    password, name = request.form.get("password", ""), request.form.get("name", "")
    try:
        own.accounts.confirm(session, password=password, name=name, visitor=who)
        own.departures.begin(session.user, address=who.client.address)
    except WrongPassword as error:
        return refusal(error, _page(leave_error=gettext("This is not your password.")))
    except Refused as error:
        return refusal(error, _page(leave_error=sentence(error)))
    own.chat.stop_all(session.user.id)
    own.doorkeeper.look()
    response = make_response(render_template("left.html"))
    forget_cookie(response)
    return response


@blueprint.post("/sessions/<session_id>/revoke")
def revoke(session_id: str) -> Response:
    own, session = services(), current_session()
    with own.database.writing() as connection:
        if not sessions.end(connection, session.user.id, session_id):
            raise NotFound
        record(connection, "session.revoked", session.user.name)
    own.doorkeeper.look()
    return go_to("/account")


@blueprint.post("/sessions/revoke-others")
def revoke_others() -> Response:
    own, session = services(), current_session()
    with own.database.writing() as connection:
        if sessions.end_all(connection, session.user.id, but=session.id_hash):
            record(connection, "session.revoked", session.user.name)
    own.doorkeeper.look()
    return go_to("/account")


def _page(**said: str) -> str:
    own, session = services(), current_session()
    now = own.clock.now()
    with own.database.reading() as connection:
        found = users.credentials(connection, session.user.name)
        listed = sessions.of_user(connection, session.user.id, now=now)
    return render_template(
        "account.html",
        user=session.user,
        has_password=found is not None and found.password_hash is not None,
        shortest=SHORTEST,
        sessions=[_entry(own, one, session) for one in listed],
        **said,
    )


def _entry(own: Services, listed: Listed, session: BrowserSession) -> SessionEntry:
    return SessionEntry(
        handle=listed.handle,
        browser=describe(listed.client.user_agent),
        address=listed.client.address,
        since=own.presenter.day(listed.created_at),
        seen=own.presenter.moment(listed.seen_at),
        current=listed.id_hash == session.id_hash,
        open=listed.id_hash in own.hub.sessions(),
    )
