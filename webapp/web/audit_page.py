"""The audit log: a page of it, and all of it as a table for other programs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from flask import Blueprint, Response, make_response, render_template, request

from webapp.errors import N_, BadAddress
from webapp.store.audit import Recorded
from webapp.team.audit import Action
from webapp.web.audited import record
from webapp.web.i18n import gettext
from webapp.web.services import services
from webapp.web.spreadsheets import Row, as_csv

blueprint = Blueprint("audit", __name__, url_prefix="/team/audit")

SAID: dict[Action, str] = {
    "session.signed_in": N_("signed in"),
    "session.signed_out": N_("signed out"),
    "session.revoked": N_("signed a browser out"),
    "sign_in.failed": N_("failed to sign in"),
    "password.changed": N_("changed the password"),
    "account.deleted": N_("deleted an account"),
    "invitation.made": N_("made an invitation"),
    "invitation.revoked": N_("revoked an invitation"),
    "invitation.used": N_("came in by an invitation"),
    "member.disabled": N_("disabled a member"),
    "member.enabled": N_("enabled a member"),
    "member.role": N_("changed a role"),
    "link.made": N_("made a sign-in link"),
    "choice.changed": N_("changed a setting"),
    "team_code.set": N_("set the team’s auth code"),
    "team_code.removed": N_("removed the team’s auth code"),
    "team_key.set": N_("set the team’s key"),
    "team_key.removed": N_("removed the team’s key"),
    "quota.changed": N_("changed a quota"),
    "share.made": N_("made a link to a conversation"),
    "share.revoked": N_("revoked a link to a conversation"),
    "export.made": N_("exported"),
}

_COLUMNS = ("time", "who", "action", "subject", "address")
_LONGEST_NUMBER = 18


@dataclass(frozen=True, slots=True)
class RecordedView:
    moment: str
    at: str
    who: str
    what: str
    subject: str
    address: str


@blueprint.get("")
def page() -> Response:
    after = request.args.get("after", "")
    found = services().audit.page(after=_row(after) if after else None)
    return make_response(
        render_template(
            "team_audit.html",
            rows=[_view(row) for row in found.rows],
            after=after,
            days=services().settings.audit_days,
            more="" if found.behind is None else f"/team/audit?after={found.behind}",
        )
    )


@blueprint.get("/export.csv")
def export() -> Response:
    """Send all of it. That it was taken away is recorded before, and in it."""
    own = services()
    with own.database.writing() as connection:
        record(connection, "export.made", "audit log")
    return as_csv(_rows(own.audit.all()), f"liaochat-audit-{own.clock.now():%Y-%m-%d}.csv")


def _rows(recorded: Iterable[Recorded]) -> Iterator[Row]:
    yield _COLUMNS
    for one in recorded:
        at = one.at.isoformat(timespec="seconds")
        yield at, one.actor, one.action, one.subject, one.address


def _view(row: Recorded) -> RecordedView:
    said = {str(action): text for action, text in SAID.items()}.get(row.action, row.action)
    nobody = gettext("Somebody not signed in") if row.address else gettext("The server’s machine")
    return RecordedView(
        moment=row.at.isoformat(timespec="seconds"),
        at=f"{row.at.astimezone():%Y-%m-%d %H:%M:%S}",
        who=row.actor or nobody,
        what=gettext(said),
        subject=row.subject,
        address=row.address,
    )


def _row(text: str) -> int:
    """Read where a page begins from its address."""
    if not text.isascii() or not text.isdecimal() or len(text) > _LONGEST_NUMBER:
        raise BadAddress
    return int(text)
