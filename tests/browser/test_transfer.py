"""Import and export as people do it: with a bar, a preview, and a page that prints."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.person import Person, Tab
from tests.chat.importing.test_chatgpt import plain
from tests.support.server import Server

LONG = "\n".join(f"line_{number} = compute('{'x' * 120}')  # {number}" for number in range(120))
CONVERSATION = {
    "id": "printed",
    "title": "How a page prints",
    "head": "a",
    "messages": [
        {"id": "q", "parent": None, "role": "user", "text": "سؤال: how does it print?"},
        {
            "id": "a",
            "parent": "q",
            "role": "assistant",
            "model": "liaobots/gpt-4",
            "text": f"# Well\n\n$$\\int_0^1 x^2\\,dx$$\n\n```python\n{LONG}\n```\n\nThe end.",
        },
    ],
}


@pytest.fixture
def tab(meet: Callable[..., Person], server: Server) -> Tab:
    """A page of somebody who has nothing yet."""
    tab = Tab(meet())
    tab.page.goto(server.link_of_a_newcomer())
    expect(tab.message).to_be_visible()
    return tab


def choose(tab: Tab, content: object, name: str = "conversations.json") -> None:
    tab.page.goto("/import")
    tab.page.get_by_label("File", exact=True).set_input_files(
        {"name": name, "mimeType": "application/json", "buffer": json.dumps(content).encode()}
    )
    tab.page.get_by_role("button", name="Look at it").click()


def test_a_file_is_previewed_imported_and_found_in_the_list(tab: Tab) -> None:
    choose(tab, [plain(), {"title": "No talk"}])

    expect(tab.page.get_by_role("heading", name="This will be imported")).to_be_visible()
    expect(tab.page.get_by_role("status")).to_have_text("1 conversation, 4 messages")
    expect(tab.page.get_by_text("is not a conversation")).to_be_visible()
    tab.page.get_by_role("button", name="Import").click()
    expect(tab.page.get_by_role("heading", name="Imported", exact=True)).to_be_visible()
    tab.page.get_by_role("link", name="To the conversations").click()
    tab.conversations.get_by_role("link", name="Capitals").click()

    expect(tab.answers).to_have_text([re.compile("Paris"), re.compile("Madrid")])


def test_a_large_import_shows_how_far_it_is_and_can_be_cancelled(tab: Tab) -> None:
    many = [{**plain(), "conversation_id": f"c{at}"} for at in range(900)]
    choose(tab, many)

    tab.page.get_by_role("button", name="Import").click()
    expect(tab.page.get_by_role("progressbar", name="Progress")).to_be_visible()
    tab.page.get_by_role("button", name="Cancel").click()

    expect(tab.page.get_by_role("heading", name="Cancelled")).to_be_visible()
    tab.page.goto("/")
    expect(tab.conversations.get_by_role("link", name="Capitals")).to_have_count(0)


def test_a_file_that_is_too_large_is_refused_before_it_is_sent(tab: Tab) -> None:
    tab.page.goto("/import")
    large = {"name": "a.json", "mimeType": "application/json", "buffer": b" " * 2_100_000}
    tab.page.get_by_label("File", exact=True).set_input_files(large)

    tab.page.get_by_role("button", name="Look at it").click()

    expect(tab.page.get_by_role("alert")).to_contain_text("larger than 2 MB")
    assert not [one for one in tab.person.requests if one.method == "POST" and "import" in one.url]


def test_a_file_that_the_server_refuses_says_why_at_its_field(tab: Tab) -> None:
    tab.person.expects("422")
    tab.page.goto("/import")
    nothing = {"name": "a.json", "mimeType": "application/json", "buffer": b""}
    tab.page.get_by_label("File", exact=True).set_input_files(nothing)

    tab.page.get_by_role("button", name="Look at it").click()

    expect(tab.page.get_by_role("alert")).to_contain_text("There is no file, or nothing in it.")
    expect(tab.page.get_by_role("button", name="Look at it")).to_be_enabled()


def test_the_exported_page_opens_from_a_disk_and_prints_whole(
    tab: Tab, chromium: Browser, tmp_path: Path
) -> None:
    choose(tab, {"format": "liaochat", "version": 2, "conversations": [CONVERSATION]})
    tab.page.get_by_role("button", name="Import").click()
    tab.page.get_by_role("link", name="To the conversations").click()
    tab.conversations.get_by_role("link", name="How a page prints").click()
    tab.page.get_by_role("button", name="More", exact=True).first.click()
    with tab.page.expect_download() as download:
        tab.page.get_by_role("link", name="Export as web page").click()
    file = tmp_path / download.value.suggested_filename
    download.value.save_as(file)

    with chromium.new_context(offline=True, color_scheme="dark") as context:
        page = context.new_page()
        faults: list[str] = []
        page.on("console", lambda said: faults.append(said.text))
        page.goto(file.as_uri())
        title = page.get_by_role("heading", level=1)
        expect(title).to_have_text("How a page prints")
        page.emulate_media(media="print")
        cut = _cut_off(page)
        paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
        pdf = page.pdf(format="A4")

    assert file.name == "How a page prints.html"
    assert faults == []
    assert cut == []
    assert paper.startswith("oklch(0.99 ")
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) >= 3


def _cut_off(page: Page) -> list[str]:
    """Elements of a printed page whose contents are wider than they are, and not shown."""
    found: list[str] = page.evaluate(
        """() => [...document.querySelectorAll("body *")]
          .filter((one) => one.scrollWidth > one.clientWidth + 1 && one.clientWidth > 0)
          .filter((one) => getComputedStyle(one).overflowX !== "visible")
          .map((one) => one.outerHTML.slice(0, 80))"""
    )
    return found
