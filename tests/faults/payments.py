"""One message sent again and again, in the ways that people and networks do that."""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from tests.faults.readers import cut
from tests.support.page import Page
from tests.support.server import Browser

_ENDINGS = ["#echo"] * 8 + ["#cut", "#reset"]
"""What becomes of the answer; after its first byte nothing is tried again."""


@dataclass(frozen=True)
class Message:
    """One message under one client id."""

    client_id: str
    text: str


Way = Callable[["Payer", Message], None]


class Payer:
    """Somebody with two tabs, who sends every message in some other way."""

    def __init__(self, browser: Browser, chance: random.Random) -> None:
        self.browser = browser
        self.chance = chance
        self.pages = [browser.open(), browser.open()]

    def send(self, way: str) -> str:
        """Send one message so; its text, which no other one has."""
        text = f"{self.chance.choice(_ENDINGS)} {uuid.uuid4().hex}"
        message = Message(str(uuid.uuid4()), text)
        for page in self.pages:
            self._catch_up(page)
            page.conversation, page.articles = None, []
        WAYS[way](self, message)
        self.pages[0].wait("accepted", client_id=message.client_id)
        return text

    def anew(self, page: Page) -> None:
        """Give a page another socket, as after a reload."""
        page.socket = self.browser.connect()
        page.conversation, page.articles, page.closed = None, [], None

    def _catch_up(self, page: Page) -> None:
        """Read what waits: who reads nothing is dropped."""
        while page.read(0.001):
            pass
        if page.closed is not None:
            self.anew(page)


def _put(page: Page, message: Message) -> None:
    page.send(message.text, client_id=message.client_id)


def _double_click(payer: Payer, message: Message) -> None:
    for _ in range(payer.chance.randint(2, 4)):
        _put(payer.pages[0], message)


def _everywhere(payer: Payer, message: Message) -> None:
    """From both tabs and by a form, at the same time."""
    form = {"client_id": message.client_id, "conversation": "", "text": message.text}
    with ThreadPoolExecutor(3) as pool:
        ways = [pool.submit(_put, page, message) for page in payer.pages]
        ways.append(pool.submit(payer.browser.post, "/messages", **form))
        for way in ways:
            way.result()


def _lost_connections(payer: Payer, message: Message) -> None:
    page = payer.pages[0]
    for _ in range(payer.chance.randint(1, 3)):
        _put(page, message)
        if payer.chance.random() < 0.5:
            page.read(payer.chance.random() * 0.05)
        cut(page)
        payer.anew(page)
    _put(page, message)


def _timeout(payer: Payer, message: Message) -> None:
    """By a second socket, while the first one is silent and open."""
    page = payer.pages[0]
    _put(page, message)
    silent = page.socket
    payer.anew(page)
    _put(page, message)
    silent.close(timeout=1)


WAYS: dict[str, Way] = {
    "double click": _double_click,
    "two tabs and a form": _everywhere,
    "lost connections": _lost_connections,
    "a timeout": _timeout,
}
