"""Drafts, limits and instructions, as who writes meets them."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Route, expect

from tests.browser.person import Person, Tab
from tests.support.server import Server
from tests.upstream import Upstream

Meet = Callable[..., Person]

_MODELS = """
[[models]]
id = "small"
name = "Small"
maxLength = 2000
tokenLimit = 1400
[[models]]
id = "large"
name = "Large"
tokenLimit = 100000
"""
_LONG = "word " * 180


@pytest.fixture
def small(start_server: Callable[..., Server], tmp_path: Path, meet: Meet) -> Tab:
    """A page on a server whose model has room for 400 tokens beside its answer."""
    file = tmp_path / "models.toml"
    file.write_text(_MODELS, "utf-8")
    person = meet(start_server(models_file=str(file)))
    return person.sign_in(model="liaobots/small", auth_code="test-code-4321")


def _drawn(tab: Tab) -> str:
    """What a page that is opened now has in its box."""
    tab.page.goto(tab.person.server.url)
    return tab.message.input_value()


def test_a_draft_comes_back_in_another_tab(tab: Tab) -> None:
    tab.message.fill("half a thought")
    other = Tab(tab.person)

    tab.until(lambda: _drawn(other) == "half a thought")

    expect(other.message).to_have_value("half a thought")


def test_a_draft_is_kept_when_the_page_is_left_at_once(tab: Tab) -> None:
    other = Tab(tab.person)
    tab.message.fill("half")
    tab.until(lambda: _drawn(other) == "half")
    tab.message.fill("half a thought")

    tab.page.goto("about:blank")

    tab.until(lambda: _drawn(other) == "half a thought")


def test_a_draft_that_is_kept_while_the_page_comes_anew_is_in_it(tab: Tab) -> None:
    drawn: list[str] = []

    def hold(route: Route) -> None:
        answer = route.fetch()
        drawn.append(answer.text())
        time.sleep(1)  # the old page is still there, and has its words kept now
        route.fulfill(response=answer)

    # Chromium lets a page that was held open no socket: it cannot tell where that came from.
    tab.person.expects("ERR_BLOCKED_BY_LOCAL_NETWORK_ACCESS_CHECKS")
    tab.page.route(tab.page.url, hold)
    tab.message.fill("just written")
    tab.page.reload()

    assert "just written" not in drawn[0]
    expect(tab.message).to_have_value("just written")


def test_what_was_sent_leaves_the_boxes_of_other_tabs_that_hold_the_same(tab: Tab) -> None:
    other = Tab(tab.person)
    tab.message.fill("#echo once")
    tab.until(lambda: _drawn(other) == "#echo once")
    different = tab.person.open()
    different.message.fill("something else")

    tab.message.press("Enter")

    expect(other.message).to_have_value("")
    tab.expect_end()
    expect(different.message).to_have_value("something else")
    tab.page.reload()
    expect(tab.message).to_have_value("")


def test_what_another_tab_writes_outlives_a_message_from_this_one(tab: Tab) -> None:
    other, new = tab.person.open(), Tab(tab.person)
    tab.message.fill("#echo one")
    tab.until(lambda: _drawn(new) == "#echo one")
    other.message.fill("another thought")
    tab.until(lambda: _drawn(new) == "another thought")

    tab.message.press("Enter")
    tab.expect_end()
    tab.ask("#echo two")

    assert _drawn(new) == "another thought"


def test_a_draft_that_no_frame_can_carry_is_said_to_be_too_large(tab: Tab) -> None:
    tab.message.fill("\x01" * 340_000)  # each travels as six characters

    gauge = tab.page.locator(".gauge")
    expect(gauge).to_have_text("This message is too large to send. Shorten it.")
    tab.message.fill("shorter")
    expect(gauge).to_be_hidden()


def test_a_tab_keeps_what_was_written_in_it_whatever_another_one_keeps(tab: Tab) -> None:
    tab.message.fill("mine")
    other = Tab(tab.person)
    tab.until(lambda: _drawn(other) == "mine")
    other.message.fill("and mine")
    third = Tab(tab.person)
    tab.until(lambda: _drawn(third) == "and mine")

    tab.page.reload()

    expect(tab.message).to_have_value("mine")


def test_messages_that_stay_behind_are_named_and_marked_before_sending(
    small: Tab, liaobots: Upstream
) -> None:
    gauge = small.page.locator(".gauge")
    marked = small.log.locator(".message--unsent")
    small.ask(f"#echo one {_LONG}")
    expect(gauge).to_contain_text("tokens with the answer")
    small.ask(f"#echo two {_LONG}")

    small.message.fill("Three?")

    expect(marked).to_have_count(3)
    expect(gauge).to_contain_text("The oldest 3 messages will not be sent.")
    line = small.log.get_by_text("The messages above will not be sent.")
    expect(line).to_be_visible()
    small.page.reload()
    expect(marked).to_have_count(3)
    expect(line).to_be_visible()
    small.message.press("Enter")
    expect(small.answers).to_have_count(3)
    small.expect_end()
    assert len(liaobots.received[-1].body["messages"]) == 2


def test_a_larger_model_leaves_nothing_behind(small: Tab) -> None:
    small.ask(f"#echo one {_LONG}")
    small.ask(f"#echo two {_LONG}")
    expect(small.log.locator(".message--unsent").first).to_be_visible()

    small.choose("Large")

    expect(small.log.locator(".message--unsent")).to_have_count(0)
    expect(small.log.locator(".limit")).to_have_count(0)
    expect(small.page.locator(".gauge")).to_be_hidden()


def test_what_cannot_be_sent_is_said_before_it_is_tried(small: Tab) -> None:
    small.message.fill("a b c d " * 200)

    expect(small.page.locator(".gauge")).to_contain_text(
        "This message and the instructions take more than the 400 tokens that Small has "
        "beside its answer. Shorten it, or choose another model."
    )
    expect(small.message).to_have_accessible_description(re.compile("400 tokens"))


def test_a_new_chat_is_given_instructions_which_another_tab_hears_of(
    tab: Tab, liaobots: Upstream
) -> None:
    tab.page.get_by_role("button", name="Instructions").click()
    field = tab.page.get_by_role("textbox", name="Instructions")
    expect(field).to_have_attribute("placeholder", re.compile("You are ChatGPT"))
    field.fill("Answer in rhyme.")
    tab.page.get_by_role("button", name="Close").click()
    expect(tab.page.get_by_role("button", name="Instructions: own")).to_be_visible()

    tab.ask("#echo one")

    assert liaobots.received[-1].body["prompt"] == "Answer in rhyme."
    other = tab.person.open(tab.page.url)
    tab.page.get_by_role("button", name="Instructions: own").click()
    field.fill("")
    tab.page.get_by_role("button", name="Save").last.click()
    expect(other.page.get_by_role("button", name="Instructions", exact=True)).to_be_visible()
    tab.ask("#echo two")
    assert liaobots.received[-1].body["prompt"].startswith("You are ChatGPT")


def test_a_refusal_goes_away_once_its_reason_is_mended(meet: Meet) -> None:
    tab = meet().sign_in()
    tab.choose("GPT-4")
    tab.send("#echo hello")
    expect(tab.alert).to_contain_text("needs a Liaobots auth code")

    tab.enter("test-code-4321")

    expect(tab.alert).to_be_empty()
    expect(tab.message).to_be_focused()
    tab.page.keyboard.press("Enter")
    expect(tab.words).to_have_text("#echo hello")
