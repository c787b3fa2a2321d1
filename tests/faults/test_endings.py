"""How the server ends: by a kill at any moment, or by a signal under load; and how Stop does."""

from __future__ import annotations

import random
import signal
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.faults.kills import MAY_BE_LOST, kill_while_streaming
from tests.support.server import Browser, Server
from tests.upstream import Upstream
from tests.upstream.texts import numbered

StartServer = Callable[..., Server]

_WORDS = numbered(2000)


def test_a_kill_at_any_moment_costs_at_most_a_tenth_of_a_second_of_text(
    start_server: StartServer, liaobots: Upstream
) -> None:
    with Browser(start_server()) as browser:
        browser.use("liaobots/gpt-4", "test-code-4321")
        chance = random.Random(2)  # noqa: S311 - a seed that can be repeated

        losses = [kill_while_streaming(browser, liaobots, chance) for _ in range(2)]

    assert all(loss.own <= MAY_BE_LOST for loss in losses), losses
    assert any(loss.saved for loss in losses)


def test_a_signal_under_load_says_goodbye_to_all_and_keeps_all_text(
    start_server: StartServer,
) -> None:
    server = start_server(max_sockets_per_user="100")
    count = 40
    with Browser(server) as browser:
        browser.use("liaobots/gpt-4", "test-code-4321")
        pages = [browser.open() for _ in range(count)]
        for page in pages:
            page.send("#slow:2000,20")
        for page in pages:
            page.wait("patch", timeout=60)

        server.process.send_signal(signal.SIGTERM)
        with ThreadPoolExecutor(1) as pool:
            ending = pool.submit(_seconds_until_gone, server)
            codes = [page.wait_closed() for page in pages]
            took = ending.result()
        status = server.stop()

        server.start(port=server.url.rpartition(":")[2])
        stored = browser.get("/export.json").json()["conversations"]

    answers = [told["messages"][1] for told in stored]
    shown = {page.conversation: page.text() for page in pages}
    assert codes == [1012] * count
    assert status == 0
    assert took < 3
    assert len(answers) == count
    for told, answer in zip(stored, answers, strict=True):
        assert answer["state"] == "interrupted"
        assert _WORDS.startswith(answer["text"])
        assert answer["text"].strip().startswith(shown[told["id"]])


@pytest.mark.parametrize("scenario", ["#stall", "#slow:500,20", "#silent"])
def test_stop_ends_the_upstreams_connection_at_once_from_any_tab(
    browser: Browser, liaobots: Upstream, scenario: str
) -> None:
    asking = browser.open()
    count = len(liaobots.received)
    asking.send(f"{scenario} now")
    asking.wait("accepted")
    asking.wait("messages")
    other = browser.open(asking.conversation)
    other.wait("messages")
    received = liaobots.wait_for(count + 1)
    if scenario != "#silent":
        other.wait_for_text("0000001" if "slow" in scenario else "This is all that")

    stopped = time.monotonic()
    other.stop()
    asking.wait("ended", state="stopped")

    assert received.disconnected.wait(5)
    assert received.disconnected_at - stopped < 1


def _seconds_until_gone(server: Server) -> float:
    started = time.monotonic()
    server.process.wait(15)
    return time.monotonic() - started
