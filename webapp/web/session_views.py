"""The settings of a browser session as its page shows them: the menu of models, and the key."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from webapp.providers.base import Model
from webapp.providers.models_file import LIAOBOTS, ProviderEntry
from webapp.store.sessions import BrowserSession
from webapp.web.balances import balance_of
from webapp.web.i18n import gettext
from webapp.web.model_views import KeyView, ModelGroup, ModelView, SessionView
from webapp.web.quota_views import allowance
from webapp.web.services import Services
from webapp.web.sessions import model_of, owner_of, payment_of


def session_view(
    own: Services, session: BrowserSession, *, error: str = "", model_error: str = ""
) -> SessionView:
    """Show what answers are asked of and paid with."""
    model = model_of(own, session)
    groups = model_groups(own, model, _lacking(own, session))
    shown = (view for group in groups for view in group.models if view.selected)
    key = _key_view(own, session, model)
    return SessionView(
        groups=groups,
        model=next(shown, None),
        key=key,
        missing="" if model is None else _missing(model, key),
        error=error,
        model_error=model_error,
    )


def model_groups(
    own: Services, chosen: Model | None, lacking: Mapping[str, str] | None = None
) -> Sequence[ModelGroup]:
    """Show what can be chosen, by provider; `lacking` names what is not there to ask one with."""
    lacking = lacking or {}
    grouped: dict[str, list[ModelView]] = {}
    for one in own.offered:
        view = ModelView(
            key=one.key,
            name=one.name,
            provider=own.catalogue.title(one.provider),
            max_length=one.max_length,
            needs_auth_code=one.needs_auth_code,
            sees=one.sees,
            selected=one == chosen,
            note=gettext(one.note) if one.note else "",
            lacks=lacking.get(one.provider, ""),
            parameters=" ".join(sorted(one.parameters)),
        )
        grouped.setdefault(one.provider, []).append(view)
    beyond = own.catalogue.offer.beyond
    return [
        ModelGroup(own.catalogue.title(provider), views, _more(beyond.get(provider, 0)))
        for provider, views in grouped.items()
    ]


def _more(count: int) -> str:
    if not count:
        return ""
    return gettext("%(count)s more can be named in the models file") % {"count": f"{count:,}"}


def _lacking(own: Services, session: BrowserSession) -> Mapping[str, str]:
    """Name what each provider needs that this person does not have."""
    lacking = {}
    if payment_of(own, session, LIAOBOTS).code is None:
        lacking[LIAOBOTS] = gettext("needs an auth code")
    entries = [entry for entry in own.catalogue.entries if entry.needs_key]
    kept = own.keys.all_own(owner_of(session), entries)
    for entry in entries:
        found = own.keys.team(entry) if entry.key == "team" else kept.get(entry.id)
        if found is None or found.key is None:
            lacking[entry.id] = gettext("needs a key")
    return lacking


def _missing(model: Model, key: KeyView | None) -> str:
    if not model.needs_auth_code or key is None or key.set or key.team_used:
        return ""
    if key.provider == LIAOBOTS:
        return gettext("%(model)s needs an auth code.") % {"model": model.name}
    if key.own:
        return gettext("%(model)s needs a key.") % {"model": model.name}
    return gettext("%(model)s needs a key that the owner of this server has to enter.") % {
        "model": model.name
    }


def _key_view(own: Services, session: BrowserSession, model: Model | None) -> KeyView | None:
    """Show the key of the chosen model; where that needs none, the code of Liaobots."""
    entry = None if model is None else own.catalogue.entry(model.provider)
    if entry is not None and entry.needs_key:
        if entry.key == "team":
            return _teams_key(own, session, entry)
        return _own_key(own, session, entry)
    if any(one.provider == LIAOBOTS for one in own.offered):
        return _auth_code(own, session)
    return None


def _auth_code(own: Services, session: BrowserSession) -> KeyView:
    payment = payment_of(own, session, LIAOBOTS)
    code = payment.code if payment.payer == "own" else None
    used = payment.payer == "team"
    return KeyView(
        provider=LIAOBOTS,
        button=gettext("Auth code"),
        label=gettext("Auth code"),
        own=True,
        set=code is not None,
        for_all=code is not None and session.sealed_auth_code is None,
        tail="" if code is None else code.tail,
        team_used=used,
        state=gettext("The team’s code is used. One of your own takes its place.") if used else "",
        allowance=allowance(own, session) if used else (),
        balance=balance_of(own, session),
    )


def _own_key(own: Services, session: BrowserSession, entry: ProviderEntry) -> KeyView:
    kept = own.keys.own(owner_of(session), entry)
    key = None if kept is None else kept.key
    moved = gettext("Its address has changed. Enter the key again.")
    if key is not None:
        own.catalogue.list_with(entry.id, key)
    return KeyView(
        provider=entry.id,
        button=gettext("Key"),
        label=gettext("Key for %(provider)s") % {"provider": entry.name},
        own=True,
        set=key is not None,
        for_all=kept is not None and kept.for_all,
        tail="" if key is None else key.tail,
        elsewhere=kept is not None and kept.elsewhere,
        state=moved if kept is not None and kept.elsewhere else "",
        hosts=hosts_of(entry),
        goes_to=gettext("It is sent to %(hosts)s alone.") % {"hosts": hosts_of(entry)},
    )


def hosts_of(entry: ProviderEntry) -> str:
    """Write where a key goes: the form says it, so that nobody enters one for another place."""
    usual = re.compile("https://(.*):443")
    return ", ".join(sorted(usual.sub(r"\1", one) for one in entry.origins))


def _teams_key(own: Services, session: BrowserSession, entry: ProviderEntry) -> KeyView:
    kept = own.keys.team(entry)
    used = kept is not None and kept.key is not None
    return KeyView(
        provider=entry.id,
        button=gettext("Key"),
        label=gettext("Key for %(provider)s") % {"provider": entry.name},
        own=False,
        team_used=used,
        state=gettext("The team’s key is used.")
        if used
        else gettext("The owner of this server has to enter it."),
        allowance=allowance(own, session) if used else (),
    )
