"""Invitations: one new member each, once, for a week, while nobody takes them back."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.clock import FakeClock
from webapp.errors import EmptyName, InvitationClosed, MemberNameTaken, NotFound
from webapp.store import users
from webapp.store.database import Database
from webapp.store.users import User
from webapp.team.audit import Audit
from webapp.team.invitations import Invitations

_DAY = 24 * 3600
_HASH = "$argon2id$not-one"


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def invitations(database: Database, clock: FakeClock) -> Invitations:
    return Invitations(database, clock, Audit(database, clock))


def _found(database: Database, name: str) -> User | None:
    with database.reading() as connection:
        return users.find_by_name(connection, name)


def test_of_fifty_who_come_at_once_one_is_let_in(
    invitations: Invitations, owner: User, database: Database
) -> None:
    token = invitations.make(owner, "member", address="")

    def come(number: int) -> User | None:
        try:
            return invitations.redeem(token, f"Guest {number}", _HASH, address="")
        except InvitationClosed:
            return None

    with ThreadPoolExecutor(50) as pool:
        came = list(pool.map(come, range(50)))

    assert sum(user is not None for user in came) == 1
    assert sum(_found(database, f"Guest {number}") is not None for number in range(50)) == 1


def test_a_member_comes_with_the_role_that_was_meant(invitations: Invitations, owner: User) -> None:
    token = invitations.make(owner, "owner", address="")

    assert invitations.redeem(token, " Ada \n Lovelace ", _HASH, address="").role == "owner"


def test_an_invitation_lasts_seven_days(
    invitations: Invitations, owner: User, clock: FakeClock
) -> None:
    first, second = (
        invitations.make(owner, "member", address=""),
        invitations.make(owner, "member", address=""),
    )

    clock.advance(7 * _DAY - 1)
    invitations.redeem(first, "Early", _HASH, address="")
    clock.advance(1)

    with pytest.raises(InvitationClosed):
        invitations.redeem(second, "Late", _HASH, address="")
    with pytest.raises(InvitationClosed):
        invitations.check(second)
    assert invitations.open_ones() == []


def test_a_revoked_invitation_lets_nobody_in(invitations: Invitations, owner: User) -> None:
    token = invitations.make(owner, "member", address="")
    (listed,) = invitations.open_ones()
    assert (listed.role, listed.inviter) == ("member", "Owner")

    invitations.revoke(listed.id, by=owner, address="")

    with pytest.raises(InvitationClosed):
        invitations.redeem(token, "Ada", _HASH, address="")
    with pytest.raises(NotFound):
        invitations.revoke(listed.id, by=owner, address="")


@pytest.mark.parametrize("left", [{"role": "member"}, {"disabled_at": "now"}])
def test_invitations_of_who_may_not_invite_any_more_let_nobody_in(
    invitations: Invitations,
    owner: User,
    database: Database,
    clock: FakeClock,
    left: dict[str, object],
) -> None:
    token = invitations.make(owner, "owner", address="")
    values = {name: clock.now() if value == "now" else value for name, value in left.items()}
    with database.writing() as connection:
        connection.execute(users.users.update().values(values))

    with pytest.raises(InvitationClosed):
        invitations.redeem(token, "Ada", _HASH, address="")


@pytest.mark.parametrize("taken", ["Owner", "OWNER", "ｏｗｎｅｒ"])
def test_a_name_that_is_taken_uses_no_invitation_up(
    invitations: Invitations, owner: User, taken: str
) -> None:
    token = invitations.make(owner, "member", address="")

    with pytest.raises(MemberNameTaken):
        invitations.redeem(token, taken, _HASH, address="")
    with pytest.raises(EmptyName):
        invitations.redeem(token, " \u200b\n", _HASH, address="")

    assert invitations.redeem(token, "Ada", _HASH, address="").name == "Ada"


def test_what_became_of_invitations_is_recorded(
    invitations: Invitations, owner: User, database: Database, clock: FakeClock
) -> None:
    token = invitations.make(owner, "member", address="192.0.2.1")
    invitations.make(owner, "owner", address="192.0.2.1")
    invitations.revoke(
        next(one.id for one in invitations.open_ones() if one.role == "owner"),
        by=owner,
        address="192.0.2.1",
    )
    invitations.redeem(token, "Ada", _HASH, address="192.0.2.2")

    rows = Audit(database, clock).page().rows
    assert [(one.actor, one.action, one.subject, one.address) for one in rows] == [
        ("Ada", "invitation.used", "member", "192.0.2.2"),
        ("Owner", "invitation.revoked", "owner", "192.0.2.1"),
        ("Owner", "invitation.made", "owner", "192.0.2.1"),
        ("Owner", "invitation.made", "member", "192.0.2.1"),
    ]
