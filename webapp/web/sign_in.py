"""Signing in with a one-time link. Opening it changes nothing; its button does."""

from __future__ import annotations

from flask import Blueprint, Response, render_template, request

from webapp.store import sessions, users
from webapp.web.audited import record
from webapp.web.errors import LinkUsedUp
from webapp.web.parts import go_to
from webapp.web.services import services
from webapp.web.sessions import find_session, set_cookie

blueprint = Blueprint("sign_in", __name__)


@blueprint.get("/sign-in/<token>")
def confirm(token: str) -> str:
    return render_template("sign_in.html", token=token)


@blueprint.post("/sign-in")
def sign_in() -> Response:
    own = services()
    now = own.clock.now()
    previous = find_session()
    token = request.form.get("token", "")  # read before the lock: it comes as slowly as it likes
    with own.database.writing() as connection:
        user = users.use_link(connection, token, now=now)
        if user is None:
            raise LinkUsedUp
        session_id = sessions.sign_in(
            connection,
            user,
            previous=None if previous is None else previous.id_hash,
            now=now,
        )
        record(connection, "session.signed_in", "link", actor=user)
    response = go_to("/")
    set_cookie(response, session_id)
    return response
