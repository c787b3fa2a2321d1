"""How the server ends: by a kill at any moment, or by a signal under load; and how Stop does."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from tests.faults.crowd import crowd
from tests.faults.crowded import leave
from tests.faults.kills import MAY_BE_LOST, kill_while_streaming
from tests.faults.stops import SCENARIOS, Stopper
from tests.support.server import Browser, Server
from tests.support.timing import in_time
from tests.upstream import Upstream

StartServer = Callable[..., Server]


def test_a_kill_at_any_moment_costs_at_most_a_tenth_of_a_second_of_text(
    start_server: StartServer, liaobots: Upstream
) -> None:
    with Browser(start_server()) as browser:
        browser.use("liaobots/gpt-4", "test-code-4321")
        chance = random.Random(2)  # noqa: S311 - a seed that can be repeated

        losses = [kill_while_streaming(browser, liaobots, chance) for _ in range(2)]

    assert all(loss.own <= MAY_BE_LOST for loss in losses), losses
    assert any(loss.saved for loss in losses)


def test_a_signal_under_load_says_goodbye_to_all_and_keeps_all_text() -> None:
    count = 30  # of a hundred `counted --goodbye` tells how long it takes
    with crowd(count, rate=5, seconds=300) as on:
        left = leave(on, count)

    assert left.codes == {1012}
    assert left.status == 0
    in_time(left.gone, 3)
    in_time(min(left.told), 1)


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_stop_ends_the_upstreams_connection_at_once_from_any_tab(
    browser: Browser, liaobots: Upstream, scenario: str
) -> None:
    stopper = Stopper(browser, liaobots)

    took = {way: stopper.stop(scenario, way) for way in stopper.ways}

    # The best of four: what a busy machine adds to one of them is none of the server's doing.
    assert min(took.values()) < 0.2, took
    assert max(took.values()) < 2, took
