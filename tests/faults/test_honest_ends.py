"""No answer is called complete when it can be known that it is not; what came is kept."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.faults.cuts import BODY, IDLE, WAYS, endings, true_beginning
from tests.providers.conftest import make_liaobots, read, upstream  # noqa: F401 - fixtures
from tests.upstream import Upstream
from tests.upstream.server import Call
from webapp.providers.liaobots import Liaobots


@pytest.mark.parametrize("way", WAYS)
def test_an_answer_that_is_cut_is_never_complete(
    upstream: Upstream,  # noqa: F811
    make_liaobots: Callable[..., Liaobots],  # noqa: F811
    way: str,
) -> None:
    liaobots = make_liaobots(upstream.url, read_timeout=IDLE)
    few = 12 if way == "silence" else 60
    cuts = [*range(1, len(BODY), len(BODY) // few), len(BODY) - 1]

    ended = list(endings(upstream, liaobots, way, cuts))

    told = {error for _, _, error in ended}
    assert told <= {"broken_off", "silent_too_long"}, told
    assert all(true_beginning(text, cut, whole="reset" not in way) for cut, text, _ in ended), (
        "a text was kept that was not sent"
    )


def test_a_body_that_may_end_by_closing_is_complete(
    upstream: Upstream,  # noqa: F811
    make_liaobots: Callable[..., Liaobots],  # noqa: F811
) -> None:
    def close(call: Call) -> None:
        call.start(framing="close")
        call.piece(BODY)

    upstream.enqueue(close)
    ended = read(make_liaobots(upstream.url), "Hello")

    assert ended.error is None
    assert ended.text == BODY.decode()
