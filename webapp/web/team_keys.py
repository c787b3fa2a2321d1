"""The team's keys for servers of the models file: the owner enters them, and sees none again."""

from __future__ import annotations

from flask import Blueprint, Response, make_response, request

from webapp.errors import BadKey, KeyPlaceChanged, LiaochatError, NotFound
from webapp.providers.models_file import ProviderEntry
from webapp.web.audited import record
from webapp.web.i18n import sentence
from webapp.web.parts import go_to
from webapp.web.quotas import page_of_quotas
from webapp.web.services import services
from webapp.web.session_views import hosts_of

blueprint = Blueprint("team_keys", __name__, url_prefix="/team/keys")


@blueprint.post("")
def keep() -> Response:
    """Keep a key for the team, for this provider at its addresses of now."""
    own, entry = services(), _entry()
    try:
        if request.form.get("hosts") != hosts_of(entry):
            return _refused(entry, KeyPlaceChanged(provider=entry.name))
        own.keys.set_team(
            entry,
            request.form.get("auth_code", ""),
            lambda connection: record(connection, "team_key.set", entry.name),
        )
    except BadKey as error:
        return _refused(entry, error)
    own.catalogue.list_anew(entry.id)
    return go_to("/team/quotas")


@blueprint.post("/remove")
def remove() -> Response:
    entry = _entry()
    services().keys.remove_team(
        entry.id, lambda connection: record(connection, "team_key.removed", entry.name)
    )
    return go_to("/team/quotas")


def _entry() -> ProviderEntry:
    entry = services().catalogue.entry(request.form.get("provider", ""))
    if entry is None or entry.key != "team":
        raise NotFound
    return entry


def _refused(entry: ProviderEntry, error: LiaochatError) -> Response:
    return make_response(page_of_quotas(key_errors={entry.id: sentence(error)}), 422)
