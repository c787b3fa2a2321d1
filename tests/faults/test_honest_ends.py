"""No answer is called complete when it can be known that it is not; what came is kept."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.faults.cuts import BODY, EVENTS, WAYS, WHOLE, WORDS, endings, patience, true_beginning
from tests.providers.conftest import (  # noqa: F401 - fixtures
    make_liaobots,
    make_openai,
    read,
    upstream,
)
from tests.upstream import Upstream
from tests.upstream.server import Call
from webapp.providers.liaobots import Liaobots
from webapp.providers.openai import OpenAI


@pytest.mark.parametrize("way", WAYS)
def test_an_answer_that_is_cut_is_never_complete(
    upstream: Upstream,  # noqa: F811
    make_liaobots: Callable[..., Liaobots],  # noqa: F811
    way: str,
) -> None:
    liaobots = make_liaobots(upstream.url, read_timeout=patience(way))
    few = 12 if way == "silence" else 60
    cuts = [*range(1, len(BODY), len(BODY) // few), len(BODY) - 1]

    ended = list(endings(upstream, liaobots, way, cuts))

    told = {error for _, _, error in ended}
    assert told <= {"broken_off", "silent_too_long"}, told
    assert all(true_beginning(text, cut, whole="reset" not in way) for cut, text, _ in ended), (
        "a text was kept that was not sent"
    )


@pytest.mark.parametrize("way", WAYS)
def test_an_answer_in_events_is_complete_once_its_end_was_told_and_not_before(
    upstream: Upstream,  # noqa: F811
    make_openai: Callable[..., OpenAI],  # noqa: F811
    way: str,
) -> None:
    openai = make_openai(upstream.url, read_timeout=patience(way))
    cuts = range(1, len(EVENTS)) if way == "no last chunk" else [20, 150, WHOLE - 1, WHOLE]

    ended = list(endings(upstream, openai, way, cuts, EVENTS))

    for cut, text, error in ended:
        assert "".join(WORDS).startswith(text)
        if error is None:
            assert cut >= WHOLE, cut
            assert text == "".join(WORDS)
        else:
            assert error in {"broken_off", "silent_too_long"}
            assert cut < WHOLE or "reset" in way  # of which the last part may be lost


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
