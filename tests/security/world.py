"""An application in this process, and people in it: one who owns one of everything, and others."""

from __future__ import annotations

import re
import socket
import sqlite3
import threading
import time
import uuid
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from flask.testing import FlaskClient

from tests.security.person import Person, add_person
from tests.security.things import KINDS
from webapp.app import create_app
from webapp.clock import SystemClock
from webapp.config import Settings
from webapp.store import users
from webapp.store.ids import new_token
from webapp.web.allowance import Allowance
from webapp.web.connection import Connection
from webapp.web.event_stream import EventStream
from webapp.web.hub import Showing
from webapp.web.services import Services
from webapp.web.websocket import obey, serve

ORIGIN = "http://localhost"
SECRET = "Quetzal"
"""A word in all that is somebody's own: their name, titles, texts, files."""

Rows = dict[str, set[tuple[object, ...]]]
_NOTED = {"attempts", "audit_log"}
_PASSING = {("browser_sessions", "seen_at"), ("messages", "tokens")}
_TABLE = re.compile(r"(?!sqlite_|alembic_|\w+_fts|\w*_(data|idx|docsize|config|content|terms)$)\w+")


class World:
    """What is in `KINDS`, twice: the owner's of the secret, and Mallory's own."""

    def __init__(self, folder: Path, **settings: object) -> None:
        chosen = {"liaobots_url": "http://127.0.0.1:9", "public_sharing": True, **settings}
        self.application = create_app(Settings(data_dir=folder, **chosen))  # type: ignore[arg-type]
        self.app = self.application.flask
        self.application.start()
        self._file = folder / "liaochat.db"
        self._images = folder / "images"
        self._sockets: list[socket.socket] = []
        self.owner = self._person(f"{SECRET} Ada", SECRET, "owner")
        self.mallory = self._person("Mallory", "Mine", "member")
        self.unknown = {kind: _alike(id_) for kind, id_ in self.owner.ids.items()}
        self.ended = {
            "spent link": self._spent_link(),
            "closed invitation": self._closed_invitation(),
            "ended share": self._ended_share(),
        }
        self.unknown |= dict.fromkeys(self.ended, new_token())
        self._looking = sqlite3.connect(self._file, timeout=10, check_same_thread=False)
        self._kept = sqlite3.connect(":memory:")
        self._looking.backup(self._kept)
        self._version_kept = self._version()
        self._version_read, self._rows = -1, Rows()

    @property
    def foreign(self) -> dict[str, str]:
        """Ids of what is another's, and tokens that open nothing any more."""
        return self.owner.ids | self.ended

    def client(self, person: Person | None, *, origin: str | None = ORIGIN) -> FlaskClient:
        """A browser of this person's, or nobody's."""
        client = self.app.test_client()
        if person is not None:
            client.set_cookie("liaochat-80", person.cookie)
        if origin is not None:
            client.environ_base["HTTP_ORIGIN"] = origin
        return client

    def tell(self, person: Person, frames: Iterable[str]) -> list[bytes]:
        """Send frames as a page of this person's, and return what it is told."""
        ear = _Ear(self.application.services, person, frames)
        with self.app.test_request_context("/socket"):
            serve(self.application.services, ear, obey=obey)
        ear.part()
        return ear.heard

    @contextmanager
    def listening(self, person: Person) -> Iterator[list[bytes]]:
        """Open a page of this person's on their conversation: what it hears, whoever says it."""
        own = self.application.services
        ear = _Open(own, person, ())
        assert own.hub.add(ear)
        own.hub.show(ear, Showing.own(person.user.id, person.ids["conversation"]))
        try:
            yield ear.heard
        finally:
            own.hub.remove(ear)
            ear.part()

    def all_told(self) -> None:
        """Wait until pages were told of everything that has happened so far."""
        self.settle()
        told = threading.Event()
        self.application.services.publisher.do(told.set)
        assert told.wait(10), "the publisher does not come to it"

    def stream(self, person: Person) -> EventStream:
        """A page of this person's that has events in place of a socket."""
        own = self.application.services
        self._sockets.append(inner := socket.socket())
        return EventStream(
            inner,
            user_id=person.user.id,
            session_hash=person.session_hash,
            laggards=own.laggards,
            allowance=own.allowances.of(person.user.id),
        )

    def rows(self) -> Rows:
        """All that is stored, but for what only says that somebody came by."""
        self.settle()
        if self._version_read != self._version():
            self._version_read, self._rows = self._version(), _rows(self._looking)
        return self._rows

    def restore(self) -> None:
        """Set everything back to the beginning."""
        self.settle()
        if self._version_kept != self._version():
            with closing(sqlite3.connect(self._file, timeout=10)) as database:
                self._kept.backup(database)
            self._version_kept = self._version()

    def _version(self) -> int:
        """A number that changes whenever anybody writes."""
        (version,) = self._looking.execute("PRAGMA data_version").fetchone()
        return int(version)

    def settle(self) -> None:
        """Wait until no answer is under way."""
        until = time.monotonic() + 10
        running = "SELECT count(*) FROM generations WHERE state = 'running'"
        while self._looking.execute(running).fetchone()[0]:
            assert time.monotonic() < until, "an answer does not end"
            time.sleep(0.01)

    def close(self) -> None:
        self.application.close()
        self._kept.close()
        self._looking.close()
        for one in self._sockets:
            one.close()

    def _person(self, name: str, word: str, role: str) -> Person:
        own = self.application.services
        person = add_person(own.database, own.vault, name, word, role)
        self._images.mkdir(exist_ok=True)
        (self._images / person.ids["image"]).write_bytes(f"{word} is seen".encode())
        person.ids["stream"] = own.streams.add(self.stream(person))
        assert set(person.ids) == set(KINDS)
        return person

    def _spent_link(self) -> str:
        own, now = self.application.services, SystemClock().now()
        with own.database.writing() as connection:
            token = users.make_link(connection, self.owner.user, now=now)
            users.use_link(connection, token, now=now)
        return token

    def _closed_invitation(self) -> str:
        invitations, owner = self.application.services.invitations, self.owner.user
        token = invitations.make(owner, "owner", address="")
        invitations.revoke(invitations.open_ones()[0].id, by=owner, address="")
        return token

    def _ended_share(self) -> str:
        own, owner = self.application.services, self.owner
        link = own.shares.make(
            owner.user.id,
            owner.ids["conversation"],
            audience="public",
            snapshot=False,
            lifetime=None,
        )
        own.shares.revoke(owner.user.id, link.share.id)
        assert link.token is not None
        return link.token


class _Ear(Connection):
    """A page in this process: it says what it was given, and keeps what it is told."""

    def __init__(self, own: Services, person: Person, frames: Iterable[str]) -> None:
        self._inner = socket.socket()
        super().__init__(
            self._inner,
            user_id=person.user.id,
            session_hash=person.session_hash,
            laggards=own.laggards,
            allowance=Allowance(),
        )
        self._owner = threading.current_thread()
        self._frames = iter(frames)
        self.heard: list[bytes] = []

    def receive(self) -> str | None:
        return next(self._frames, None)

    def send(self, payload: bytes) -> None:
        # What other threads have to say comes at any time, and answers nothing.
        if threading.current_thread() is self._owner:
            self.heard.append(payload)

    def offer(self, payload: bytes) -> bool:
        self.send(payload)
        return True

    def close(self, code: int, reason: str) -> None:
        self.send(f"closed {code} {reason}".encode())
        self._frames = iter(())

    def finish(self) -> None:
        pass

    def part(self) -> None:
        self._inner.close()

    def _framed(self, payload: bytes) -> bytes:
        return payload

    def _farewell(self, code: int, reason: str) -> bytes:
        return f"{code} {reason}".encode()


class _Open(_Ear):
    """A page that hears what any thread says."""

    def send(self, payload: bytes) -> None:
        self.heard.append(payload)


def _rows(database: sqlite3.Connection) -> Rows:
    listed = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    tables = {name for (name,) in listed if _TABLE.fullmatch(name)} - _NOTED
    return {table: _rows_of(database, table) for table in tables}


def _rows_of(database: sqlite3.Connection, table: str) -> set[tuple[object, ...]]:
    columns = [name for _, name, *_ in database.execute(f"PRAGMA table_info({table})")]
    kept = ", ".join(name for name in columns if (table, name) not in _PASSING)
    return set(database.execute(f"SELECT {kept} FROM {table}"))  # noqa: S608 - our own names


def _alike(id_: str) -> str:
    """Make an id of the same make that nothing has."""
    if re.fullmatch(r"[0-9a-f-]{36}", id_):
        return str(uuid.uuid4())
    if re.fullmatch(r"[0-9a-f]+", id_):
        return uuid.uuid4().hex * (len(id_) // 32)
    return new_token()
