"""One message, one call of the upstream: whoever sends it, however often, by whatever way."""

from __future__ import annotations

import random
import uuid
from concurrent.futures import ThreadPoolExecutor

from tests.faults.readers import come_back, cut
from tests.support.server import Browser, Server
from tests.upstream import Upstream

_EVERY_WAY = 4


def test_a_message_that_is_sent_in_every_way_at_once_is_paid_once(
    server: Server, browser: Browser, liaobots: Upstream
) -> None:
    pages = [browser.open() for _ in range(_EVERY_WAY - 1)]
    marks = [uuid.uuid4().hex for _ in range(25)]

    with ThreadPoolExecutor(_EVERY_WAY) as pool:
        for mark in marks:
            client_id, text = str(uuid.uuid4()), f"#echo {mark}"
            for page in pages:
                page.conversation, page.articles = None, []
            ways = [pool.submit(page.send, text, client_id=client_id) for page in pages]
            ways.append(
                pool.submit(
                    browser.post, "/messages", client_id=client_id, conversation="", text=text
                )
            )
            for way in ways:
                way.result()
            for page in pages:
                page.wait("accepted", client_id=client_id)

    asked = [received.last_message for received in liaobots.received]
    assert [asked.count(f"#echo {mark}") for mark in marks] == [1] * len(marks)
    assert server.process.poll() is None


def test_a_message_that_is_sent_again_after_each_lost_connection_is_paid_once(
    browser: Browser, liaobots: Upstream
) -> None:
    chance = random.Random(7)  # noqa: S311 - a seed that can be repeated
    page = browser.open()
    marks = [uuid.uuid4().hex for _ in range(15)]

    for mark in marks:
        client_id, text = str(uuid.uuid4()), f"#echo {mark}"
        page.conversation, page.articles = None, []
        for _ in range(chance.randrange(4)):
            page.send(text, client_id=client_id)
            if chance.random() < 0.5:
                page.read(chance.random() * 0.05)
            cut(page)
            page.socket = browser.connect()
            page.conversation, page.articles, page.closed = None, [], None
        page.send(text, client_id=client_id)
        page.wait("accepted", client_id=client_id)
        come_back(browser, page)
        page.wait("messages")

    asked = [received.last_message for received in liaobots.received]
    assert [asked.count(f"#echo {mark}") for mark in marks] == [1] * len(marks)
