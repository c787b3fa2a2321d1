"""Signing in with a one-time link or a password, and out. Opening a link changes nothing."""

from __future__ import annotations

from flask import Blueprint, Response, make_response, render_template, request

from webapp.errors import Refused
from webapp.store import sessions, users
from webapp.web.audited import record
from webapp.web.errors import LinkUsedUp, refusal
from webapp.web.i18n import sentence
from webapp.web.parts import go_to
from webapp.web.proxy_sign_in import named_user
from webapp.web.services import services
from webapp.web.sessions import client, find_session, forget_cookie, set_cookie, visitor

blueprint = Blueprint("sign_in", __name__)


@blueprint.get("/sign-in")
def form() -> Response:
    if find_session() is not None:
        return go_to("/")
    return make_response(render_template("sign_in_form.html"))


@blueprint.get("/sign-in/<token>")
def confirm(token: str) -> str:
    return render_template("sign_in.html", token=token)


@blueprint.post("/sign-in")
def sign_in() -> Response:
    # Read before any lock: it comes as slowly as it likes.
    name, password = request.form.get("name", ""), request.form.get("password", "")
    token = request.form.get("token")
    if token is not None:
        return _enter(_with_link(token))
    try:
        return _enter(services().accounts.sign_in(name, password, visitor()))
    except Refused as error:
        page = render_template("sign_in_form.html", name=name, error=sentence(error))
        return refusal(error, page)


@blueprint.post("/sign-out")
def sign_out() -> Response:
    """End this browser's session, if it has one, and close its pages."""
    own, session = services(), find_session()
    if session is not None:
        with own.database.writing() as connection:
            sessions.end(connection, session.user.id, session.handle)
            record(connection, "session.signed_out")
        own.doorkeeper.look()
    response = go_to("/sign-in")
    if named_user(request, own.settings):
        # To open any page would sign them in again.
        response = make_response(render_template("signed_out.html", at_proxy=True))
    forget_cookie(response)
    return response


def _with_link(token: str) -> str:
    own, previous, now = services(), find_session(), services().clock.now()
    with own.database.writing() as connection:
        user = users.use_link(connection, token, now=now)
        if user is None:
            raise LinkUsedUp
        session_id = sessions.sign_in(
            connection,
            user,
            previous=None if previous is None else previous.id_hash,
            client=client(),
            now=now,
        )
        record(connection, "session.signed_in", "link", actor=user)
    return session_id


def _enter(session_id: str) -> Response:
    response = go_to("/")
    set_cookie(response, session_id)
    return response
