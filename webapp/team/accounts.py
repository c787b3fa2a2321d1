"""Accounts: signing in by name and password, and a member's own browser sessions."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from webapp.clock import Clock
from webapp.errors import NotSignedIn, NotYourName, SignInsBusy, WrongPassword
from webapp.store import sessions, users
from webapp.store.database import Database
from webapp.store.sessions import BrowserSession, Client
from webapp.store.text import name_key, storable
from webapp.store.users import Credentials, User
from webapp.team import password_rules
from webapp.team.attempts import Attempts, Try
from webapp.team.audit import Audit
from webapp.team.passwords import Passwords

NAME_LIMIT = 80


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who asks to be let in, as far as the server can tell.

    `network` is what one person can have in hand of where they come from; `previous` the
    hash of the session that their browser has already.
    """

    client: Client
    network: str
    previous: str | None = None


class Accounts:
    """Lets members in and out. Passwords are hashed while no transaction is open."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        audit: Audit,
        passwords: Passwords,
    ) -> None:
        self._database = database
        self._clock = clock
        self._audit = audit
        self._passwords = passwords
        self._attempts = Attempts(database, clock)

    def sign_in(self, name: str, password: str, visitor: Visitor) -> str:
        """Begin a browser session and return its id, for the cookie.

        Raises `WrongPassword`, for whatever reason and after the same time, `TooManyTries`
        or `SignInsBusy`.
        """
        found, tried = self._prove(name, password, visitor)
        fresh = self._fresh_hash(found, password)
        with self._database.writing() as connection:
            # The password was right a moment ago. Whoever changed it since did so to keep
            # others out: what they ended must not begin again here.
            if not self._keep(connection, found, fresh):
                raise WrongPassword
            self._attempts.right(connection, tried)
            return self._begin(connection, found.user, visitor, by="password")

    def welcome(self, user: User, visitor: Visitor) -> str:
        """Begin the first session of who has just come with an invitation."""
        with self._database.writing() as connection:
            return self._begin(connection, user, visitor, by="invitation")

    def admit(self, name: str, visitor: Visitor) -> str | None:
        """Begin a session for whom a trusted proxy names, and return its id; None if disabled.

        They become a member the first time. The session that their browser had is somebody
        else's, and ends.
        """
        now = self._clock.now()
        with self._database.writing() as connection:
            if visitor.previous is not None:
                sessions.end_one(connection, visitor.previous)
            user = users.find_by_name(connection, name)
            if user is None:
                user = users.add(connection, name, "member", now=now)
            elif users.credentials(connection, name) is None:
                return None
            return self._begin(connection, user, visitor, by="proxy")

    def hash_new(self, password: str, *names: str) -> str:
        """Hash a password that somebody chose, for an account with these names.

        Raises `PasswordTooShort`, `PasswordCommon` or `SignInsBusy`.
        """
        password_rules.check(password, *names)
        return self._passwords.hash(password)

    def change_password(self, session: BrowserSession, old: str, new: str, visitor: Visitor) -> str:
        """Change a password, and return the session's new id, for the cookie.

        All other sessions of the user end, and so do their sign-in links; whoever has copied
        this session's cookie has nothing any more. Raises what `sign_in` and `hash_new` do.
        """
        found, tried = self._prove_again(session, old, visitor)
        fresh = self.hash_new(new, found.user.name)
        with self._database.writing() as connection:
            if not users.set_password(
                connection, found.user.id, fresh, instead_of=found.password_hash
            ):
                raise WrongPassword
            if tried is not None:
                self._attempts.right(connection, tried)
            sessions.end_all(connection, found.user.id, but=session.id_hash)
            users.forget_links(connection, found.user.id)
            renewed = sessions.renew(connection, session.id_hash)
            if renewed is None:
                raise NotSignedIn
            self._audit.record(
                connection,
                "password.changed",
                actor=found.user,
                address=visitor.client.address,
            )
        return renewed

    def confirm(
        self, session: BrowserSession, *, password: str, name: str, visitor: Visitor
    ) -> None:
        """Have somebody who is signed in confirm something with their password.

        Who has none writes their name. Raises what `sign_in` does, or `NotYourName`.
        """
        found, tried = self._prove_again(session, password, visitor)
        if tried is not None:
            with self._database.writing() as connection:
                self._attempts.right(connection, tried)
        elif name_key(name.strip()) != name_key(found.user.name):
            raise NotYourName(name=found.user.name)

    def _prove_again(
        self, session: BrowserSession, password: str, visitor: Visitor
    ) -> tuple[Credentials, Try | None]:
        """Have somebody who is signed in prove who they are, if they have a password.

        It is as good a place to guess as the sign-in, and the tries are counted together.
        """
        with self._database.reading() as connection:
            found = users.credentials(connection, session.user.name)
        if found is None:
            raise NotSignedIn
        if found.password_hash is None:
            return found, None
        return self._prove(session.user.name, password, visitor)

    def _prove(self, name: str, password: str, visitor: Visitor) -> tuple[Credentials, Try]:
        name = storable(name).strip()
        if not name or not password:
            raise WrongPassword
        tried = self._attempts.begin(name, visitor.network)
        with self._database.reading() as connection:
            found = users.credentials(connection, name)
        try:
            right = self._passwords.verify(None if found is None else found.password_hash, password)
        except SignInsBusy:
            with self._database.writing() as connection:
                self._attempts.untold(connection, tried)
            raise
        if found is None or not right:
            self._record_failure(found, visitor)
            raise WrongPassword
        return found, tried

    def _record_failure(self, found: Credentials | None, visitor: Visitor) -> None:
        """Name whom it was tried for only if they are here: it may be a password otherwise."""
        with self._database.writing() as connection:
            self._audit.record(
                connection,
                "sign_in.failed",
                "" if found is None else found.user.name,
                actor=None,
                address=visitor.client.address,
            )

    def _fresh_hash(self, found: Credentials, password: str) -> str | None:
        """Hash a password anew where that was done with other parameters before."""
        assert found.password_hash is not None  # noqa: S101 - it has just been verified
        if not self._passwords.is_outdated(found.password_hash):
            return None
        return self._passwords.hash(password)

    def _keep(self, connection: Connection, found: Credentials, fresh: str | None) -> bool:
        assert found.password_hash is not None  # noqa: S101 - as above
        return users.set_password(
            connection,
            found.user.id,
            fresh or found.password_hash,
            instead_of=found.password_hash,
        )

    def _begin(self, connection: Connection, user: User, visitor: Visitor, *, by: str) -> str:
        session_id = sessions.sign_in(
            connection,
            user,
            previous=visitor.previous,
            client=visitor.client,
            now=self._clock.now(),
        )
        self._audit.record(
            connection, "session.signed_in", by, actor=user, address=visitor.client.address
        )
        return session_id
