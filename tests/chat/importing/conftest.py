"""An importer with a real database, a clock that obeys, and files made by hand."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert

from tests.support.clock import FakeClock
from tests.support.databases import migrated
from webapp.chat.export import Exports, as_json
from webapp.chat.images import Images
from webapp.chat.importing.importer import Importer
from webapp.store import tables, users
from webapp.store.database import Database
from webapp.store.exports import StoredConversation
from webapp.store.ids import new_id
from webapp.store.imports import Import


@dataclass
class Desk:
    """One user's importer, and short ways to use it."""

    database: Database
    clock: FakeClock
    importer: Importer
    images: Images
    user: str
    done: list[str] = field(default_factory=list)

    def look(self, content: object, name: str = "conversations.json") -> Import:
        """Upload a file (bytes, a text, or anything that is written as JSON) and look at it."""
        slot = self.importer.place(self.user)
        if not isinstance(content, bytes):
            text = content if isinstance(content, str) else json.dumps(content)
            content = text.encode()
        slot.path.write_bytes(content)
        self.importer.look(slot, name)
        return self.wait(slot.id, "reading")

    def take_in(self, content: object) -> Import:
        """Upload a file and import all of it."""
        one = self.look(content)
        assert one.state == "ready", one
        self.importer.begin(self.user, one.id)
        return self.wait(one.id, "running")

    def wait(self, import_id: str, state: str) -> Import:
        """Wait until an import is in another state."""
        deadline = time.monotonic() + 30
        while (one := self.importer.find(self.user, import_id)).state == state:
            assert time.monotonic() < deadline, one
            time.sleep(0.001)
        return one

    def newcomer(self) -> Desk:
        """The same desk for another person, who has nothing yet."""
        user = new_id()
        with self.database.writing() as connection:
            connection.execute(
                insert(tables.users).values(
                    id=user, name=user, name_key=user, role="member", created_at=self.clock.now()
                )
            )
        return replace(self, user=user)

    def conversations(self) -> list[StoredConversation]:
        return list(Exports(self.database).all(self.user))

    def only(self) -> StoredConversation:
        (one,) = self.conversations()
        return one

    def exported(self) -> dict[str, Any]:
        shelf = Exports(self.database).shelf(self.user)
        exports = Exports(self.database, self.images.read)
        written = as_json(
            self.conversations(),
            now=self.clock.now(),
            shelf=shelf,
            pictures=exports.images(self.user),
        )
        return json.loads("".join(written))


@contextmanager
def open_desk(folder: Path, *, limit: int = 512, answer_limit: int = 1_000_000) -> Iterator[Desk]:
    """Open a database that lies in a folder, empty the first time, and an importer for it."""
    folder.mkdir(exist_ok=True)
    database, clock = migrated(folder / "chat.db"), FakeClock()
    with database.writing() as connection:
        user = users.ensure_owner(connection, now=clock.now())
    done: list[str] = []
    images = Images(database=database, clock=clock, folder=folder / "images")
    importer = Importer(
        database=database,
        clock=clock,
        images=images,
        folder=folder / "imports",
        limit=limit,
        answer_limit=answer_limit,
        on_done=done.append,
    )
    importer.recover()
    importer.start()
    yield Desk(database, clock, importer, images, user.id, done)
    importer.close(10)
    database.close()


@pytest.fixture(scope="module")
def shared_desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A desk for many people, one after the other."""
    with open_desk(tmp_path_factory.mktemp("shared") / "desk") as desk:
        yield desk


@pytest.fixture
def make_desk(tmp_path: Path) -> Iterator[Callable[..., Desk]]:
    """Open desks by their names."""
    with ExitStack() as stack:

        def make(name: str = "chat", **limits: int) -> Desk:
            return stack.enter_context(open_desk(tmp_path / name, **limits))

        yield make


@pytest.fixture
def desk(make_desk: Callable[..., Desk]) -> Desk:
    return make_desk()
