"""Coming by an invitation, one's sessions, and being shown out: by keyboard and labels alone."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import expect

from tests.browser.person import Person
from tests.support.server import Server
from tests.web.test_sign_in import PASSWORD, invite

Meet = Callable[..., Person]


def test_a_member_comes_signs_in_elsewhere_and_revokes_that(meet: Meet, server: Server) -> None:
    name = server.link_of_a_newcomer().rpartition("/")[2][:12]  # of whom nobody has heard
    here, there = meet(), meet(java_script_enabled=False)
    there.expects("401 (UNAUTHORIZED)")

    tab = here.open(invite(server))
    expect(tab.page.get_by_label("Name")).to_be_focused()
    tab.page.keyboard.type(name)
    tab.page.keyboard.press("Tab")
    tab.page.keyboard.type(PASSWORD)
    tab.page.keyboard.press("Enter")
    expect(tab.message).to_be_visible()

    other = there.open("/sign-in")
    other.page.get_by_label("Name").fill(name)
    other.page.get_by_label("Password").fill("not it, sorry")
    other.page.get_by_role("button", name="Sign in").click()
    expect(other.page.get_by_role("alert")).to_contain_text("is not right")
    expect(other.page.get_by_label("Password")).to_be_focused()
    other.page.get_by_label("Password").fill(PASSWORD)
    other.page.get_by_role("button", name="Sign in").click()
    expect(other.page.get_by_role("link", name=name)).to_be_visible()

    shown_out = here.open("/")
    expect(shown_out.message).to_be_visible()
    other.page.get_by_role("link", name=name).click()
    expect(other.page.get_by_role("heading", name="Your sessions")).to_be_visible()
    expect(other.page.get_by_text("open now")).to_have_count(1)
    other.page.get_by_role("button", name="Revoke Chrome on Linux, 127.0.0.1").click()
    expect(other.page.get_by_role("button", name="Revoke")).to_have_count(0)

    expect(shown_out.page.get_by_role("status")).to_contain_text("signed out")
    other.page.get_by_role("button", name="Sign out").click()
    expect(other.page).to_have_url(f"{server.url}/sign-in")
