"""One message, one call of the upstream: whoever sends it, however often, by whatever way."""

from __future__ import annotations

import random

import pytest

from tests.faults.payments import WAYS, Payer
from tests.support.server import Browser, Server
from tests.upstream import Upstream


@pytest.mark.parametrize("way", WAYS)
def test_a_message_is_paid_once_however_it_is_sent_again(
    server: Server, browser: Browser, liaobots: Upstream, way: str
) -> None:
    payer = Payer(browser, random.Random(7))  # noqa: S311 - a seed that can be repeated

    texts = [payer.send(way) for _ in range(12)]

    assert liaobots.calls_of(texts) == [1] * len(texts)
    assert server.process.poll() is None
