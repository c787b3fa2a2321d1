"""The owner's pages as the owner uses them: by the keyboard, with names, and on a phone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.person import Person
from tests.support.server import Browser, Server

PHONE = {"width": 390, "height": 844}
PAGES = ("Members", "Usage", "Quotas", "Settings", "Audit log")


@pytest.fixture(scope="module")
def team(fresh_server: Server) -> Server:
    """A server of our own, with a member of a long name."""
    name = "Bartholomaeus-von-und-zu-Hohenlohe-Langenburg-Schillingsfuerst-in-one-word"
    for member in (name, "Ann"):
        Browser(fresh_server, link=fresh_server.fresh_link(member)).close()
    return fresh_server


def test_the_owner_finds_the_team_and_acts_by_the_keyboard(
    meet: Callable[..., Person], team: Server
) -> None:
    page = meet(team, permissions=["clipboard-read", "clipboard-write"]).sign_in().page
    page.goto("/account")
    page.get_by_role("link", name="Team", exact=True).press("Enter")
    ann = page.get_by_role("listitem").filter(has_text="Ann")

    ann.get_by_role("button", name="Disable").press("Enter")
    expect(ann).to_contain_text("disabled")
    ann.get_by_role("button", name="Enable").press("Enter")
    expect(ann.get_by_role("button", name="Disable")).to_have_accessible_description("Ann")

    page.get_by_label("Invite a").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    link = page.get_by_label("Link", exact=True)
    expect(link).to_be_focused()
    expect(link).to_have_accessible_description(
        "This link lets one new member in, within 7 days. It is not shown again."
    )
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Copied")).to_be_focused()
    assert page.evaluate("navigator.clipboard.readText()") == link.input_value()


def test_no_page_of_the_owners_scrolls_sideways_on_a_phone(
    meet: Callable[..., Person], team: Server
) -> None:
    page = meet(team, viewport=PHONE).sign_in().page
    page.goto("/team")

    for name in PAGES:
        page.get_by_role("navigation", name="Team").get_by_role("link", name=name).click()
        here = page.get_by_role("navigation", name="Team").locator("[aria-current=page]")
        expect(here).to_have_text(name)
        assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"], name
        unnamed = "input:not([type=hidden]), select, button"
        for control in page.locator(unnamed).all():
            assert control.evaluate("it => it.labels?.length || it.ariaLabel || it.textContent"), (
                control.evaluate("it => it.outerHTML")
            )
