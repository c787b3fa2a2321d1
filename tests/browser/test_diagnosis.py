"""The page Connection: a browser finds out what is wrong on the way, and says what to do."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Locator, Page, Route, expect

from tests.browser.person import Person, Tab
from tests.support.proxy import Proxy
from tests.support.server import Address, Browser, Server
from webapp import advice

Meet = Callable[..., Person]


def _line(page: Page, check: str) -> Locator:
    return page.locator(f"[data-check={check}]")


def _looked(page: Page, end: str) -> None:
    expect(page.locator(".checks__sum")).to_have_text(end)


def test_where_all_is_well_each_check_says_so(tab: Tab) -> None:
    leads = tab.strip.get_by_role("link", name="Find out why", include_hidden=True)
    expect(leads).to_have_attribute("href", "/connection")

    tab.page.goto(f"{tab.person.server.url}/connection")

    _looked(tab.page, "All is well.")
    expect(tab.page.locator(".check--ok")).to_have_count(7)
    expect(_line(tab.page, "reach")).to_contain_text(tab.person.server.url)
    expect(_line(tab.page, "socket")).to_contain_text(advice.SOCKET_PASSES)
    expect(_line(tab.page, "wire")).to_contain_text(advice.WIRE_SOCKET)
    tab.page.get_by_role("button", name="Look again").click()
    _looked(tab.page, "Looking …")
    _looked(tab.page, "All is well.")


def test_it_fits_a_small_screen(meet: Meet, server: Server) -> None:
    person = meet(viewport={"width": 390, "height": 844})
    tab = person.sign_in()
    tab.page.goto(f"{server.url}/connection")

    _looked(tab.page, "All is well.")

    assert tab.page.evaluate("document.documentElement.scrollWidth") == 390


def test_an_upgrade_that_is_stripped_is_named(meet: Meet, server: Server) -> None:
    with Proxy(int(server.url.rpartition(":")[2]), "strip") as proxy:
        person = meet(Address(proxy.url, server.data_dir))
        person.expects("WebSocket connection to")
        page = person.sign_in(model="liaobots/gpt-4", auth_code="test-code-4321").page

        page.goto(f"{proxy.url}/connection")

        _looked(page, "One fault was found.")
        expect(_line(page, "socket")).to_contain_text(f"Fault {advice.UPGRADE_STRIPPED}")
        expect(_line(page, "wire")).to_contain_text(advice.WIRE_EITHER)
        page.evaluate("() => sessionStorage.setItem('liaochat-by-events', Date.now() + 1e5)")
        page.reload()
        expect(_line(page, "wire")).to_contain_text(advice.WIRE_EVENTS)
        person.leave()


def test_buffering_is_named(meet: Meet, server: Server) -> None:
    with Proxy(int(server.url.rpartition(":")[2]), "pass", hold_back=True) as proxy:
        person = meet(Address(proxy.url, server.data_dir))
        page = person.sign_in().page

        page.goto(f"{proxy.url}/connection")

        _looked(page, "One fault was found.")
        expect(_line(page, "stream")).to_contain_text(advice.STREAM_HELD)
        person.leave()


def test_a_wrong_clock_is_named(tab: Tab) -> None:
    def turn_the_clock(route: Route) -> None:
        answer = route.fetch()
        told = answer.json()
        route.fulfill(response=answer, json={**told, "now": told["now"] + 300})

    tab.page.route("**/connection/arrival?*", turn_the_clock)
    tab.page.goto(f"{tab.person.server.url}/connection")

    _looked(tab.page, "One fault was found.")
    expect(_line(tab.page, "clock")).to_contain_text("seconds apart. Set both by NTP")


def test_a_wrong_origin_is_named(meet: Meet, server: Server) -> None:
    """As those see it who signed in before the address was changed."""
    with Proxy(int(server.url.rpartition(":")[2]), "pass", host="127.0.0.1:1") as proxy:
        there = Address(proxy.url, server.data_dir)
        with Browser(there, sign_in=False) as before:
            before.http.headers["Origin"] = "http://127.0.0.1:1"
            token = there.link_of_a_newcomer().rpartition("/")[2]
            before.http.post(f"{proxy.url}/sign-in", data={"token": token}, timeout=10)
            (cookie,) = before.http.cookies
        person = meet(there)
        kept = {"name": cookie.name, "value": cookie.value or "", "url": proxy.url}
        person.context.add_cookies([kept])  # type: ignore[list-item]

        page = person.open("/connection").page

        _looked(page, "One fault was found.")
        expect(_line(page, "place")).to_contain_text(f"Set LIAOCHAT_PUBLIC_URL={proxy.url}")
        expect(_line(page, "socket")).to_contain_text(advice.SOCKET_UNTRIED)
        person.leave()


def test_a_server_that_is_away_is_named(tab: Tab) -> None:
    tab.person.expects("net::ERR_")
    tab.page.route("**/connection/arrival?*", lambda route: route.abort())

    tab.page.goto(f"{tab.person.server.url}/connection")

    _looked(tab.page, "One fault was found.")
    expect(_line(tab.page, "reach")).to_contain_text("cannot be reached")


def test_without_a_script_it_says_what_the_server_knows(meet: Meet, server: Server) -> None:
    person = meet(java_script_enabled=False)
    page = person.open(server.fresh_link().removeprefix(server.url)).page
    page.get_by_role("button").click()
    page.goto(f"{server.url}/connection")

    expect(page.get_by_text("over no proxy that says so")).to_be_visible()
    expect(page.get_by_text(f"opened under {server.url}/")).to_be_visible()
    expect(page.get_by_text("runs no scripts here")).to_be_visible()
    expect(page.get_by_text("What this browser finds")).to_be_hidden()
