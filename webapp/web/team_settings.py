"""The settings as the owner sees them: what each is, who says so, and those to be chosen."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask import Blueprint, Response, make_response, render_template, request

from webapp.config import PREFIX, shown
from webapp.errors import BadCommand, BadDays, NothingOffered, Refused
from webapp.team.choices import MOST_DAYS, OWNER
from webapp.web.audited import record
from webapp.web.errors import status_of
from webapp.web.i18n import gettext, sentence
from webapp.web.parts import go_to
from webapp.web.services import Services, services

blueprint = Blueprint("team_settings", __name__, url_prefix="/team/settings")


@dataclass(frozen=True, slots=True)
class SettingView:
    variable: str
    value: str
    source: str
    help: str


@dataclass(frozen=True, slots=True)
class ModelChoiceView:
    key: str
    name: str
    offered: bool


@blueprint.get("")
def page() -> Response:
    return _page()


@blueprint.post("/public-sharing")
def public_sharing() -> Response:
    allowed = request.form.get("public_sharing")
    if allowed not in {"on", "off"}:
        raise BadCommand
    return _choose({"public_sharing": allowed == "on"})


@blueprint.post("/models")
def models() -> Response:
    offered = set(request.form.getlist("model"))
    hidden = tuple(model.key for model in services().models if model.key not in offered)
    if len(hidden) == len(services().models):
        return _page(error=NothingOffered())
    return _choose({"hidden_models": hidden})


@blueprint.get("/retention")
def look_at_retention() -> Response:
    """Say what so many days would do before they are saved."""
    own = services()
    try:
        days = _days(request.args.get("days", ""))
    except BadDays as error:
        return _page(error=error)
    forecast = own.retention.forecast(days)
    return make_response(render_template("team_retention.html", days=days, forecast=forecast))


@blueprint.post("/retention")
def retention() -> Response:
    return _choose({"retention_days": _days(request.form.get("days", ""))})


def _choose(wanted: Mapping[str, object]) -> Response:
    own = services()
    try:
        own.choices.choose(
            wanted,
            lambda connection, name: record(
                connection, "choice.changed", f"{name}: {shown(wanted[name])}"
            ),
        )
    except BadCommand:
        raise
    except Refused as error:
        return _page(error=error)
    # Who reads by public links, and what is kept too long, is looked at now.
    own.doorkeeper.look()
    own.retention.look()
    return go_to("/team/settings")


def _page(*, error: Refused | None = None) -> Response:
    own = services()
    hidden = own.choices.hidden_models
    names = ("public_sharing", "hidden_models", "retention_days")
    page = render_template(
        "team_settings.html",
        public=own.choices.public_sharing,
        models=[ModelChoiceView(one.key, one.name, one.key not in hidden) for one in own.models],
        days=own.choices.retention_days,
        most_days=MOST_DAYS,
        fixed={name: _fixed(own, name) for name in names},
        settings=_settings(own),
        error="" if error is None else sentence(error),
    )
    return make_response(page, 200 if error is None else status_of(error))


def _settings(own: Services) -> Sequence[SettingView]:
    """List all settings as `liaochat settings` does, with what was chosen since."""
    chosen = own.choices.chosen()
    return [
        SettingView(
            variable=one.variable,
            value=shown(chosen[name]) if name in chosen else one.value,
            source=_source(OWNER if name in chosen else one.source),
            help=one.help,
        )
        for one in own.entries
        for name in (one.variable.removeprefix(PREFIX).lower(),)
    ]


def _fixed(own: Services, name: str) -> str:
    """Say why a setting cannot be chosen; nothing where it can."""
    if own.choices.can_choose(name):
        return ""
    return gettext(
        "This is fixed by %(variable)s (%(source)s). Change it there and restart the server."
    ) % {"variable": PREFIX + name.upper(), "source": _source(own.choices.source_of(name))}


def _source(source: str) -> str:
    said = {
        "default": gettext("default"),
        "environment": gettext("environment"),
        "command line": gettext("command line"),
        OWNER: gettext("chosen here"),
    }
    return said.get(source, source)  # else it is the path of a file


def _days(text: str) -> int:
    if not re.fullmatch("[0-9]{1,5}", text) or int(text) > MOST_DAYS:
        raise BadDays(most=MOST_DAYS)
    return int(text)
