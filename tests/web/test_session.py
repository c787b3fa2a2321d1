"""Model and auth code: kept on the server, for this browser alone."""

from __future__ import annotations

import re

import pytest

from tests.support.server import Browser, Server
from tests.upstream import Upstream

CODE = "test-canary-c0de-7731"


def test_the_page_says_that_a_code_is_set_and_shows_its_end_alone(server: Server) -> None:
    with Browser(server) as browser:
        browser.use("liaobots/gpt-4", CODE)

        page = browser.get("/").text

        assert "…7731" in page
        assert CODE not in page
        assert CODE[:-4] not in page


def test_model_and_code_are_there_after_a_reload_and_not_in_another_browser(
    server: Server,
) -> None:
    with Browser(server) as browser, Browser(server) as other:
        browser.use("liaobots/gpt-4", CODE)

        assert _chosen(browser) == "liaobots/gpt-4"
        assert "…7731" in browser.get("/").text
        assert _chosen(other) != "liaobots/gpt-4"
        assert "…7731" not in other.get("/").text


def test_a_code_can_be_removed(server: Server) -> None:
    with Browser(server) as browser:
        browser.use("liaobots/gpt-4", CODE)

        browser.post("/session/auth-code/remove")

        assert "…7731" not in browser.get("/").text
        page = browser.open()
        page.send("hello")
        assert page.wait("refused")["text"] == (
            "GPT-4 needs a Liaobots auth code. Enter one under “Auth code”."
        )


def test_a_code_may_serve_all_sessions_of_its_owner_that_have_none_of_their_own(
    server: Server,
) -> None:
    link = server.link_of_a_newcomer()
    with Browser(server, link=link) as first, Browser(server) as stranger:
        found = re.search(r'sidebar__name"[^>]*>([^<]+)<', first.get("/").text)
        assert found
        with Browser(server, link=server.fresh_link(found[1])) as second:
            second.use("liaobots/gpt-4", "test-of-this-1111")

            first.post("/session/auth-code", auth_code=CODE, for_all="on")
            assert "…7731" in first.get("/").text
            assert "…1111" in second.get("/").text  # its own wins
            second.post("/session/auth-code/remove")
            assert "…7731" in second.get("/").text
            assert "…7731" not in stranger.get("/").text
            page = second.open()
            page.send("#echo with it")
            page.wait("ended", state="complete")
            second.post("/session/auth-code/remove")

            for browser in (first, second):
                assert "…7731" not in browser.get("/").text


@pytest.mark.parametrize("code", ["", "a\r\nX: 1", "a\x00b", "a\x7fb", "ключ", "x" * 513, "a b"])
def test_what_cannot_be_a_code_is_refused_with_one_sentence(server: Server, code: str) -> None:
    with Browser(server) as browser:
        browser.http.headers["Accept"] = "text/vnd.liaochat"

        response = browser.post("/session/auth-code", auth_code=code)

        assert response.status_code == 422
        assert "This is not an auth code" in response.text


def test_an_unknown_model_is_refused(server: Server) -> None:
    with Browser(server) as browser:
        browser.http.headers["Accept"] = "text/vnd.liaochat"

        response = browser.post("/session/model", model="liaobots/gpt-99")

        assert response.status_code == 422
        assert "This model is not offered any more. Choose another one." in response.text


def test_the_next_answer_uses_the_code_of_this_moment(server: Server, liaobots: Upstream) -> None:
    with Browser(server) as browser:
        browser.use("liaobots/gpt-3.5-turbo", "test-old-code-1111")
        page = browser.open()
        page.send("#echo with the old code")
        page.wait("ended")

        browser.use("liaobots/gpt-4", "test-new-code-2222")
        page.send("#echo with the new code")
        page.wait("ended")

        calls = {one.last_message: one for one in liaobots.received}
        assert calls["#echo with the old code"].auth_code == "test-old-code-1111"
        assert calls["#echo with the new code"].auth_code == "test-new-code-2222"
        assert calls["#echo with the new code"].body["model"]["id"] == "gpt-4"


def test_the_key_can_be_read_by_its_owner_alone(server: Server) -> None:
    assert (server.data_dir / "secret.key").stat().st_mode & 0o777 == 0o600


def _chosen(browser: Browser) -> str:
    """The model that the page offers as chosen."""
    import re  # noqa: PLC0415

    page = browser.get("/").text
    found = re.search(r'<option value="([^"]+)"[^>]* selected', page) or re.search(
        r'value="([^"]+)"[^>]* checked', page
    )
    assert found, page
    return found[1]
