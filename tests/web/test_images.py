"""Images that are attached, sent, shown and shared, through the real server."""

from __future__ import annotations

import base64
import re
import sqlite3
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.support import pictures
from tests.support.page import Page
from tests.support.seeing import SEER, seeing_server
from tests.support.server import Browser, Server
from tests.upstream import Upstream

_ITEM = re.compile(r'name="files" value="([0-9a-f]{32})".*?files__name[^>]*>([^<]*)<', re.DOTALL)
_RED = pictures.png()


@pytest.fixture
def seer(seeing: Server) -> Iterator[Browser]:
    """A fresh browser that has chosen a model which sees."""
    with Browser(seeing) as signed_in:
        signed_in.use(SEER)
        yield signed_in


def test_an_image_waits_beside_the_draft_and_is_shown_in_the_sent_message(seer: Browser) -> None:
    content = pictures.jpeg_of_a_telephone()
    files = _attach(seer, ("holiday.jpg", content), ("notes.txt", b"words"))
    assert [name for _, name in files] == ["holiday.jpg", "notes.txt"]
    page = seer.get("/").text
    assert _waiting(page) == files
    thumbnail = seer.get(_thumbnails(page)[0])
    assert pictures.opened(thumbnail.content).size == (400, 600)

    question = _send(seer, "#echo what is it?", files).articles[0]

    found = re.search(
        r'<a class="image" href="([^"]+)" target="_blank"[^>]*><img[^>]* src="([^"]+)" '
        r'alt="holiday.jpg" width="(\d+)" height="(\d+)" loading="lazy"',
        question.html,
    )
    assert found
    assert (found[3], found[4]) == ("213", "320")  # upright, and its place kept free
    whole, small = seer.get(found[1]), seer.get(found[2])
    assert whole.headers["Content-Type"] == "image/jpeg"
    assert pictures.opened(whole.content).size == (400, 600)
    assert pictures.opened(small.content).size == (400, 600)
    assert b"Quetzal" not in whole.content + small.content


def test_the_model_is_sent_the_image_as_part_of_the_question(
    seer: Browser, liaobots: Upstream
) -> None:
    page = _send(seer, "#echo what is it?", _attach(seer, ("red.png", _RED)))

    (question,) = [one for one in _said(liaobots) if one["role"] == "user"]
    text, image = question["content"]
    assert text == {"type": "text", "text": "#echo what is it?"}
    media_type, _, content = image["image_url"]["url"].partition(";base64,")
    assert (image["type"], media_type) == ("image_url", "data:image/png")
    assert pictures.opened(base64.b64decode(content)).getpixel((5, 5)) == pictures.RED

    seer.use("liaobots/gpt-4", "test-1234567890")
    page.send("#echo and now?")
    page.wait_answered()
    first = next(one for one in _said(liaobots) if one["role"] == "user")
    assert first["content"] == "#echo what is it?\n\n[image: red.png]"


def test_an_image_is_given_with_the_headers_that_bind_browsers(seer: Browser) -> None:
    question = _send(seer, "#echo", _attach(seer, ("größe\r\nX-Evil: 1.png", _RED))).articles[0]

    answer = seer.get(f"/messages/{question.id}/images/0/whole")

    assert answer.headers["Content-Type"] == "image/png"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Content-Disposition"].startswith('inline; filename="gr__e')
    assert "X-Evil" not in answer.headers
    assert "img-src 'self' data:;" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize("name", ["evil.html", "evil.svg", "a.txt", "photo"])
def test_what_it_is_tells_the_content_and_never_the_name(seer: Browser, name: str) -> None:
    polyglot = pictures.png() + b"<script>alert(1)</script>"

    question = _send(seer, "#echo", _attach(seer, (name, polyglot))).articles[0]

    answer = seer.get(f"/messages/{question.id}/images/0/whole")
    assert answer.headers["Content-Type"] == "image/png"
    assert b"script" not in answer.content


def test_an_svg_is_a_text_and_nothing_else_is_taken(seer: Browser) -> None:
    svg = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
    bitmap = pictures.saved(pictures.photograph(20, 20), "BMP")

    response = _post(seer, "/files", [("a.svg", svg), ("b.bmp", bitmap), ("c.png", _RED[:40])])

    assert response.status_code == 422
    assert "“b.bmp” is neither text nor an image that can be sent" in response.text
    assert "“c.png” cannot be read as an image" in response.text
    (waiting,) = _waiting(response.text)
    assert waiting[1] == "a.svg"
    assert _thumbnails(response.text) == []
    question = _send(seer, "#echo", [waiting]).articles[0]
    saved = seer.get(f"/messages/{question.id}/files/0")
    assert saved.headers["Content-Type"] == "text/plain; charset=utf-8"


def test_bombs_and_what_is_too_large_are_refused_and_the_server_answers_on(seer: Browser) -> None:
    large = _RED + bytes(20_000_001)

    response = _post(seer, "/files", [("bomb.png", pictures.bomb(20_000, 20_000))])
    assert response.status_code == 422
    assert "“bomb.png” is too large: an image may have 50 million pixels." in response.text
    response = _post(seer, "/files", [("large.png", large)])
    assert response.status_code == 422
    assert "“large.png” is too large: an image may have 20 MB." in response.text

    assert _waiting(_post(seer, "/files", [("a.png", _RED)]).text)[0][1] == "a.png"


def test_a_model_that_takes_text_alone_is_named_before_anything_is_sent(seer: Browser) -> None:
    files = _attach(seer, ("a.png", _RED))
    seer.use("liaobots/gpt-4")

    response = _post(seer, "/files", [("b.png", _RED)])
    assert response.status_code == 422
    assert "“b.png” is an image, and GPT-4 takes text alone." in response.text
    page = seer.open()
    page.put(**_frame("#echo look", files))
    refused = page.wait("refused")

    assert refused["code"] == "images_not_seen"
    assert refused["text"].startswith("GPT-4 takes text alone. Remove the images")
    page.put(type="draft", conversation=None, text="look", keep=False)
    gauge = page.wait("gauge")
    assert gauge["over"]
    assert gauge["text"] == refused["text"]
    assert _waiting(seer.get("/").text) == files


def test_who_reads_by_a_link_sees_the_images_of_what_it_shows_and_no_other(seer: Browser) -> None:
    page = _send(seer, "#echo shown", _attach(seer, ("a.png", _RED)))
    shown = page.articles[0].id
    elsewhere = _send(seer, "#echo hidden", _attach(seer, ("b.png", _RED))).articles[0].id
    made = seer.post(f"/c/{page.conversation}/share", audience="public", kind="live", days="")
    link = re.search(r"/shared/[\w-]{43}", made.text)
    assert link
    address = f"{link[0]}/messages/{shown}/images/0"

    with Browser(seer.server, sign_in=False) as stranger:
        assert f'src="{address}/small"' in stranger.get(link[0]).text
        reader = stranger.open(page.conversation, path=f"{link[0]}/socket")
        reader.watch()
        reader.wait("messages")
        assert f'src="{address}/small"' in reader.articles[0].html
        answer = stranger.get(f"{address}/whole")
        assert answer.headers["Content-Type"] == "image/png"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert stranger.get(f"/messages/{shown}/images/0/whole").status_code == 401
        other = f"{link[0]}/messages/{elsewhere}/images/0/whole"
        assert stranger.get(other).status_code == 404

        page.put(type="edit", client_id=str(uuid.uuid4()), message=shown, text="#echo another")
        page.wait("ended", state="complete")
        assert stranger.get(f"{address}/whole").status_code == 404  # not in this branch any more

        edited = page.articles[0].id
        address = f"{link[0]}/messages/{edited}/images/0"
        assert stranger.get(f"{address}/whole").status_code == 200
        share = re.search(r"/shares/([0-9a-f]{32})/revoke", made.text)
        assert share
        seer.post(f"/shares/{share[1]}/revoke")
        assert stranger.get(f"{address}/whole").status_code == 404


def test_of_others_nothing_is_seen(seer: Browser) -> None:
    question = _send(seer, "#echo", _attach(seer, ("b.png", _RED))).articles[0]
    _attach(seer, ("a.png", _RED))
    addresses = [
        *_thumbnails(seer.get("/").text),
        f"/messages/{question.id}/images/0/whole",
        f"/messages/{question.id}/images/0/small",
    ]

    with (
        Browser(seer.server, link=seer.server.fresh_link("Eve")) as eve,
        Browser(seer.server, sign_in=False) as stranger,
    ):
        for address in addresses:
            assert seer.get(address).status_code == 200
            assert eve.get(address).status_code == 404
            assert stranger.get(address).status_code == 401
    assert seer.get(addresses[1].replace("/0/", "/1/")).status_code == 404


def test_without_script_an_image_comes_with_the_form(seer: Browser) -> None:
    found = re.search(r'name="client_id" value="([^"]+)"', seer.get("/").text)
    assert found
    fields = {"client_id": found[1], "conversation": "", "parent": "", "text": "#echo plain"}

    page = _post(seer, "/messages", [("a.png", _RED)], part=False, **fields)

    assert page.status_code == 200
    assert 'alt="a.png"' in page.text
    again = _post(seer, "/messages", [("a.png", _RED)], part=False, **fields)
    assert again.url == page.url
    assert _waiting(seer.get("/").text) == []


def test_a_kill_leaves_no_row_without_its_file_and_a_start_removes_the_rest(
    tmp_path: Path, liaobots: Upstream
) -> None:
    folder = tmp_path / "images"
    with seeing_server(tmp_path, liaobots) as server, Browser(server) as browser:
        browser.use(SEER)
        _send(browser, "#echo", _attach(browser, ("a.png", _RED)))
        (folder / f"{'0' * 32}.new").write_bytes(b"half a file")
        (folder / ("1" * 32)).write_bytes(b"a file without a row")
        server.kill()
        server.start()

    with closing(sqlite3.connect(tmp_path / "liaochat.db")) as database:
        rows = {row[0] for row in database.execute("SELECT id FROM images")}
    lying = {file.name.removesuffix("-small") for file in folder.iterdir()}
    assert lying == rows
    assert len(rows) == 1


def test_a_deleted_message_takes_its_files_along(tmp_path: Path, liaobots: Upstream) -> None:
    folder = tmp_path / "images"
    with seeing_server(tmp_path, liaobots) as server, Browser(server) as browser:
        browser.use(SEER)
        page = _send(browser, "#echo", _attach(browser, ("a.png", _RED)))
        assert list(folder.iterdir())

        question, answer = page.articles
        browser.post(f"/messages/{question.id}/delete", last=answer.id)

        until = time.monotonic() + 60
        while list(folder.iterdir()):
            assert time.monotonic() < until
            time.sleep(0.05)


def _attach(browser: Browser, *files: tuple[str, bytes]) -> list[tuple[str, str]]:
    response = _post(browser, "/files", files)
    assert response.status_code == 200, response.text
    return _waiting(response.text)


def _post(
    browser: Browser,
    path: str,
    files: Sequence[tuple[str, bytes]] = (),
    *,
    part: bool = True,
    **fields: str,
) -> requests.Response:
    return browser.http.post(
        browser.server.url + path,
        data=fields,
        files=[("file", (name, content)) for name, content in files] or None,
        headers={"Accept": "text/vnd.liaochat"} if part else None,
        timeout=60,
    )


def _waiting(html: str) -> list[tuple[str, str]]:
    return _ITEM.findall(html)


def _said(liaobots: Upstream) -> list[dict[str, Any]]:
    """The messages of the last request."""
    messages: list[dict[str, Any]] = liaobots.received[-1].body["messages"]
    return messages


def _thumbnails(html: str) -> list[str]:
    return re.findall(r'class="files__thumbnail" src="([^"]+)"', html)


def _frame(text: str, files: Sequence[tuple[str, str]]) -> dict[str, object]:
    return {
        "type": "send",
        "client_id": str(uuid.uuid4()),
        "conversation": None,
        "parent": None,
        "text": text,
        "files": [one for one, _ in files],
    }


def _send(browser: Browser, text: str, files: Sequence[tuple[str, str]]) -> Page:
    page = browser.open()
    page.put(**_frame(text, files))
    page.wait("accepted")
    page.wait_complete()
    return page
