"""Under a path that a proxy names: nothing that a page asks for lies beside it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import expect

from tests.browser.person import Person
from tests.support.real_proxies import Nginx, sites_of_the_guide
from tests.support.server import Address, Server


def test_a_page_lives_under_the_path_with_sockets_and_without(
    meet: Callable[..., Person], start_server: Callable[..., Server], tmp_path: Path
) -> None:
    """`Person` takes every request that leaves the path for a fault."""
    server = start_server(trusted_proxies="127.0.0.1")
    site = (
        sites_of_the_guide("nginx")[0]
        .replace("location / {", "location /chat/ {")
        .replace(":8000;", ":8000/;")
        .replace('Prefix "";', "Prefix /chat;")
    )
    with Nginx(tmp_path, int(server.url.rpartition(":")[2]), site) as proxy:
        person = meet(Address(f"{proxy.url}/chat", server.data_dir))
        tab = person.sign_in(model="liaobots/gpt-4", auth_code="test-code-4321")

        tab.ask("#echo one")
        expect(tab.page).to_have_url(re.compile(r"/chat/c/\w{32}$"))
        assert person.sockets
        tab.page.evaluate("() => sessionStorage.setItem('liaochat-by-events', Date.now() + 1e6)")
        tab.page.reload()
        tab.ask("#echo two")
        tab.page.get_by_role("button", name="Regenerate").last.click()
        expect(tab.page.locator(".versions__place")).to_have_text("2 / 2")
        tab.page.get_by_label("Search").first.fill("echo")
        expect(tab.page.locator(".result__title").first).to_have_attribute(
            "href", re.compile("^/chat/c/")
        )
        tab.page.goto(f"{person.server.url}/")
        tab.conversations.locator("li[data-conversation] a").first.click()

        expect(tab.questions).to_have_count(2)
        person.leave()
