"""What a model thinks: folded above its answer, and read by who unfolds it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.person import Person
from tests.browser.scripts import Gate, thinks
from tests.support.server import Server
from tests.upstream import Upstream, upstream


@pytest.fixture
def official() -> Iterator[Upstream]:
    with upstream(pace=0.002) as running:
        yield running


def test_thoughts_are_folded_come_live_and_are_there_after_a_reload(
    meet: Callable[..., Person], start_server: Callable[..., Server], official: Upstream
) -> None:
    server = start_server(liaobots_door="official", liaobots_url=official.url)
    tab = meet(server).sign_in(model="liaobots/gpt-4", auth_code="test-code-4321")
    gate = Gate()
    official.enqueue(thinks("First <b>this</b>.\n\n", gate, "Then that.", "The answer."))
    tab.send("Why?")
    folded = tab.answer.locator("summary").get_by_text("Thinking", exact=True)
    expect(folded).to_be_visible()
    expect(tab.answer.locator(".message__thinking")).to_be_hidden()
    expect(tab.answer.get_by_text("First <b>this</b>.")).to_be_hidden()

    folded.click()
    expect(tab.answer.get_by_text("First <b>this</b>.")).to_be_visible()
    gate.open()

    expect(tab.answer.get_by_text("Then that.")).to_be_visible()
    tab.expect_end()
    expect(tab.words).to_have_text("The answer.")
    expect(folded).to_be_hidden()
    tab.page.reload()
    place = tab.answer.locator(".thoughts__text")
    expect(place).to_be_hidden()
    tab.answer.locator("summary").click()
    expect(place).to_have_text("First <b>this</b>.\n\nThen that.")
    expect(place).to_be_visible()
