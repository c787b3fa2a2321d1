"""What members may use of the team's auth code and keys, and these: pages of the owner."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass

from flask import Blueprint, Response, make_response, render_template, request

from webapp.errors import BadAuthCode, BadQuota
from webapp.providers.models_file import ProviderEntry
from webapp.store.quotas import LIMITS, NO_LIMIT, Limits
from webapp.web.audited import record
from webapp.web.credit import team_credit
from webapp.web.i18n import gettext, sentence
from webapp.web.parts import go_to
from webapp.web.services import Services, services
from webapp.web.session_views import hosts_of

blueprint = Blueprint("quotas", __name__, url_prefix="/team/quotas")

_LIMIT = re.compile(r"-1|[0-9]{1,9}", re.ASCII)


@dataclass(frozen=True, slots=True)
class TeamKeyView:
    """The team's key for a provider: whether one is set, and what there is to say of it."""

    provider: str
    name: str
    hosts: str
    is_set: bool
    state: str
    error: str


@blueprint.get("")
def page() -> str:
    return page_of_quotas()


@blueprint.post("")
def say_default() -> Response:
    return _say(None)


@blueprint.post("/<user_id>")
def say_member(user_id: str) -> Response:
    return _say(user_id)


@blueprint.post("/code")
def set_code() -> Response:
    text = request.form.get("auth_code", "")
    try:
        services().team_code.set(text, lambda connection: record(connection, "team_code.set"))
    except BadAuthCode as error:
        return make_response(page_of_quotas(code_error=sentence(error)), 422)
    return go_to("/team/quotas")


@blueprint.post("/code/remove")
def remove_code() -> Response:
    services().team_code.remove(lambda connection: record(connection, "team_code.removed"))
    return go_to("/team/quotas")


def _say(user_id: str | None) -> Response:
    try:
        limits = Limits(**{name: _limit(name) for name in LIMITS})
    except BadQuota as error:
        return make_response(page_of_quotas(error=sentence(error)), 422)
    services().quotas.say(
        user_id, limits, lambda connection, name: record(connection, "quota.changed", name)
    )
    return go_to("/team/quotas")


def _limit(name: str) -> int | None:
    text = request.form.get(name, "").strip().replace("−", "-")  # as our own page writes it
    if not text:
        return None
    if not _LIMIT.fullmatch(text) or (name == "answers_at_once" and not int(text)):
        raise BadQuota
    return int(text)


def page_of_quotas(
    *, code_error: str = "", key_errors: Mapping[str, str] | None = None, error: str = ""
) -> str:
    """Draw the page, each error beside its field; those of keys by their providers."""
    own = services()
    set_at = own.team_code.set_at()
    default, members = own.quotas.read()
    return render_template(
        "quotas.html",
        code_set_on="" if set_at is None else own.presenter.day(set_at),
        credit=team_credit(own),
        code_error=code_error,
        keys=[_key(entry, (key_errors or {}).get(entry.id, "")) for entry in _wanting(own)],
        error=error,
        columns=_labels().items(),
        everybody=asdict(default),
        everybody_said={name: _hint(limit) for name, limit in asdict(default).items()},
        nobody=dict.fromkeys(LIMITS, _hint(None)),
        members=members,
    )


def _wanting(own: Services) -> Iterable[ProviderEntry]:
    return (entry for entry in own.catalogue.entries if entry.key == "team")


def _key(entry: ProviderEntry, error: str) -> TeamKeyView:
    kept = services().keys.team(entry)
    if kept is None:
        state = gettext("None is set.")
    elif kept.key is None:
        state = gettext("Its address has changed. Enter the key again.")
    else:
        state = gettext("Set on %(day)s.") % {"day": services().presenter.day(kept.set_at)}
    return TeamKeyView(
        provider=entry.id,
        name=entry.name,
        hosts=hosts_of(entry),
        is_set=kept is not None,
        state=state,
        error=error,
    )


def _labels() -> dict[str, str]:
    return {
        "messages_a_day": gettext("Messages a day"),
        "messages_a_month": gettext("Messages a month"),
        "characters_a_day": gettext("Characters a day"),
        "characters_a_month": gettext("Characters a month"),
        "answers_at_once": gettext("Answers at once"),
    }


def _hint(limit: int | None) -> str:
    """Say what holds where a field is left empty."""
    return gettext("no limit") if limit in {None, NO_LIMIT} else f"{limit:,}"
