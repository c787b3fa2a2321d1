"""The settings of a browser session: its model, its auth code and its keys."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Blueprint, Response, make_response, render_template, request

from webapp.errors import BadAuthCode, KeyPlaceChanged, NotFound, UnknownModel
from webapp.providers.base import AuthCode
from webapp.providers.models_file import LIAOBOTS, ProviderEntry
from webapp.store import sessions, users
from webapp.web.balances import balance_of
from webapp.web.i18n import sentence
from webapp.web.parts import go_to, part, wants_part
from webapp.web.services import services
from webapp.web.session_views import hosts_of, session_view
from webapp.web.sessions import current_session, own_origin, owner_of

blueprint = Blueprint("session", __name__, url_prefix="/session")


_PATIENCE = 3.0
"""Seconds that a panel which is open already waits for what is being asked."""


@blueprint.get("/balance")
def balance() -> Response:
    """Say what is left on the code, for a panel that was opened: the only answer that waits."""
    if not wants_part():
        return go_to("/")
    said = balance_of(services(), current_session(), wait=_PATIENCE)
    return part(render_template("_balance.html", balance=said or ""))


@blueprint.get("")
def settings() -> Response:
    """Show what is offered and set now, to a page that was opened before."""
    return _answer()


@blueprint.post("/model")
def choose_model() -> Response:
    own, session = services(), current_session()
    key = request.form.get("model", "")
    if own.find_offered(key) is None:
        return _answer(model_error=sentence(UnknownModel()))
    with own.database.writing() as connection:
        sessions.choose_model(connection, session.id_hash, key)
    return _answer()


@blueprint.post("/auth-code")
def keep_auth_code() -> Response:
    """Take the code of Liaobots, or the key of the provider that the form names."""
    own, session = services(), current_session()
    text, for_all = request.form.get("auth_code", ""), "for_all" in request.form
    try:
        if (provider := request.form.get("provider", LIAOBOTS)) != LIAOBOTS:
            return _keep_key(provider, text, for_all=for_all)
        sealed = own.vault.seal(AuthCode.parse(text).reveal())
    except BadAuthCode as error:
        return _answer(error=sentence(error))
    with own.database.writing() as connection:
        if for_all:
            users.keep_auth_code(connection, session.user.id, sealed)
        sessions.keep_auth_code(connection, session.id_hash, None if for_all else sealed)
    return _answer()


@blueprint.post("/auth-code/remove")
def remove_auth_code() -> Response:
    """Forget the code that is used here: this browser's own, else that of all one's sessions."""
    own, session = services(), current_session()
    if (provider := request.form.get("provider", LIAOBOTS)) != LIAOBOTS:
        own.keys.remove(owner_of(session), _entry(provider).id)
        return _answer()
    with own.database.writing() as connection:
        if session.sealed_auth_code is None:
            users.keep_auth_code(connection, session.user.id, None)
        sessions.keep_auth_code(connection, session.id_hash, None)
    return _answer()


def _keep_key(provider: str, text: str, *, for_all: bool) -> Response:
    """Keep it for this provider at its addresses of now, and ask what it offers with it."""
    own, entry = services(), _entry(provider)
    if request.form.get("hosts") != hosts_of(entry):
        return _answer(error=sentence(KeyPlaceChanged(provider=entry.name)))
    key = own.keys.keep(owner_of(current_session()), entry, text, for_all=for_all)
    own.catalogue.list_with(entry.id, key, now=True)
    return _answer()


def _entry(provider: str) -> ProviderEntry:
    """Find a provider that wants each person's own key."""
    entry = services().catalogue.entry(provider)
    if entry is None or entry.key != "session":
        raise NotFound
    return entry


def _answer(*, error: str = "", model_error: str = "") -> Response:
    """Answer with the new settings for the page's script, or go back to the page."""
    own = services()
    refused = bool(error or model_error)
    if wants_part() or refused:
        with own.database.reading() as connection:
            session = sessions.find(connection, current_session().id_hash, now=own.clock.now())
        session = session or current_session()
        view = session_view(own, session, error=error, model_error=model_error)
        if wants_part():
            return part(render_template("_session.html", session=view), 422 if refused else 200)
        page = render_template("error.html", title="", sentence=error or model_error, status=422)
        return make_response(page, 422)
    return go_to(_page_before())


def _page_before() -> str:
    """The path of our own page that the form stood on; never another site's."""
    own_parts = urlsplit(own_origin(services().settings, request))
    parts = urlsplit(request.referrer or "")
    if (parts.scheme, parts.netloc) != (own_parts.scheme, own_parts.netloc):
        return "/"
    path = parts.path.removeprefix(request.script_root)
    return path if path.startswith("/c/") else "/"
