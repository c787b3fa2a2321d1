"""Recording what a request does: who it was and where they came from are the request's."""

from __future__ import annotations

from flask import g, request
from sqlalchemy import Connection

from webapp.store.sessions import BrowserSession
from webapp.store.users import User
from webapp.team.audit import Action
from webapp.web.proxies import client_address
from webapp.web.services import services


def record(
    connection: Connection, action: Action, subject: str = "", *, actor: User | None = None
) -> None:
    """Record an action of whoever is signed in, or of the `actor`: who signs in is not yet.

    The session is the one that was looked up before: to do so here would wait for the
    transaction that this is part of.
    """
    own = services()
    session: BrowserSession | None = g.get("browser_session")
    if actor is None and session is not None:
        actor = session.user
    address = client_address(request, own.settings.trusted_proxies)
    own.audit.record(connection, action, subject, actor=actor, address=address)
