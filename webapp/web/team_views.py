"""What the owner's pages show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from webapp.store.invitations import Invitation
from webapp.store.members import Member
from webapp.web.services import Services


@dataclass(frozen=True, slots=True)
class MemberView:
    """A member, and what can be done with them. `seen` is empty for who is not signed in."""

    id: str
    name: str
    owner: bool
    disabled: bool
    oneself: bool
    since: str
    seen: str
    can_change_role: bool
    can_disable: bool


@dataclass(frozen=True, slots=True)
class InvitationView:
    id: str
    owner: bool
    inviter: str
    made: str
    until: str


@dataclass(frozen=True, slots=True)
class FreshLinkView:
    """A link that was made a moment ago, and is shown this once."""

    url: str
    text: str


def member_views(own: Services, members: Sequence[Member], user_id: str) -> Sequence[MemberView]:
    """Show members to one of them. What would leave no owner is not offered."""
    owners = {one.id for one in members if one.role == "owner" and one.disabled_at is None}
    return [
        MemberView(
            id=one.id,
            name=one.name,
            owner=one.role == "owner",
            disabled=one.disabled_at is not None,
            oneself=one.id == user_id,
            since=own.presenter.day(one.created_at),
            seen="" if one.seen_at is None else own.presenter.day(one.seen_at),
            can_change_role=one.disabled_at is None and owners != {one.id},
            can_disable=one.disabled_at is None and one.id != user_id and owners != {one.id},
        )
        for one in members
    ]


def invitation_view(own: Services, one: Invitation) -> InvitationView:
    return InvitationView(
        id=one.id,
        owner=one.role == "owner",
        inviter=one.inviter,
        made=own.presenter.day(one.created_at),
        until=own.presenter.day(one.expires_at),
    )
