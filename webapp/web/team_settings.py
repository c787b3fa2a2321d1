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
from webapp.web.local_views import local_views
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


@dataclass(frozen=True, slots=True)
class ModelChoicesView:
    """The models of one provider."""

    title: str
    models: Sequence[ModelChoiceView]


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
    """Hide those that were shown and not ticked. What the page did not show yet stays as it is."""
    own = services()
    shown = dict.fromkeys(request.form.getlist("shown"))
    offered = set(request.form.getlist("model"))
    kept = [key for key in own.choices.hidden_models if key not in shown]
    hidden = (*kept, *(key for key in shown if key not in offered and own.catalogue.known(key)))
    if all(model.key in hidden for model in own.models):
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
    names = ("public_sharing", "hidden_models", "retention_days")
    page = render_template(
        "team_settings.html",
        public=own.choices.public_sharing,
        troubles=_troubles(own),
        groups=_groups(own),
        days=own.choices.retention_days,
        most_days=MOST_DAYS,
        fixed={name: _fixed(own, name) for name in names},
        local=local_views(own.local),
        settings=_settings(own),
        error="" if error is None else sentence(error),
    )
    return make_response(page, 200 if error is None else status_of(error))


def _troubles(own: Services) -> Sequence[str]:
    """Say what keeps the models from being offered as the models file means it."""
    said = []
    for trouble in own.catalogue.troubles():
        if trouble.whose:
            said.append(
                gettext("%(provider)s was asked for its models: %(sentence)s")
                % {"provider": trouble.whose, "sentence": sentence(trouble.error)}
            )
        else:
            still = gettext("What it said before still holds.")
            said.append(f"{sentence(trouble.error)} {still}")
    return said


def _groups(own: Services) -> Sequence[ModelChoicesView]:
    hidden = set(own.choices.hidden_models)
    grouped: dict[str, list[ModelChoiceView]] = {}
    for one in own.models:
        view = ModelChoiceView(one.key, one.name, one.key not in hidden)
        grouped.setdefault(one.provider, []).append(view)
    return [ModelChoicesView(own.catalogue.title(name), views) for name, views in grouped.items()]


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
        raise BadDays(most=str(MOST_DAYS))  # as it is to be written: no comma
    return int(text)
