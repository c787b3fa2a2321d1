"""The members: who is one, in which role, and who may come in. Only an owner changes that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from webapp.clock import Clock
from webapp.errors import LastOwner, MemberDisabled, NotFound, NotOneself
from webapp.store import members, users
from webapp.store.database import Database
from webapp.store.invitations import Role
from webapp.store.members import Member
from webapp.store.users import User
from webapp.team.audit import Action, Audit


@dataclass(frozen=True, slots=True)
class By:
    """Who asks for a change, and from where."""

    user: User
    address: str


class Members:
    """Each change asks anew whether it is an owner's: two may act on one another at once."""

    def __init__(self, database: Database, clock: Clock, audit: Audit) -> None:
        self._database = database
        self._clock = clock
        self._audit = audit

    def all(self) -> Sequence[Member]:
        with self._database.reading() as connection:
            return members.all_of(connection)

    def set_role(self, user_id: str, role: Role, *, by: By) -> None:
        """Make an owner or a member of somebody. Raises `LastOwner`, or `NotFound`."""
        with self._database.writing() as connection:
            user = _find(connection, user_id, by)
            if user.role == role:
                return
            if not members.set_role(connection, user_id, role):
                raise LastOwner
            self._record(connection, "member.role", f"{user.name}: {role}", by)

    def disable(self, user_id: str, *, by: By) -> None:
        """Shut somebody out. Raises `NotOneself` and `LastOwner`, or `NotFound`.

        Their sessions are asked for at each request, and by the doorkeeper.
        """
        if user_id == by.user.id:
            raise NotOneself
        with self._database.writing() as connection:
            user = _find(connection, user_id, by)
            if members.is_disabled(connection, user_id):
                return
            if not members.disable(connection, user_id, now=self._clock.now()):
                raise LastOwner
            self._record(connection, "member.disabled", user.name, by)

    def enable(self, user_id: str, *, by: By) -> None:
        with self._database.writing() as connection:
            user = _find(connection, user_id, by)
            if not members.is_disabled(connection, user_id):
                return
            members.enable(connection, user_id)
            self._record(connection, "member.enabled", user.name, by)

    def make_link(self, user_id: str, *, by: By) -> tuple[User, str]:
        """Make a one-time sign-in token for somebody who is locked out.

        Raises `MemberDisabled` where it would open nothing.
        """
        now = self._clock.now()
        with self._database.writing() as connection:
            user = _find(connection, user_id, by)
            if members.is_disabled(connection, user_id):
                raise MemberDisabled(name=user.name)
            token = users.make_link(connection, user, now=now)
            self._record(connection, "link.made", user.name, by)
        return user, token

    def _record(self, connection: Connection, action: Action, subject: str, by: By) -> None:
        self._audit.record(connection, action, subject, actor=by.user, address=by.address)


def _find(connection: Connection, user_id: str, by: By) -> User:
    """Find whom to change. It is `NotFound` as well for who is no owner any more."""
    user = users.find_by_id(connection, user_id)
    if user is None or not members.is_owner(connection, by.user.id):
        raise NotFound
    return user
