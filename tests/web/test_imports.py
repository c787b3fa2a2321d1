"""Import without script, through the real server: a file, its preview, its report."""

from __future__ import annotations

import json
import re
import socket
import time
import uuid
from collections.abc import Callable, Iterator

import pytest
import requests

from tests.chat.importing.test_chatgpt import plain
from tests.support.dom import visible_text
from tests.support.server import Browser, Server

StartServer = Callable[..., Server]


@pytest.fixture
def own(server: Server) -> Iterator[Browser]:
    """The browser of somebody who has nothing yet, and may use GPT-4."""
    with Browser(server, link=server.link_of_a_newcomer()) as signed_in:
        signed_in.use("liaobots/gpt-4", "test-1234567890")
        yield signed_in


def test_a_file_is_looked_at_then_imported_then_listed(own: Browser) -> None:
    preview = settled(own, upload(own, [plain(), {"title": "No talk"}]))
    report = settled(own, own.post(f"{path(preview)}/begin"))
    front = own.get("/").text

    assert "This will be imported" in preview.text
    assert "ChatGPT" in preview.text
    assert "1 conversation, 4 messages" in visible_text(preview.text)
    assert "Capitals" in preview.text
    assert "1 will be left out" in preview.text
    assert "is not a conversation" in preview.text
    assert "Imported" in report.text
    assert "Capitals" in front


def test_the_same_file_again_brings_nothing_new(own: Browser) -> None:
    settled(own, own.post(f"{path(settled(own, upload(own, [plain()])))}/begin"))

    again = settled(own, upload(own, [plain()]))

    assert "Nothing new" in again.text
    assert "1 is here already" in visible_text(again.text)
    assert "/begin" not in again.text


def test_an_imported_conversation_can_be_shown_gone_on_with_and_asked_again(own: Browser) -> None:
    settled(own, own.post(f"{path(settled(own, upload(own, [plain()])))}/begin"))
    (imported,) = own.get("/export.json").json()["conversations"]
    page = own.open(imported["id"])
    page.wait("messages")

    page.send("#echo And of Italy?")
    page.wait("ended", state="complete")
    page.put(type="regenerate", client_id=str(uuid.uuid4()), message=page.articles[3].id)
    page.wait("ended", state="complete")

    assert "And of Spain?" in page.articles[2].html
    assert [article.state for article in page.articles] == ["complete"] * 4


def test_an_open_page_is_told_when_an_import_is_done(own: Browser) -> None:
    page = own.open()
    before = page.wait("lists")["version"]
    preview = settled(own, upload(own, [plain()]))

    own.post(f"{path(preview)}/begin")

    assert page.wait("lists")["version"] != before
    part = own.http.get(f"{own.server.url}/lists", headers={"Accept": "text/vnd.liaochat"})
    assert "Capitals" in part.text


def test_a_cancelled_preview_says_so_and_leaves_nothing(own: Browser) -> None:
    preview = settled(own, upload(own, [plain()]))

    cancelled = own.post(f"{path(preview)}/cancel")

    assert "Cancelled" in cancelled.text
    assert "Capitals" not in own.get("/").text


@pytest.mark.parametrize(
    ("content", "status", "sentence"),
    [
        (b"", 422, "There is no file, or nothing in it."),
        (b"[" + b" " * 2_000_001, 413, "This file is larger than 2 MB"),
        (b"[" + b" " * 5_000_000, 413, "This file is larger than 2 MB"),
    ],
)
def test_a_file_that_is_not_taken_is_refused_with_a_sentence(
    own: Browser, content: bytes, status: int, sentence: str
) -> None:
    refused = upload(own, content)

    assert refused.status_code == status
    assert sentence in refused.text
    assert "Imports so far" not in refused.text


def test_a_broken_file_is_named_as_such(own: Browser) -> None:
    failed = settled(own, upload(own, b'[{"mapping": '))

    assert "Nothing was imported" in failed.text
    assert "stops being JSON" in failed.text


def test_what_is_no_upload_at_all_is_refused(own: Browser) -> None:
    assert own.post("/import", file="only a text").status_code == 422
    twice = [("file", ("a.json", "[]")), ("file", ("b.json", "[]"))]
    assert own.http.post(f"{own.server.url}/import", files=twice, timeout=20).status_code == 400
    cut = own.http.post(
        f"{own.server.url}/import",
        data=b"--x\r\nContent-Disposition: form-data; name=file; filename=a\r\n\r\nhalf",
        headers={"Content-Type": "multipart/form-data; boundary=x"},
        timeout=20,
    )
    assert cut.status_code == 400
    settled(own, upload(own, [plain()]))


def test_imports_are_nobody_elses(own: Browser) -> None:
    one = settled(own, upload(own, [plain()]))
    with Browser(own.server, link=own.server.link_of_a_newcomer()) as eve:
        for answer in (
            eve.get(path(one)),
            eve.post(f"{path(one)}/begin"),
            eve.post(f"{path(one)}/cancel"),
        ):
            assert answer.status_code == 404
            assert "Capitals" not in answer.text

    assert "This will be imported" in own.get(path(one)).text


def test_a_name_that_plays_tricks_is_shown_harmlessly(own: Browser) -> None:
    title = "<script>alert(1)</script>\u202e/\x00"

    preview = settled(own, upload(own, [{**plain(), "title": title}], name="<b>\u202e.json"))

    assert "<script>alert" not in preview.text
    assert "\u202e" not in preview.text
    assert "&lt;b&gt;" in preview.text


def test_an_upload_that_keeps_coming_is_not_cut_off_and_one_that_stops_is(
    start_server: StartServer,
) -> None:
    server = start_server(request_timeout="2")
    body = multipart(json.dumps([plain()]).encode() + b" " * 6_000_000)
    with Browser(server) as browser:
        with sending(browser, len(body)) as stopping:
            stopping.sendall(body[:100])
            while stopping.recv(4096):
                pass
        began = time.monotonic()
        with sending(browser, len(body)) as slow:
            for at in range(0, len(body), 500_000):
                slow.sendall(body[at : at + 500_000])
                time.sleep(0.25)  # the sender's line is slow: this is what is tested
            answer = slow.recv(4096)

    assert time.monotonic() - began > 2.5
    assert answer.startswith(b"HTTP/1.1 303 ")


def test_the_report_names_what_does_not_come_along(own: Browser) -> None:
    mixed = plain()
    mixed["mapping"]["a2"]["message"]["content"] = {
        "content_type": "multimodal_text",
        "parts": [{"content_type": "image_asset_pointer"}, "Madrid, as seen here."],
    }

    preview = settled(own, upload(own, [mixed]))

    assert "1 picture or other thing that is not text is left out." in preview.text


def upload(
    browser: Browser, content: object, *, name: str = "conversations.json"
) -> requests.Response:
    """Send a file as the form without script does."""
    if not isinstance(content, bytes):
        content = json.dumps(content).encode()
    return browser.http.post(
        f"{browser.server.url}/import", files={"file": (name, content)}, timeout=30
    )


def settled(browser: Browser, answer: requests.Response) -> requests.Response:
    """Load the page of an import until it stands still."""
    assert "/import/" in answer.url, answer.text
    deadline = time.monotonic() + 20
    while "data-live" in answer.text:
        assert time.monotonic() < deadline, answer.text
        answer = browser.get(path(answer))
    return answer


def path(answer: requests.Response) -> str:
    found = re.search(r"/import/[0-9a-f]{32}", answer.url)
    assert found, answer.url
    return found[0]


def multipart(content: bytes) -> bytes:
    head = (
        '--x\r\nContent-Disposition: form-data; name="file"; filename="a.json"\r\n'
        "Content-Type: application/json\r\n\r\n"
    )
    return head.encode() + content + b"\r\n--x--\r\n"


def sending(browser: Browser, length: int) -> socket.socket:
    """Open a connection with the head of an upload on it."""
    host, port = browser.server.url.removeprefix("http://").split(":")
    opened = socket.create_connection((host, int(port)), timeout=20)
    opened.sendall(
        f"POST /import HTTP/1.1\r\nHost: {host}:{port}\r\nOrigin: {browser.server.url}\r\n"
        f"Cookie: {browser.cookie()}\r\nContent-Type: multipart/form-data; boundary=x\r\n"
        f"Content-Length: {length}\r\n\r\n".encode()
    )
    return opened
