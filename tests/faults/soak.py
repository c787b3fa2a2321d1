"""A long run: a nemesis mixes faults for a chosen time, and an oracle compares three texts.

    python -m tests.faults.soak --seconds 600 [--seed 7]

People ask and read while their sockets are cut, the server is killed or told to stop, its
database is locked, and answers are stopped or sent twice. After each spell everything is
left to settle; then what the upstream sent, what is stored and what a page shows must
agree, and each message must have been paid once. The seed that is printed repeats a run's
choices, though not its timing.
"""

from __future__ import annotations

import argparse
import contextlib
import random
import sqlite3
import sys
import tempfile
import time
import uuid
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults.readers import come_back, cut
from tests.support.page import Page
from tests.support.server import Browser, Server
from tests.upstream import Upstream, upstream
from tests.upstream.texts import numbered

_PEOPLE = 6
_SPELL = 12.0
_SETTLE = 60.0


@dataclass
class Person:
    """Somebody with one page, who asks one question a spell."""

    page: Page
    mark: str = ""
    client_id: str = ""
    asked: str = ""
    words: int = 0


@dataclass
class Nemesis:
    """What is done to whom, by chance."""

    server: Server
    browser: Browser
    people: list[Person]
    chance: random.Random
    done: Counter[str] = field(default_factory=Counter)

    def strike(self) -> None:
        faults = {
            self.cut_sockets: 10,
            self.send_again: 3,
            self.stop_one: 1,
            self.lock_the_database: 1,
            self.kill: 1,
            self.restart: 1,
        }
        (fault,) = self.chance.choices(list(faults), list(faults.values()))
        self.done[fault.__name__.replace("_", " ")] += 1
        fault()

    def cut_sockets(self) -> None:
        for person in self.chance.sample(self.people, self.chance.randint(1, _PEOPLE)):
            cut(person.page)
            come_back(self.browser, person.page)

    def send_again(self) -> None:
        ask(self.chance.choice(self.people))

    def stop_one(self) -> None:
        person = self.chance.choice(self.people)
        if person.page.articles and person.page.answer.state == "running":
            person.page.stop()

    def lock_the_database(self) -> None:
        file = self.server.data_dir / "liaochat.db"
        with (
            contextlib.closing(sqlite3.connect(file, isolation_level=None)) as other,
            contextlib.suppress(sqlite3.OperationalError),
        ):
            other.execute("BEGIN IMMEDIATE")
            read_all(self.people, self.chance.uniform(0.1, 2))
            other.execute("ROLLBACK")

    def kill(self) -> None:
        self.server.kill()
        self._come_up()

    def restart(self) -> None:
        assert self.server.stop() == 0
        self._come_up()

    def _come_up(self) -> None:
        self.server.start(port=self.server.url.rpartition(":")[2])
        for person in self.people:
            come_back(self.browser, person.page)


def ask(person: Person) -> None:
    """Send the person's message, the first time or again, by the same id."""
    page = person.page
    fresh = {"conversation": None, "parent": None}
    with contextlib.suppress(OSError):
        page.put(type="send", client_id=person.client_id, text=person.asked, **fresh)


def read_all(people: list[Person], seconds: float) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        for person in people:
            person.page.read(0.01)


def spell(nemesis: Nemesis, seconds: float) -> None:
    """Have everybody ask, and faults come, for so long."""
    for person in nemesis.people:
        person.words = nemesis.chance.randint(50, 600)
        person.mark, person.client_id = uuid.uuid4().hex, str(uuid.uuid4())
        person.asked = f"#slow:{person.words},{nemesis.chance.randint(2, 15)} {person.mark}"
        person.page.close()  # what was on its way to it belongs to the spell before
        person.page = nemesis.browser.open()
        ask(person)
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        read_all(nemesis.people, nemesis.chance.uniform(0.05, 0.6))
        nemesis.strike()


def settle(nemesis: Nemesis) -> None:
    """Wait until nothing is being answered; who never heard of their message sends it again."""
    until = time.monotonic() + _SETTLE
    for person in nemesis.people:
        page = person.page
        while page.conversation is None or not page.articles or page.answer.state == "running":
            assert time.monotonic() < until, f"{person.asked} never ended: {page.text()[-80:]!r}"
            if page.closed is not None:
                come_back(nemesis.browser, page)
            if page.conversation is None:
                ask(person)
            page.read(0.5)
            if page.conversation is not None and not page.articles:
                page.watch()


def judge(nemesis: Nemesis, liaobots: Upstream) -> None:
    """Compare what was sent, what is stored, and what is shown."""
    calls = Counter(received.last_message for received in liaobots.received)
    for person in nemesis.people:
        path = f"/c/{person.page.conversation}"
        (told,) = nemesis.browser.get(f"{path}/export.json").json()["conversations"]
        question, answer = told["messages"]
        sent, stored = numbered(person.words).strip(), answer["text"].strip()
        shown = nemesis.browser.open(person.page.conversation)
        shown.wait("messages")

        assert question["text"] == person.asked
        assert calls[person.asked] == 1, f"{calls[person.asked]} calls for {person.asked}"
        assert sent.startswith(stored), f"stored is not what was sent: {stored[-80:]!r}"
        assert (answer["state"] == "complete") == (stored == sent), answer["state"]
        assert stored in person.page.text(), "the page shows something else"
        assert stored in shown.text(), "a new page shows something else"
        shown.close()
    file = nemesis.server.data_dir / "liaochat.db"
    with contextlib.closing(sqlite3.connect(file)) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1_000_000))
    chosen = parser.parse_args()
    print(f"seed {chosen.seed}", flush=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        upstream() as liaobots,
        Server(Path(folder), {"liaobots_url": liaobots.url}) as server,
        Browser(server) as browser,
    ):
        browser.use("liaobots/gpt-4", "test-code-4321")
        people = [Person(browser.open()) for _ in range(_PEOPLE)]
        chance = random.Random(chosen.seed)  # noqa: S311 - a seed that can be repeated
        nemesis = Nemesis(server, browser, people, chance)
        until, spells = time.monotonic() + chosen.seconds, 0
        while time.monotonic() < until:
            spell(nemesis, _SPELL)
            settle(nemesis)
            judge(nemesis, liaobots)
            spells += 1
            print(f"spell {spells}: all agree; {dict(nemesis.done)}", flush=True)
    print(f"{spells} spells, {spells * _PEOPLE} messages, {nemesis.done.total()} faults: all agree")


if __name__ == "__main__":
    sys.exit(main())
