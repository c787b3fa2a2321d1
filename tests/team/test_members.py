"""Members: an owner who can sign in is always left, whoever acts at once."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from tests.store.conftest import NOW
from tests.support.clock import FakeClock
from webapp.errors import LastOwner, LiaochatError, MemberDisabled, NotFound, NotOneself
from webapp.store import users
from webapp.store.database import Database
from webapp.store.users import User
from webapp.team.audit import Audit
from webapp.team.members import By, Members


@pytest.fixture
def audit(database: Database) -> Audit:
    return Audit(database, FakeClock())


@pytest.fixture
def members(database: Database, audit: Audit) -> Members:
    return Members(database, FakeClock(), audit)


@pytest.fixture
def second(database: Database) -> User:
    with database.writing() as connection:
        return users.add(connection, "Second", "owner", now=NOW)


def _owners(members: Members) -> list[str]:
    return [one.name for one in members.all() if one.role == "owner" and not one.disabled_at]


def test_the_last_owner_stays_one(members: Members, owner: User, other: User) -> None:
    by = By(owner, "")

    with pytest.raises(LastOwner):
        members.set_role(owner.id, "member", by=by)
    members.set_role(other.id, "owner", by=by)
    members.set_role(owner.id, "member", by=by)

    assert _owners(members) == ["Eve"]


def test_a_disabled_owner_counts_for_none(members: Members, owner: User, second: User) -> None:
    by = By(owner, "")
    members.disable(second.id, by=by)

    with pytest.raises(LastOwner):
        members.set_role(owner.id, "member", by=by)
    members.enable(second.id, by=by)
    members.set_role(owner.id, "member", by=by)

    assert _owners(members) == ["Second"]


def test_nobody_disables_themselves(members: Members, owner: User, second: User) -> None:
    with pytest.raises(NotOneself):
        members.disable(owner.id, by=By(owner, ""))

    assert second.name in _owners(members)


def test_who_is_no_owner_any_more_changes_nothing(
    members: Members, owner: User, second: User, other: User
) -> None:
    members.set_role(second.id, "member", by=By(owner, ""))

    for act in (
        lambda: members.disable(other.id, by=By(second, "")),
        lambda: members.set_role(second.id, "owner", by=By(second, "")),
        lambda: members.make_link(owner.id, by=By(second, "")),
    ):
        with pytest.raises(NotFound):
            act()

    assert _owners(members) == ["Owner"]


@pytest.mark.parametrize("way", ["disable", "demote"])
def test_two_owners_who_act_on_one_another_at_once_leave_one(
    members: Members, owner: User, second: User, way: str
) -> None:
    barrier = threading.Barrier(2)
    refused: list[LiaochatError] = []

    def act(by: User, on: User) -> None:
        barrier.wait()
        try:
            if way == "disable":
                members.disable(on.id, by=By(by, ""))
            else:
                members.set_role(on.id, "member", by=By(by, ""))
        except LiaochatError as error:
            refused.append(error)

    _at_once(lambda: act(owner, second), lambda: act(second, owner))

    assert len(_owners(members)) == 1
    assert len(refused) == 1


def test_two_owners_who_both_step_back_at_once_leave_one(
    members: Members, owner: User, second: User
) -> None:
    barrier = threading.Barrier(2)
    refused: list[LiaochatError] = []

    def step_back(user: User) -> None:
        barrier.wait()
        try:
            members.set_role(user.id, "member", by=By(user, ""))
        except LastOwner as error:
            refused.append(error)

    _at_once(lambda: step_back(owner), lambda: step_back(second))

    assert len(_owners(members)) == 1
    assert len(refused) == 1


def test_links_of_a_disabled_member_are_gone_and_none_is_made(
    members: Members, database: Database, owner: User, other: User
) -> None:
    _, token = members.make_link(other.id, by=By(owner, ""))

    members.disable(other.id, by=By(owner, ""))

    with pytest.raises(MemberDisabled):
        members.make_link(other.id, by=By(owner, ""))
    members.enable(other.id, by=By(owner, ""))
    with database.writing() as connection:
        assert users.use_link(connection, token, now=FakeClock().now()) is None


def test_what_was_done_is_recorded_with_who_and_whom(
    members: Members, audit: Audit, owner: User, other: User
) -> None:
    by = By(owner, "192.0.2.7")

    members.set_role(other.id, "owner", by=by)
    members.set_role(other.id, "owner", by=by)  # nothing changes
    members.disable(other.id, by=by)

    assert [(row.actor, row.action, row.subject, row.address) for row in audit.page().rows] == [
        ("Owner", "member.disabled", "Eve", "192.0.2.7"),
        ("Owner", "member.role", "Eve: owner", "192.0.2.7"),
    ]


def _at_once(*acts: Callable[[], None]) -> None:
    threads = [threading.Thread(target=act) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
