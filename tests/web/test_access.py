"""Who gets in, and whose orders are taken. Routes come from the application's own map."""

from __future__ import annotations

import re
import socket
import uuid
from pathlib import Path

import pytest
from websocket import WebSocketBadStatusException

from tests.support.server import Browser, Server
from webapp.app import create_app
from webapp.config import Settings

_ID = "0" * 32


def _routes(folder: Path) -> list[tuple[str, str]]:
    application = create_app(Settings(data_dir=folder))
    rules = list(application.flask.url_map.iter_rules())
    application.close()
    return sorted(
        (method, path)
        for rule in rules
        for path in _paths(rule.rule)
        for method in rule.methods or ()
        if method not in {"HEAD", "OPTIONS"}
    )


def _paths(rule: str) -> list[str]:
    """Fill a rule's places: ids with zeros, and each choice of `any(…)` in turn."""
    choices = re.search(r"<any\(([^)]*)\):\w+>", rule)
    if choices is None:
        return [re.sub(r"<[^>]*>", _ID, rule)]
    names = [name.strip(' "') for name in choices[1].split(",")]
    return [path for name in names for path in _paths(rule.replace(choices[0], name))]


@pytest.fixture(scope="module")
def routes(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, str]]:
    found = _routes(tmp_path_factory.mktemp("routes"))
    assert len(found) > 8
    return found


_OPEN_TO_ALL = {
    ("GET", f"/sign-in/{_ID}"),
    ("POST", "/sign-in"),
    ("GET", "/healthz"),
    ("GET", "/connection/arrival"),
    ("GET", "/connection/stream"),
    ("GET", f"/static/{_ID}/{_ID}"),
    # To those who know a link's token, which is no id: test_shares.py.
    ("GET", f"/shared/{_ID}"),
    ("GET", f"/shared/{_ID}/older"),
    ("GET", f"/shared/{_ID}/events"),
    ("POST", f"/shared/{_ID}/events/{_ID}"),
}


def test_nobody_gets_in_without_a_session(server: Server, routes: list[tuple[str, str]]) -> None:
    with Browser(server, sign_in=False) as stranger:
        for method, path in routes:
            response = stranger.http.request(method, server.url + path, timeout=10)

            expected = {404, 410, 200} if (method, path) in _OPEN_TO_ALL else {401}
            assert response.status_code in expected, (method, path, response.status_code)
            if response.status_code == 401:
                assert "liaochat link" in response.text


_HOSTILE_ORIGINS = [
    "",
    "null",
    "http://evil.example",
    "https://{host}",
    "http://{host}.evil.example",
    "http://evil.example/{host}",
    "http://{host}@evil.example",
    "http://evil{host}",
    "http://{name}",
    "http://{name}:1",
    "http://{name}:80",
    "http://localhost:{port}",
    "http://[::1]:{port}",
    "http://127.0.0.2:{port}",
    "http://127.1:{port}",
    "http://2130706433:{port}",
    "http://{host}/",
    "HTTP://{host}",
    "ws://{host}",
    "file://{host}",
    "{host}",
    "//{host}",
    "http://{host}, http://evil.example",
    "http://xn--{name}:{port}",
    "http://{host}%00",
    "chrome-extension://{host}",
]


@pytest.mark.parametrize("origin", _HOSTILE_ORIGINS)
def test_orders_from_another_origin_are_refused(
    server: Server, browser: Browser, routes: list[tuple[str, str]], origin: str
) -> None:
    name, port = server.url.removeprefix("http://").split(":")
    hostile = origin.format(host=f"{name}:{port}", name=name, port=port)
    changing = [path for method, path in routes if method == "POST"]
    assert changing

    for path in changing:
        response = browser.http.post(server.url + path, headers={"Origin": hostile or None})
        assert response.status_code == 403, (path, hostile)
    with pytest.raises(WebSocketBadStatusException, match="403"):
        browser.connect(origin=hostile)


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


def test_what_is_not_ones_own_answers_like_what_is_not_there(
    server: Server, browser: Browser, routes: list[tuple[str, str]]
) -> None:
    page = browser.open()
    client_id = page.send("#echo something private")
    page.wait("ended")
    with Browser(server, link=server.fresh_link("Mallory")) as mallory:
        for owned, unknown in ((page.conversation, _ID), (page.answer.id, _ID)):
            for method, path in routes:
                if _ID not in path or "sign-in" in path or "static" in path:
                    continue
                if path.endswith("/socket"):
                    continue  # it takes a handshake alone: test_shares.py
                if path.startswith("/sent/"):
                    continue  # it is asked with a page's own id, and answers without a page: below
                fields = {
                    "client_id": "00000000-0000-4000-8000-000000000001",
                    "text": "let me in",
                    "title": "mine",
                    "name": "mine",
                    "model": "liaobots/gpt-4",
                    "last": page.answer.id,
                    "audience": "team",
                    "kind": "live",
                    "days": "7",
                }
                seen, other = (
                    mallory.http.request(
                        method,
                        server.url + path.replace(_ID, id_),
                        data=fields,
                        params={"before": page.answer.id},
                    )
                    for id_ in (owned, unknown)
                )
                assert (seen.status_code, seen.text) == (other.status_code, other.text)
                assert seen.status_code == 404, (method, path)
                assert "something private" not in seen.text

        sent, unknown = (mallory.get(f"/sent/{id_}") for id_ in (client_id, uuid.uuid4()))
        assert (sent.status_code, sent.text) == (unknown.status_code, unknown.text) == (204, "")

        answers = []
        for conversation, message in ((page.conversation, page.answer.id), (_ID, _ID)):
            stranger = mallory.open()
            stranger.put(type="watch", conversation=conversation, last=None, state=None)
            stranger.put(type="stop", message=message)
            stranger.put(
                type="send",
                client_id="00000000-0000-4000-8000-000000000000",
                conversation=conversation,
                parent=message,
                text="let me in",
            )
            answers.append([stranger.wait("refused") for _ in range(3)])
        assert answers[0] == answers[1]
        assert [answer["code"] for answer in answers[0]] == ["not_found"] * 3


def test_every_answer_carries_the_headers_that_bind_browsers(
    browser: Browser, server: Server, routes: list[tuple[str, str]]
) -> None:
    for method, path in routes:
        if path.endswith(("/socket", "/events")):  # what these say has no end: test_events.py
            continue
        headers = browser.http.request(method, server.url + path).headers
        policy = headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none';"), path
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cache-Control"] == "no-store"
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
