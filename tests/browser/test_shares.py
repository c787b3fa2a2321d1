"""Sharing as two people see it: one writes, the other one reads along."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.person import Person, Tab
from tests.browser.scripts import Gate, in_two_halves, saying
from tests.support.server import Server
from tests.upstream import Upstream

Meet = Callable[..., Person]

PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def open_server(tmp_path_factory: pytest.TempPathFactory, liaobots: Upstream) -> Iterator[Server]:
    """A server that allows public links."""
    settings = {"liaobots_url": liaobots.url, "public_sharing": "on"}
    with Server(tmp_path_factory.mktemp("open"), settings) as running:
        yield running


@pytest.fixture
def author(meet: Meet, open_server: Server) -> Tab:
    return meet(open_server).sign_in(model="liaobots/gpt-4", auth_code="test-code-4321")


def test_a_stranger_reads_along_until_the_link_is_revoked(
    author: Tab, meet: Meet, open_server: Server, liaobots: Upstream
) -> None:
    gate = Gate()
    author.ask("#echo for everybody")
    address = _share(author, "Anybody with the link")
    reader = meet(open_server).open(address)
    expect(reader.words).to_have_text("#echo for everybody")
    expect(reader.message).to_have_count(0)
    expect(reader.conversations).to_have_count(0)
    _close(author)
    liaobots.enqueue(in_two_halves("The first half, ", gate, "and the second."))

    author.send("and now?")

    expect(reader.words).to_contain_text("The first half,")
    gate.open()
    expect(reader.words).to_have_text("The first half, and the second.")
    reader.expect_end()
    expect(reader.log.get_by_role("button", name="Copy")).to_have_count(2)
    expect(reader.log.get_by_role("button", name="Regenerate")).to_have_count(0)
    _panel(author).get_by_role("button", name="Revoke").click()
    expect(reader.strip).to_contain_text("This is not shared with you any more.")
    expect(reader.strip.get_by_role("button")).to_be_hidden()
    reader.person.expects("404")
    reader.page.reload()
    expect(reader.page.get_by_role("heading")).to_have_text("Nothing is shared here")


def test_a_member_finds_what_is_shared_with_the_team(
    author: Tab, meet: Meet, open_server: Server
) -> None:
    author.ask("#echo for the team alone")
    address = _share(author, "The team")
    other = meet(open_server).sign_in(name="Bob")

    other.page.goto("/conversations")
    other.page.get_by_role("link", name="Shared with the team").click()
    other.page.get_by_role("link", name="#echo for the team alone").first.click()

    expect(other.words).to_have_text("#echo for the team alone")
    stranger = meet(open_server)
    stranger.expects("401")
    seen = stranger.open(address)
    expect(seen.page.get_by_role("heading")).to_have_text("You are signed out")


def test_a_reader_sees_other_versions_and_what_is_deleted(
    author: Tab, meet: Meet, open_server: Server, liaobots: Upstream
) -> None:
    liaobots.enqueue(saying("the first answer"))
    author.ask("tell me")
    reader = meet(open_server).open(_share(author, "Anybody with the link"))
    _close(author)
    liaobots.enqueue(saying("the second answer"))

    author.answer.get_by_role("button", name="Regenerate").click()
    expect(reader.words).to_have_text("the second answer")
    author.expect_end()
    author.answer.get_by_role("button", name="Previous version").click()

    expect(reader.words).to_have_text("the first answer")
    expect(reader.questions).to_have_count(1)
    expect(reader.log.get_by_text("1 / 2")).to_have_count(0)


def test_a_snapshot_stays_as_it_was(author: Tab, meet: Meet, open_server: Server) -> None:
    author.ask("#echo then")
    address = _share(author, "Anybody with the link", "A snapshot")
    _close(author)
    author.ask("#echo now")

    reader = meet(open_server).open(address)

    expect(reader.words).to_have_text("#echo then")
    assert reader.person.sockets == []


def test_copy_takes_the_address_and_says_so(author: Tab, open_server: Server) -> None:
    author.ask("#echo copy me")
    author.person.context.grant_permissions(
        ["clipboard-read", "clipboard-write"], origin=open_server.url
    )
    address = _share(author, "The team")

    _panel(author).get_by_role("button", name="Copy link").click()

    expect(_panel(author).get_by_role("button", name="Copied")).to_be_visible()
    assert author.page.evaluate("navigator.clipboard.readText()") == address


def test_the_panel_goes_by_the_keyboard_alone(author: Tab) -> None:
    author.ask("#echo keys")
    keys = author.page.keyboard
    author.page.locator(".topbar__more").press("Enter")
    author.page.get_by_role("link", name="Share", exact=True).focus()
    keys.press("Enter")
    dialog = author.page.get_by_role("dialog", name="Share this conversation")
    expect(dialog).to_be_visible()

    dialog.get_by_role("button", name="Make a link").focus()
    keys.press("Enter")

    expect(dialog.get_by_role("button", name="Copy link")).to_be_focused()
    keys.press("Escape")
    expect(dialog).to_be_hidden()


def test_a_page_of_before_an_update_does_without_the_scripts_that_are_gone(author: Tab) -> None:
    author.ask("#echo before the update")
    for gone in ("share", "folders"):
        author.page.route(f"**/js/{gone}.js", lambda route: route.fulfill(status=404))
    author.person.expects("404")
    conversation = author.conversation

    with author.page.expect_response("**/js/folders.js"):
        author.person._post("/folders", name="Later")  # noqa: SLF001 - in another tab, as it were
    author.page.locator(".topbar__more").click()
    author.page.get_by_role("link", name="Share", exact=True).click()

    expect(author.page).to_have_url(re.compile(f"/c/{conversation}/share$"))
    expect(author.page.get_by_role("button", name="Make a link")).to_be_visible()


def test_without_a_script_links_are_made_read_and_revoked(
    author: Tab, meet: Meet, open_server: Server
) -> None:
    author.ask("#echo plain")
    cookies = author.person.context.cookies()
    plain = meet(open_server, java_script_enabled=False)
    plain.context.add_cookies(cookies)
    page = plain.open(f"/c/{author.conversation}/share").page

    page.get_by_label("Anybody with the link").check()
    page.get_by_role("button", name="Make a link").click()
    address = page.get_by_label("Link", exact=True).input_value()
    reader = meet(open_server, java_script_enabled=False).open(address)
    expect(reader.words).to_have_text("#echo plain")
    page.get_by_role("button", name="Revoke").click()

    expect(page.get_by_label("Link", exact=True)).to_have_count(0)
    reader.person.expects("404")
    reader.page.reload()
    expect(reader.page.get_by_role("heading")).to_have_text("Nothing is shared here")


def test_where_public_links_are_off_the_panel_says_so(tab: Tab) -> None:
    tab.ask("#echo ours")
    panel = _panel(tab)

    choice = panel.get_by_role("radio", name="Anybody with the link")

    expect(choice).to_be_disabled()
    expect(panel).to_contain_text("public links are off on this server")


def test_nothing_scrolls_sideways_on_a_phone(
    author: Tab, meet: Meet, open_server: Server, liaobots: Upstream
) -> None:
    liaobots.enqueue(saying("W" * 400))
    author.ask("X" * 400)
    author.page.set_viewport_size(PHONE)
    address = _share(author, "Anybody with the link")
    reader = meet(open_server, viewport=PHONE).open(address)
    expect(reader.words).to_be_visible()

    for place in (_panel(author), reader.log, reader.page.locator("html")):
        hidden = place.evaluate("one => one.scrollWidth - one.clientWidth")
        assert hidden == 0


def _panel(tab: Tab) -> Locator:
    dialog = tab.page.get_by_role("dialog", name="Share this conversation")
    if not dialog.is_visible():
        tab.page.locator(".topbar__more").click()
        tab.page.get_by_role("link", name="Share", exact=True).click()
        expect(dialog).to_be_visible()
    return dialog


def _share(tab: Tab, audience: str, kind: str = "Live") -> str:
    """Make a link in the panel, and return its address."""
    panel = _panel(tab)
    panel.get_by_role("radio", name=audience).check()
    panel.get_by_role("radio", name=kind).check()
    panel.get_by_role("button", name="Make a link").click()
    field = panel.get_by_role("textbox", name="Link", exact=True)
    expect(field).to_have_count(1)
    return field.input_value()


def _close(tab: Tab) -> None:
    _panel(tab).get_by_role("button", name="Close").click()
