"""A proxy that says who somebody is: believed where it may be, and each time anew."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from websocket import WebSocketBadStatusException

from tests.support.server import Browser, Server
from tests.web.test_sign_in import PASSWORD, come

_HEADER = "X-Forwarded-User"


@pytest.fixture
def own(start_server: Callable[..., Server]) -> Server:
    return start_server(user_header=_HEADER, trusted_proxies="127.0.0.1")


@pytest.fixture
def browser(own: Server) -> Iterator[Browser]:
    with Browser(own, sign_in=False) as stranger:
        yield stranger


def _named(browser: Browser, name: str | None) -> None:
    browser.http.headers.pop(_HEADER, None)
    if name is not None:
        browser.http.headers[_HEADER] = name.encode().decode("latin-1")


def test_whom_the_proxy_names_is_signed_in_and_is_the_same_the_next_time(
    own: Server, browser: Browser
) -> None:
    _named(browser, "Ada")
    assert ">Ada</a>" in browser.get("/").text
    cookie = browser.cookie()
    page = browser.open()
    page.send("#echo by the proxy")
    page.wait("accepted")

    assert browser.get("/").status_code == 200
    assert browser.cookie() == cookie  # found, not made anew
    with Browser(own, sign_in=False) as other:
        _named(other, "ADA")
        assert "#echo by the proxy" in other.get(f"/c/{page.conversation}").text


def test_another_name_ends_the_session_and_no_name_opens_nothing(
    own: Server, browser: Browser
) -> None:
    _named(browser, "Ada")
    browser.get("/")
    page, cookie = browser.open(), browser.cookie()

    _named(browser, None)
    nobody = browser.get("/")
    assert nobody.status_code == 401
    assert "Sign in there" in nobody.text
    _named(browser, "Eve")
    assert ">Eve</a>" in browser.get("/").text

    assert page.wait_closed(timeout=2) == 4401
    with Browser(own, sign_in=False) as thief:
        thief.http.headers["Cookie"] = cookie
        assert thief.get("/").status_code == 401
        _named(thief, "Eve")
        assert ">Eve</a>" in thief.get("/").text
        link = own.fresh_link().rpartition("/")[2]
    with Browser(own, sign_in=False) as owner:  # who is never locked out
        assert owner.post("/sign-in", token=link).status_code == 200


def test_a_name_may_have_letters_of_any_script(browser: Browser) -> None:
    _named(browser, "Zoë 周")

    assert ">Zoë 周</a>" in browser.get("/").text


def test_a_name_that_cannot_be_kept_as_it_is_is_none(browser: Browser) -> None:
    for name in ("", "Eve,Ada", "Ada\u202eeve", "x" * 81, "Ada  B"):
        _named(browser, name)

        assert browser.get("/").status_code == 401


def test_orders_of_other_sites_are_refused_and_sockets_need_the_session(browser: Browser) -> None:
    _named(browser, "Ada")
    browser.http.headers["Origin"] = "http://evil.example"

    assert browser.post("/session/model", model="liaobots/gpt-4").status_code == 403
    with pytest.raises(WebSocketBadStatusException, match="401"):
        browser.connect()


def test_signing_out_says_that_the_proxy_signs_in_again(browser: Browser) -> None:
    _named(browser, "Ada")
    browser.get("/")

    out = browser.post("/sign-out")

    assert "sign out there as well" in out.text
    assert browser.cookie() == ""


def test_nobody_is_believed_who_is_no_proxy_of_ours(start_server: Callable[..., Server]) -> None:
    server = start_server(user_header=_HEADER, trusted_proxies="192.0.2.1")
    with Browser(server, sign_in=False) as liar:
        _named(liar, "Owner")
        assert liar.get("/").status_code == 401
        come(server, liar, "Ada")
        assert ">Ada</a>" in liar.get("/").text
        liar.post("/sign-out")
        liar.post("/sign-in", name="Ada", password=PASSWORD)
        assert ">Ada</a>" in liar.get("/").text
