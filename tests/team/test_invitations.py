"""Invitations: one new member each, once, for a week, while nobody takes them back."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.clock import FakeClock
from webapp.errors import EmptyName, InvitationClosed, MemberNameTaken, NotFound
from webapp.store import users
from webapp.store.database import Database
from webapp.store.users import User
from webapp.team.invitations import Invitations

_DAY = 24 * 3600
_HASH = "$argon2id$not-one"


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def invitations(database: Database, clock: FakeClock) -> Invitations:
    return Invitations(database, clock)


def _found(database: Database, name: str) -> User | None:
    with database.reading() as connection:
        return users.find_by_name(connection, name)


def test_of_fifty_who_come_at_once_one_is_let_in(
    invitations: Invitations, owner: User, database: Database
) -> None:
    token = invitations.make(owner, "member")

    def come(number: int) -> User | None:
        try:
            return invitations.redeem(token, f"Guest {number}", _HASH)
        except InvitationClosed:
            return None

    with ThreadPoolExecutor(50) as pool:
        came = list(pool.map(come, range(50)))

    assert sum(user is not None for user in came) == 1
    assert sum(_found(database, f"Guest {number}") is not None for number in range(50)) == 1


def test_a_member_comes_with_the_role_that_was_meant(invitations: Invitations, owner: User) -> None:
    token = invitations.make(owner, "owner")

    assert invitations.redeem(token, " Ada \n Lovelace ", _HASH).role == "owner"


def test_an_invitation_lasts_seven_days(
    invitations: Invitations, owner: User, clock: FakeClock
) -> None:
    first, second = invitations.make(owner, "member"), invitations.make(owner, "member")

    clock.advance(7 * _DAY - 1)
    invitations.redeem(first, "Early", _HASH)
    clock.advance(1)

    with pytest.raises(InvitationClosed):
        invitations.redeem(second, "Late", _HASH)
    with pytest.raises(InvitationClosed):
        invitations.check(second)
    assert invitations.open_ones() == []


def test_a_revoked_invitation_lets_nobody_in(invitations: Invitations, owner: User) -> None:
    token = invitations.make(owner, "member")
    (listed,) = invitations.open_ones()
    assert (listed.role, listed.inviter) == ("member", "Owner")

    invitations.revoke(listed.id)

    with pytest.raises(InvitationClosed):
        invitations.redeem(token, "Ada", _HASH)
    with pytest.raises(NotFound):
        invitations.revoke(listed.id)


@pytest.mark.parametrize("left", [{"role": "member"}, {"disabled_at": "now"}])
def test_invitations_of_who_may_not_invite_any_more_let_nobody_in(
    invitations: Invitations,
    owner: User,
    database: Database,
    clock: FakeClock,
    left: dict[str, object],
) -> None:
    token = invitations.make(owner, "owner")
    values = {name: clock.now() if value == "now" else value for name, value in left.items()}
    with database.writing() as connection:
        connection.execute(users.users.update().values(values))

    with pytest.raises(InvitationClosed):
        invitations.redeem(token, "Ada", _HASH)


@pytest.mark.parametrize("taken", ["Owner", "OWNER", "ｏｗｎｅｒ"])
def test_a_name_that_is_taken_uses_no_invitation_up(
    invitations: Invitations, owner: User, taken: str
) -> None:
    token = invitations.make(owner, "member")

    with pytest.raises(MemberNameTaken):
        invitations.redeem(token, taken, _HASH)
    with pytest.raises(EmptyName):
        invitations.redeem(token, " \u200b\n", _HASH)

    assert invitations.redeem(token, "Ada", _HASH).name == "Ada"
