"""Who gets in. What holds on every route is in tests/security."""

from __future__ import annotations

import socket

import pytest
from websocket import WebSocketBadStatusException

from tests.support.server import Browser, Server


def test_a_socket_needs_a_session(browser: Browser) -> None:
    browser.connect().close()  # the premise: with the cookie it opens

    with pytest.raises(WebSocketBadStatusException, match="401"):
        browser.connect(cookie="liaochat=x")


def test_a_sign_in_link_works_once_and_looking_at_it_uses_nothing_up(server: Server) -> None:
    link = server.fresh_link()
    with Browser(server, sign_in=False) as first, Browser(server, sign_in=False) as second:
        path = link.removeprefix(server.url)
        assert first.get(path).status_code == 200
        assert first.get(path).status_code == 200

        used = first.post("/sign-in", token=path.rpartition("/")[2])
        again = second.post("/sign-in", token=path.rpartition("/")[2])

        assert used.status_code == 200
        assert again.status_code == 410
        assert "was used already or has run out" in again.text
        assert second.get("/").status_code == 401


def test_signing_in_again_keeps_the_model_and_the_auth_code(server: Server) -> None:
    with Browser(server) as browser:
        browser.use("liaobots/gpt-4", "test-keep-me-9876")
        before = browser.cookie()

        token = server.fresh_link().rpartition("/")[2]
        page = browser.post("/sign-in", token=token).text

        assert browser.cookie() != before
        assert "9876" in page


def test_a_session_id_that_was_given_up_opens_nothing(server: Server) -> None:
    with Browser(server) as browser:
        before = browser.cookie()
        browser.post("/sign-in", token=server.fresh_link().rpartition("/")[2])

        with pytest.raises(WebSocketBadStatusException, match="401"):
            browser.connect(cookie=before)


def test_scripts_and_other_sites_do_not_get_at_the_cookie(browser: Browser) -> None:
    cookie = next(iter(browser.http.cookies))
    assert cookie.has_nonstandard_attr("HttpOnly")
    assert cookie.get_nonstandard_attr("SameSite") == "Lax"


def test_a_stranger_can_send_no_more_than_a_link_needs(server: Server) -> None:
    with Browser(server, sign_in=False) as stranger:
        response = stranger.post("/sign-in", token="a" * 100_000)

        assert response.status_code == 413


def test_a_sign_in_that_comes_slowly_holds_up_no_writing(server: Server, browser: Browser) -> None:
    host, port = server.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as slow:
        slow.sendall(
            f"POST /sign-in HTTP/1.1\r\nHost: {host}:{port}\r\nOrigin: {server.url}\r\n"
            "Content-Type: application/x-www-form-urlencoded\r\n"
            "Content-Length: 100\r\n\r\ntoken=".encode()
        )
        page = browser.open()

        page.send("#echo all the same")
        page.wait("ended", timeout=5, state="complete")
