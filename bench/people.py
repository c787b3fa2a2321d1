"""A team to measure with: as many signed-in users as the answers need."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import closing

from tests.support.server import Address, Browser
from webapp.clock import SystemClock
from webapp.store.database import Database
from webapp.store.users import add, make_link

MODEL = "liaobots/gpt-4"


def team(server: Address, answers: int, pages: int) -> Iterator[Browser]:
    """Sign users in, each good for `pages` answers, with a model and an auth code of their own."""
    for number in range(math.ceil(answers / pages)):
        browser = Browser(server, link=_invite(server, f"User {number}"))
        browser.use(MODEL, f"bench-auth-code-{number}")
        yield browser


def _invite(server: Address, name: str) -> str:
    """Add a user while the server runs, as another process of the product would."""
    now, database = SystemClock().now(), Database(server.data_dir / "liaochat.db")
    with closing(database), database.writing() as connection:
        user = add(connection, name, "member", now=now)
        return f"{server.url}/sign-in/{make_link(connection, user, now=now)}"
