"""Invitations: how a new member comes in."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.exc import IntegrityError

from webapp.clock import Clock
from webapp.errors import EmptyName, InvitationClosed, MemberNameTaken, NotFound
from webapp.store import invitations, users
from webapp.store.database import Database
from webapp.store.invitations import Invitation, Role
from webapp.store.text import one_line
from webapp.store.users import User
from webapp.team.accounts import NAME_LIMIT
from webapp.team.audit import Audit


class Invitations:
    """Makes, lists and revokes invitations, and lets the invited in."""

    def __init__(self, database: Database, clock: Clock, audit: Audit) -> None:
        self._database = database
        self._clock = clock
        self._audit = audit

    def make(self, inviter: User, role: Role, *, address: str) -> str:
        """Make an invitation and return its token, which is known to nobody afterwards."""
        with self._database.writing() as connection:
            token = invitations.add(connection, inviter, role, now=self._clock.now())
            self._audit.record(connection, "invitation.made", role, actor=inviter, address=address)
        return token

    def open_ones(self) -> Sequence[Invitation]:
        """List what can still be used, the last one first."""
        with self._database.reading() as connection:
            return invitations.open_ones(connection, now=self._clock.now())

    def check(self, token: str) -> None:
        """Raise `InvitationClosed` where a token lets nobody in. Uses nothing up."""
        with self._database.reading() as connection:
            if not invitations.is_open(connection, token, now=self._clock.now()):
                raise InvitationClosed

    def revoke(self, invitation_id: str, *, by: User, address: str) -> None:
        """Take an invitation back. Or `NotFound`: it was used meanwhile, say."""
        with self._database.writing() as connection:
            role = invitations.revoke(connection, invitation_id, now=self._clock.now())
            if role is None:
                raise NotFound
            self._audit.record(connection, "invitation.revoked", role, actor=by, address=address)

    def redeem(self, token: str, name: str, password_hash: str, *, address: str) -> User:
        """Make the member that a token lets in. Of many at once, one succeeds.

        Raises `InvitationClosed`, or `EmptyName` and `MemberNameTaken`; after these two the
        invitation is as good as before.
        """
        now, wanted = self._clock.now(), one_line(name, NAME_LIMIT)
        if not wanted:
            raise EmptyName
        try:
            with self._database.writing() as connection:
                used = invitations.use(connection, token, now=now)
                if used is None:
                    raise InvitationClosed
                invitation_id, role = used
                user = users.add(connection, wanted, role, password_hash=password_hash, now=now)
                invitations.note_member(connection, invitation_id, user)
                self._audit.record(connection, "invitation.used", role, actor=user, address=address)
        except IntegrityError as error:
            raise MemberNameTaken(name=wanted) from error
        return user
