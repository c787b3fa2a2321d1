"""The browser session of a request: its cookie here, its row in the store."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from flask import Request, Response, g, request

from webapp.chat.asking import Ask, Asker, Payment, Regenerate
from webapp.clock import Clock
from webapp.config import Settings
from webapp.errors import (
    AccountDisabled,
    AuthCodeMissing,
    KeyMissing,
    NotSignedIn,
    TeamKeyMissing,
)
from webapp.providers.base import AuthCode, Model
from webapp.providers.models_file import LIAOBOTS
from webapp.store import sessions
from webapp.store.database import Database
from webapp.store.ids import token_hash
from webapp.store.sessions import BrowserSession, Client
from webapp.store.text import name_key
from webapp.team.accounts import Visitor
from webapp.team.keys import Owner
from webapp.web.proxies import client_address, client_network
from webapp.web.proxy_sign_in import named_user
from webapp.web.services import Services, services


def own_origin(settings: Settings, request: Request) -> str:
    """The origin that our pages are opened under, and the only one we take orders from."""
    return settings.public_url or f"{request.scheme}://{request.host}"


def own_address(settings: Settings, request: Request) -> str:
    """What stands before our paths where an address is to be opened elsewhere."""
    return own_origin(settings, request) + request.script_root


def cookie_name(settings: Settings, request: Request) -> str:
    """Name the cookie: bound to the host over https; else by port, which cookies ignore.

    What is bound to the host has no path, so where we have one, the name tells it. Whom a
    proxy names has another cookie, which is worth nothing without being named.
    """
    parts = urlsplit(own_origin(settings, request))
    name = "__Host-liaochat" if parts.scheme == "https" else f"liaochat-{parts.port or 80}"
    named = "-proxy" if named_user(request, settings) else ""
    return name + named + request.script_root.replace("/", "+")


def find_session() -> BrowserSession | None:
    """Find the session of this request, once a request; None if signed out."""
    if "browser_session" not in g:
        own = services()
        cookie = request.cookies.get(cookie_name(own.settings, request))
        session = None if cookie is None else read_session(own, token_hash(cookie), client=client())
        name = named_user(request, own.settings)
        if name and (session is None or name_key(session.user.name) != name_key(name)):
            session = _admit(own, name, session)
        g.browser_session = session
    found: BrowserSession | None = g.browser_session
    return found


def _admit(own: Services, name: str, other: BrowserSession | None) -> BrowserSession | None:
    """Begin the session of whom a proxy names; but no handshake can be answered a cookie."""
    if request.headers.get("Upgrade"):
        return None
    previous = None if other is None else other.id_hash
    network = client_network(request, own.settings.trusted_proxies)
    session_id = own.accounts.admit(name, Visitor(client(), network, previous))
    if session_id is None:
        g.account_disabled = True
        return None
    g.session_begun = session_id
    return read_session(own, token_hash(session_id))


def current_session() -> BrowserSession:
    session = find_session()
    if session is None:
        raise AccountDisabled if g.get("account_disabled") else NotSignedIn
    return session


def client() -> Client:
    """Tell which browser a request is of, as far as it says so, and where it comes from."""
    address = client_address(request, services().settings.trusted_proxies)
    return Client(request.user_agent.string, address)


def visitor() -> Visitor:
    """Tell who asks to be let in."""
    session = find_session()
    return Visitor(
        client(),
        client_network(request, services().settings.trusted_proxies),
        None if session is None else session.id_hash,
    )


def read_session(
    own: Services, id_hash: str, *, client: Client | None = None
) -> BrowserSession | None:
    """Read a session's row afresh. On a socket this is done for each command."""
    now = own.clock.now()
    with own.database.reading() as connection:
        session = sessions.find(connection, id_hash, now=now)
    if session is not None and session.should_touch(now):
        with own.database.writing() as connection:
            sessions.touch(connection, id_hash, client=client, now=now)
    return session


def still_signed_in(database: Database, clock: Clock, id_hashes: Iterable[str]) -> set[str]:
    """Tell which of these sessions have not ended; one statement for all of them."""
    with database.reading() as connection:
        return sessions.still_there(connection, id_hashes, now=clock.now())


def set_cookie(response: Response, session_id: str) -> None:
    g.pop("session_begun", None)
    name = cookie_name(services().settings, request)
    response.set_cookie(
        name, session_id, max_age=int(sessions.LIFETIME.total_seconds()), **_bounds(name)
    )


def give_cookie(response: Response) -> None:
    """Set the cookie of a session that began with this request without a form."""
    session_id: str | None = g.get("session_begun")
    if session_id is not None:
        set_cookie(response, session_id)


def forget_cookie(response: Response) -> None:
    g.pop("session_begun", None)
    name = cookie_name(services().settings, request)
    response.delete_cookie(name, **_bounds(name))


def _bounds(name: str) -> dict[str, Any]:
    bound = name.startswith("__Host-")
    path = "/" if bound else request.script_root or "/"
    return {"path": path, "secure": bound, "httponly": True, "samesite": "Lax"}


def auth_code_of(own: Services, session: BrowserSession) -> AuthCode | None:
    """Unseal the session's auth code, else the one of all the user's sessions.

    None if there is none, or its key is gone.
    """
    sealed = session.sealed_auth_code or session.users_auth_code
    code = None if sealed is None else own.vault.unseal(sealed)
    return None if code is None else AuthCode(code)


def payment_of(own: Services, session: BrowserSession, provider: str) -> Payment:
    """Find what a provider's answers are paid with at this moment.

    Liaobots with a code of one's own, else the team's; a server of the models file with
    what that says of it. Nothing that was entered for one goes to another.
    """
    if provider == LIAOBOTS:
        code = auth_code_of(own, session)
        if code is not None:
            return Payment(code, "own")
        code = own.team_code.find()
        return Payment(code, "own" if code is None else "team")
    entry = own.catalogue.entry(provider)
    if entry is None or not entry.needs_key:
        return Payment()
    if entry.key == "team":
        team = own.keys.team(entry)
        return Payment(None if team is None else team.key, "team")
    kept = own.keys.own(owner_of(session), entry)
    return Payment(None if kept is None else kept.key, "own")


def owner_of(session: BrowserSession) -> Owner:
    """Tell whose keys a browser session uses."""
    return Owner(session.id_hash, session.user.id)


def missing_for(own: Services, model: Model) -> AuthCodeMissing:
    """Say what a person lacks who has nothing to pay a model with."""
    entry = own.catalogue.entry(model.provider)
    if entry is None:
        return AuthCodeMissing(model=model.name)
    kind = TeamKeyMissing if entry.key == "team" else KeyMissing
    return kind(model=model.name, provider=entry.name)


def model_of(own: Services, session: BrowserSession) -> Model | None:
    """Find the chosen model; the first one if none was; None if it is not offered any more."""
    if session.model is None:
        return own.offered[0] if own.offered else None
    return own.find_offered(session.model)


def asker_of(own: Services, session: BrowserSession, ask: Ask) -> Asker:
    """Say who asks, and which model: the session's, unless the command names another."""
    model = model_of(own, session)
    if isinstance(ask, Regenerate) and ask.model_key is not None:
        model = own.find_offered(ask.model_key)
    payment = Payment() if model is None else payment_of(own, session, model.provider)
    titling = own.title_model
    return Asker(
        session.user.id,
        model,
        payment.code,
        session.id_hash,
        payment.payer,
        missing=None if model is None else missing_for(own, model),
        for_title=Payment() if titling is None else payment_of(own, session, titling.provider),
    )
