"""What is counted as used is what was stored and paid, whatever ends the server."""

from __future__ import annotations

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from tests.support.server import Browser, Server
from webapp.store import usage
from webapp.store.database import Database
from webapp.store.usage import Amount


def test_after_a_kill_what_is_counted_is_what_is_stored(
    start_server: Callable[..., Server],
) -> None:
    chance = random.Random(3)  # noqa: S311 - a seed that can be repeated
    server = start_server(max_sockets_per_user="100")
    with Browser(server) as browser:
        browser.use("liaobots/gpt-4", "test-code-4321")
        pages = [browser.open() for _ in range(6)]
        with ThreadPoolExecutor(len(pages)) as pool:
            for page in pages:
                page.send(f"#slow:{chance.randrange(5, 200)},5")
            list(pool.map(lambda page: page.wait("patch", timeout=60), pages))
            pages[0].stop()
            pages[0].wait("ended", state="stopped")

        server.kill()
        server.start(port=server.url.rpartition(":")[2])
        stored = browser.get("/export.json").json()["conversations"]

    messages = [message for told in stored for message in told["messages"]]
    answered = sum(len(one["text"]) for one in messages if one["role"] == "assistant")
    asked = [one for one in messages if one["role"] == "user"]
    total = _used(server)
    assert len(asked) == len(pages)
    assert total.messages == len(pages)
    assert total.answered_characters == answered > 0
    assert total.sent_characters > sum(len(one["text"]) for one in asked)


def test_a_kill_counts_what_had_left_and_nothing_that_still_waited(
    start_server: Callable[..., Server],
) -> None:
    server = start_server()
    with Browser(server) as browser:
        browser.post("/team/quotas/code", auth_code="test-team-1234")
        browser.post("/team/quotas", answers_at_once="1")
        browser.use("liaobots/gpt-4")
        pages = [browser.open() for _ in range(4)]
        for page in pages:
            page.send("#stall")
            page.wait("messages")
        pages[0].wait_for_text("This is all")
        pages[0].stop()  # the next one has waited, and leaves
        pages[1].wait_for_text("This is all")

        server.kill()
        server.start(port=server.url.rpartition(":")[2])
        stored = browser.get("/export.json").json()["conversations"]

    answers = {
        told["id"]: answer
        for told in stored
        for answer in told["messages"]
        if answer["role"] == "assistant"
    }
    waited = [answers[page.conversation] for page in pages[2:]]
    text = sum(len(answer["text"]) for answer in answers.values())
    total = _used(server)
    assert [(one["state"], one["text"]) for one in waited] == [("interrupted", "")] * 2
    assert total.messages == 2
    assert total.answered_characters == text > 0


def _used(server: Server) -> Amount:
    database = Database(server.data_dir / "liaochat.db")
    try:
        with database.reading() as connection:
            rows = usage.listed(connection, first_day=0, last_day=10**6)
    finally:
        database.close()
    return sum((amount for _, amount in rows), Amount())
