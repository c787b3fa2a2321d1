"""Signing in by name and password: who is let in, how often one may try, what it costs."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from argon2 import PasswordHasher

from tests.support.clock import FakeClock
from webapp.errors import PasswordCommon, SignInsBusy, TooManyTries, WrongPassword
from webapp.store import sessions, users
from webapp.store.database import Database
from webapp.store.ids import token_hash
from webapp.store.sessions import BrowserSession, Client
from webapp.store.users import User
from webapp.team.accounts import Accounts, Visitor
from webapp.team.audit import Audit
from webapp.team.passwords import Passwords, new_hasher

_PASSWORD = "kettle-orbit-93"
_OTHER = "lemon.tree.walks"


class _Counting(PasswordHasher):
    """Hashes cheaply, and counts: what takes as long as it does not depend on the machine."""

    def __init__(self, time_cost: int = 1) -> None:
        super().__init__(time_cost=time_cost, memory_cost=8, parallelism=1)
        self.verified: list[str] = []

    def verify(self, hash: str | bytes, password: str | bytes) -> bool:  # noqa: A002
        self.verified.append(str(hash).rsplit("$", 2)[0])
        return super().verify(hash, password)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def hasher() -> _Counting:
    return _Counting()


@pytest.fixture
def accounts(database: Database, clock: FakeClock, hasher: _Counting) -> Accounts:
    return Accounts(database, clock, Audit(database, clock), Passwords(hasher))


@pytest.fixture
def ada(database: Database, clock: FakeClock, accounts: Accounts, owner: User) -> User:  # noqa: ARG001
    password_hash = accounts.hash_new(_PASSWORD, "Ada")
    with database.writing() as connection:
        return users.add(connection, "Ada", "member", password_hash=password_hash, now=clock.now())


def _from(address: str = "192.0.2.1", previous: str | None = None) -> Visitor:
    return Visitor(Client("Firefox", address), address, previous)


def _session(database: Database, clock: FakeClock, session_id: str) -> BrowserSession | None:
    with database.reading() as connection:
        return sessions.find(connection, token_hash(session_id), now=clock.now())


def test_name_and_password_let_in_and_what_is_written_otherwise_does_not(
    accounts: Accounts, ada: User, database: Database, clock: FakeClock
) -> None:
    found = _session(database, clock, accounts.sign_in(" aDA", _PASSWORD, _from()))
    assert found is not None
    assert found.user == ada

    for name, password in [("Ada", _OTHER), ("Eve", _PASSWORD), ("Owner", _PASSWORD), ("", "")]:
        with pytest.raises(WrongPassword):
            accounts.sign_in(name, password, _from())


def test_a_name_that_nobody_has_costs_the_same_hash_as_a_wrong_password(
    accounts: Accounts, ada: User, hasher: _Counting
) -> None:
    for name in (ada.name, "nobody", "Owner"):  # the owner has no password yet
        with pytest.raises(WrongPassword):
            accounts.sign_in(name, _OTHER, _from())

    known, unknown, without = hasher.verified
    parameters = [one.rsplit("$", 1)[0] for one in (known, unknown, without)]
    assert parameters == [parameters[0]] * 3


def test_the_eleventh_try_is_not_looked_at_for_known_and_unknown_names_alike(
    accounts: Accounts, ada: User, hasher: _Counting, clock: FakeClock
) -> None:
    for name in (ada.name, "nobody"):
        for number in range(10):
            with pytest.raises(WrongPassword):
                accounts.sign_in(name, _OTHER, _from(f"{name}-{number}"))
        looked_at = len(hasher.verified)

        with pytest.raises(TooManyTries) as refused:
            accounts.sign_in(name.upper(), _PASSWORD, _from("elsewhere"))

        assert len(hasher.verified) == looked_at
        assert refused.value.seconds == 15 * 60
        assert refused.value.values == {"minutes": 15}
    clock.advance(15 * 60)
    accounts.sign_in(ada.name, _PASSWORD, _from())


def test_an_address_has_ten_tries_whatever_the_names(accounts: Accounts, ada: User) -> None:
    for number in range(10):
        with pytest.raises(WrongPassword):
            accounts.sign_in(f"name-{number}", _OTHER, _from())

    with pytest.raises(TooManyTries):
        accounts.sign_in(ada.name, _PASSWORD, _from())
    accounts.sign_in(ada.name, _PASSWORD, _from("192.0.2.2"))


def test_of_many_tries_at_once_ten_are_looked_at(
    accounts: Accounts, ada: User, hasher: _Counting
) -> None:
    def guess(number: int) -> None:
        with pytest.raises((WrongPassword, TooManyTries, SignInsBusy)):
            accounts.sign_in(ada.name, f"guess {number}", _from(f"192.0.2.{number}"))

    with ThreadPoolExecutor(25) as pool:
        list(pool.map(guess, range(25)))

    assert len(hasher.verified) == 10


def test_who_knows_one_password_has_no_more_tries_at_others(accounts: Accounts, ada: User) -> None:
    for number in range(10):
        accounts.sign_in(ada.name, _PASSWORD, _from())
        with pytest.raises(WrongPassword):
            accounts.sign_in(f"name-{number}", _OTHER, _from())

    with pytest.raises(TooManyTries):
        accounts.sign_in("somebody", _OTHER, _from())


def test_a_password_is_hashed_anew_when_the_parameters_change(
    ada: User, database: Database, clock: FakeClock
) -> None:
    newer = Accounts(database, clock, Audit(database, clock), Passwords(_Counting(time_cost=2)))

    newer.sign_in(ada.name, _PASSWORD, _from())

    with database.reading() as connection:
        found = users.credentials(connection, ada.name)
    assert found is not None
    assert found.password_hash is not None
    assert ",t=2," in found.password_hash
    newer.sign_in(ada.name, _PASSWORD, _from())


def test_who_is_disabled_cannot_sign_in_and_is_signed_in_nowhere(
    accounts: Accounts, ada: User, database: Database, clock: FakeClock
) -> None:
    session_id = accounts.sign_in(ada.name, _PASSWORD, _from())
    with database.writing() as connection:
        token = users.make_link(connection, ada, now=clock.now())
        connection.execute(
            users.users.update().where(users.users.c.id == ada.id).values(disabled_at=clock.now())
        )

    with pytest.raises(WrongPassword):
        accounts.sign_in(ada.name, _PASSWORD, _from())
    with database.writing() as connection:
        assert users.use_link(connection, token, now=clock.now()) is None
        assert not sessions.still_there(connection, [token_hash(session_id)], now=clock.now())
    assert _session(database, clock, session_id) is None


def test_a_new_password_ends_all_other_sessions_and_renews_this_one(
    accounts: Accounts, ada: User, database: Database, clock: FakeClock
) -> None:
    mine, other = (accounts.sign_in(ada.name, _PASSWORD, _from()) for _ in range(2))
    with database.writing() as connection:
        token = users.make_link(connection, ada, now=clock.now())
    session = _session(database, clock, mine)
    assert session is not None

    with pytest.raises(WrongPassword):
        accounts.change_password(session, _OTHER, _OTHER, _from())
    with pytest.raises(PasswordCommon):
        accounts.change_password(session, _PASSWORD, "AdaAdaAdaAda", _from())
    renewed = accounts.change_password(session, _PASSWORD, _OTHER, _from())

    found = [_session(database, clock, one) is not None for one in (mine, other, renewed)]
    assert found == [False, False, True]
    with database.writing() as connection:
        assert users.use_link(connection, token, now=clock.now()) is None
    with pytest.raises(WrongPassword):
        accounts.sign_in(ada.name, _PASSWORD, _from())
    accounts.sign_in(ada.name, _OTHER, _from())


def test_a_sign_in_that_is_under_way_does_not_outlive_a_new_password(
    accounts: Accounts, ada: User, database: Database, clock: FakeClock
) -> None:
    """The password was right when it was looked at, and is not when the session begins."""
    session = _session(database, clock, accounts.sign_in(ada.name, _PASSWORD, _from()))
    assert session is not None
    late = Passwords(_Counting(time_cost=3))
    meanwhile = Accounts(database, clock, Audit(database, clock), late)
    looked = late.verify

    def look_and_lose_time(password_hash: str | None, password: str) -> bool:
        right = looked(password_hash, password)
        accounts.change_password(session, _PASSWORD, _OTHER, _from())
        return right

    late.verify = look_and_lose_time  # type: ignore[method-assign]

    with pytest.raises(WrongPassword):
        meanwhile.sign_in(ada.name, _PASSWORD, _from())

    with database.reading() as connection:
        assert len(sessions.of_user(connection, ada.id, now=clock.now())) == 1


class _Waiting(_Counting):
    """Holds every verification up until all have come."""

    def __init__(self) -> None:
        super().__init__()
        self.all_here = threading.Event()
        self.at_once = threading.Semaphore(2)

    def verify(self, hash: str | bytes, password: str | bytes) -> bool:  # noqa: A002
        assert self.at_once.acquire(blocking=False)
        assert self.all_here.wait(10)
        self.at_once.release()
        return super().verify(hash, password)


def test_two_passwords_are_hashed_at_once_and_thirty_wait_and_a_flood_is_sent_away() -> None:
    hasher = _Waiting()
    passwords, refused = Passwords(hasher), threading.Semaphore(0)

    def look() -> None:
        try:
            passwords.verify(None, "x")
        except SignInsBusy:
            refused.release()

    with ThreadPoolExecutor(40) as pool:
        looked = [pool.submit(look) for _ in range(40)]
        for _ in range(40 - 32):
            assert refused.acquire(timeout=10)
        hasher.all_here.set()
        for one in looked:
            one.result()

    assert len(hasher.verified) == 32


def test_a_hash_is_argon2id_within_64_megabytes() -> None:
    hasher = new_hasher()

    assert hasher.hash("x").startswith("$argon2id$v=19$")
    assert 2 * hasher.memory_cost <= 64 * 1024
