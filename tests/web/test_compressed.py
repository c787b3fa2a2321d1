"""Pages come in a smaller form to browsers that take it."""

from __future__ import annotations

import gzip

import pytest
import requests

from tests.support.past import held
from tests.support.server import Browser, Server
from webapp.web.compressed import smaller


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [("gzip, deflate, br", "gzip"), ("", None), ("identity", None), ("gzip;q=0", None)],
)
def test_a_page_is_compressed_for_those_who_take_it(
    browser: Browser, accepted: str, encoding: str | None
) -> None:
    page = _get(browser, "/", accepted)

    assert page.headers.get("Content-Encoding") == encoding
    assert "Accept-Encoding" in page.headers["Vary"]
    assert page.text.startswith("<!doctype html>")
    assert page.text.rstrip().endswith("</html>")


def test_a_part_of_a_page_is_compressed_too(browser: Browser, server: Server) -> None:
    past = held(server, ["A question, and more than a few words of it. " * 40] * 60)

    part = _get(browser, f"/c/{past.id}/older?before={past.messages[9]}", "gzip")

    assert part.headers["Content-Encoding"] == "gzip"
    assert int(part.headers["Content-Length"]) < len(part.content) / 3


def test_how_long_it_is_then_tells_nothing_twice() -> None:
    page = b"<p>The same page, again and again.</p>" * 40

    smaller_ones = [smaller(page) for _ in range(30)]

    assert len({len(one) for one in smaller_ones}) > 5
    assert {gzip.decompress(one) for one in smaller_ones} == {page}


def _get(browser: Browser, path: str, accepted: str) -> requests.Response:
    headers = {"Accept-Encoding": accepted, "Accept": "text/vnd.liaochat, text/html"}
    response = browser.http.get(browser.server.url + path, headers=headers, timeout=20)
    assert response.status_code == 200
    return response
