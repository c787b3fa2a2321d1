"""Liaobots by its official door, through the real server."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest

from tests.support.page import Page
from tests.support.server import Browser, Server
from tests.upstream import Upstream, upstream


@pytest.fixture(scope="module")
def official() -> Iterator[Upstream]:
    with upstream(pace=0.002) as running:
        yield running


@pytest.fixture(scope="module")
def person(tmp_path_factory: pytest.TempPathFactory, official: Upstream) -> Iterator[Browser]:
    settings = {"liaobots_door": "official", "liaobots_url": official.url}
    with Server(tmp_path_factory.mktemp("official"), settings) as server, Browser(server) as one:
        one.use("liaobots/gpt-4", "test-0fficial-door")
        yield one


def _asked(person: Browser, text: str) -> Page:
    page = person.open()
    page.send(text)
    page.wait_answered()
    return page


def test_an_answer_comes_by_the_official_door(person: Browser, official: Upstream) -> None:
    page = _asked(person, "#echo good morning")

    assert (page.answer.state, page.text()) == ("complete", "#echo good morning")
    received = official.received[-1]
    assert received.path == "/v1/chat/completions"
    assert received.headers["authorization"] == "Bearer test-0fficial-door"
    assert received.body["model"] == "gpt-4"


def test_thoughts_and_tokens_leave_the_answer_as_it_is(person: Browser) -> None:
    page = _asked(person, "#think")

    assert page.answer.state == "complete"
    assert "Somebody asks" not in page.text()


def test_an_answer_that_ran_out_of_tokens_can_be_continued(
    person: Browser, official: Upstream
) -> None:
    page = _asked(person, "#finish:length")
    footer = page.answer.footer or page.answer.html
    assert page.answer.state == "interrupted"
    assert "The answer took all the tokens that it may have" in footer
    official.enqueue(lambda call: (call.start(), call.say(" And on."), call.over()))

    page.put(type="continue", client_id=str(uuid.uuid4()), message=page.answer.id)
    page.wait("ended", state="complete")

    assert page.text() == "As far as it goes. And on."


def test_a_refused_code_is_told(person: Browser) -> None:
    page = _asked(person, "#unauthorised")

    assert page.answer.state == "failed"
    assert "The auth code was refused." in (page.answer.footer or page.answer.html)
