"""The visible queue: a page says how many of one's answers come first, and for how long."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.support.server import Browser, Server
from tests.upstream import Upstream, upstream


@pytest.fixture(scope="module")
def counted() -> Iterator[Upstream]:
    """A Liaobots whose calls are counted."""
    with upstream(pace=0.002) as running:
        yield running


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, counted: Upstream) -> Iterator[Server]:
    settings = {"liaobots_url": counted.url}
    with (
        Server(tmp_path_factory.mktemp("waiting"), settings) as running,
        Browser(running) as owner,
    ):
        owner.post("/team/quotas/code", auth_code="test-team-1234")
        owner.post("/team/quotas", answers_at_once="1")
        yield running


@pytest.fixture
def member(server: Server) -> Iterator[Browser]:
    with Browser(server, link=server.link_of_a_newcomer()) as signed_in:
        signed_in.use("liaobots/gpt-4")
        yield signed_in


def test_an_answer_waits_in_sight_and_begins_by_itself(member: Browser, counted: Upstream) -> None:
    before = len(counted.received)
    pages = [member.open() for _ in range(3)]
    for page in pages:
        page.send("#stall")
        page.wait("messages")
    first, second, third = pages

    loaded = member.get(f"/c/{third.conversation}").text
    joined = member.open(third.conversation)
    joined.wait("messages")
    calls = len(counted.received) - before
    first.stop()
    moved = third.wait("waiting")
    while "1 of your answers comes first" not in moved["footer"]:
        moved = third.wait("waiting")
    second.wait_for_text("This is all")

    assert "Waiting: 1 of your answers comes first." in second.articles[-1].html
    assert "Waiting: 2 of your answers come first." in third.articles[-1].html
    assert "Waiting: 2 of your answers come first." in loaded
    assert "Waiting: 2 of your answers come first." in joined.articles[-1].html
    assert calls <= 1
    counted.wait_for(before + 2)
    second.stop()
    # Its text comes from another thread, and may come before.
    while "Thinking" not in third.wait("waiting")["footer"]:
        pass
    third.wait_for_text("This is all")
    third.stop()
    third.wait("ended", state="stopped")


def test_stop_takes_an_answer_out_and_nothing_is_asked(member: Browser, counted: Upstream) -> None:
    first, second = member.open(), member.open()
    first.send("#stall")
    first.wait_for_text("This is all")
    second.send("#echo never asked")
    second.wait("messages")

    second.stop()
    ended = second.wait("ended")
    first.stop()
    first.wait("ended")

    assert ended["state"] == "stopped"
    assert "#echo never asked" not in [one.last_message for one in counted.received]


def test_who_reads_by_a_link_is_not_told_of_the_queue(member: Browser, server: Server) -> None:
    first, second = member.open(), member.open()
    first.send("#stall")
    first.wait_for_text("This is all")
    second.send("#stall")
    second.wait("messages")
    place = f"/c/{second.conversation}/share"
    made = member.post(place, audience="team", kind="live", days="7").text
    path = re.findall(r'value="[^"]*(/shared/[^"]*)"', made)[-1]
    with Browser(server, link=server.link_of_a_newcomer()) as reader:
        page = reader.get(path).text

    first.stop()
    second.wait_for_text("This is all")
    second.stop()
    second.wait("ended")
    assert "#stall" in page
    assert "Thinking" in page
    assert "Waiting" not in page


def test_what_waited_is_paid_with_the_code_of_the_moment_when_it_begins(
    member: Browser, server: Server, counted: Upstream
) -> None:
    first, second = member.open(), member.open()
    first.send("#stall")
    first.wait_for_text("This is all")
    second.send("#echo with the new code")
    second.wait("messages")
    with Browser(server) as owner:
        owner.post("/team/quotas/code", auth_code="test-team-5678")

    first.stop()
    second.wait("ended", state="complete")

    calls = {one.last_message: one.auth_code for one in counted.received}
    assert calls["#echo with the new code"] == "test-team-5678"


def test_of_who_is_disabled_what_waits_is_never_asked_and_what_runs_is_stopped(
    member: Browser, server: Server, counted: Upstream
) -> None:
    first, second = member.open(), member.open()
    first.send("#stall of somebody disabled")
    first.wait_for_text("This is all")
    second.send("#echo by somebody disabled")
    second.wait("messages")
    running = next(one for one in counted.received if "of somebody" in one.last_message)
    with Browser(server) as owner:
        there = re.findall(r'id="member-(\w+)"', owner.get("/team").text)[-1]

        owner.post(f"/team/members/{there}/disable")
        assert running.disconnected.wait(10)
        owner.post(f"/team/members/{there}/enable")

    answers = [member.open(page.conversation) for page in (first, second)]
    for page in answers:
        page.wait("messages")
    assert [page.answer.state for page in answers] == ["stopped", "stopped"]
    assert "This is all" in answers[0].text()
    assert "#echo by somebody disabled" not in [one.last_message for one in counted.received]
