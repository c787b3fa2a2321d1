"""Quotas on the page: what waits says so and can be stopped, what is refused stays in the box."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import expect

from tests.browser.person import Person
from tests.support.server import Browser, Server


def test_a_member_sees_what_waits_stops_it_and_keeps_what_is_refused(
    start_server: Callable[..., Server], meet: Callable[..., Person]
) -> None:
    server = start_server()
    with Browser(server) as owner:
        owner.post("/team/quotas/code", auth_code="test-team-1234")
        owner.post("/team/quotas", messages_a_day="3", answers_at_once="1")
    member = meet(server)
    first = member.sign_in(name="Ann")
    first.choose("GPT-4")
    second = member.open()
    expect(second.auth_code).to_have_accessible_name("Auth code (the team’s)")
    first.send("#stall")
    expect(first.words).to_have_text("This is all that")

    second.send("#stall and the second")
    waiting = second.answer.get_by_text("Waiting: 1 of your answers comes first.")
    expect(waiting).to_be_visible()
    second.stop_button.click()
    expect(second.answer.get_by_text("Stopped.")).to_be_visible()
    second.send("#stall once more")
    expect(waiting).to_be_visible()
    first.stop_button.click()

    expect(second.words).to_have_text("This is all that")
    expect(waiting).to_have_count(0)
    second.stop_button.click()
    first.send("#echo the third")
    expect(first.words).to_have_text("#echo the third")
    first.send("#echo one too many")
    expect(first.alert).to_contain_text("Your 3 messages for today are used.")
    expect(first.message).to_have_value("#echo one too many")
    expect(first.page.get_by_text("0 of 3 messages left today").first).to_be_visible()
