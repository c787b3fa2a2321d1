"""The socket against pages that are broken, slow or hostile."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable

import pytest

from tests.support.server import Browser, Server

_BAD_FRAMES = [
    "",
    "hello",
    "null",
    "[]",
    "{}",
    '{"type": 7}',
    '{"type": "nonsense"}',
    '{"type": "send"}',
    '{"type": "send", "client_id": "x", "text": "y"}',
    '{"type": "send", "client_id": "00000000-0000-4000-8000-000000000000", "text": 5}',
    '{"type": "stop"}',
    '{"type": "stop", "message": ["x"]}',
    '{"type": "watch", "conversation": "../../etc/passwd"}',
    '{"type": "watch", "conversation": "00000000000000000000000000000000", "state": {}}',
    "[" * 100_000,
    '{"a":' * 50_000,
]


@pytest.mark.parametrize("frame", _BAD_FRAMES, ids=lambda frame: frame[:40])
def test_a_frame_that_is_not_a_command_is_answered_and_the_next_one_works(
    browser: Browser, frame: str
) -> None:
    page = browser.open()

    page.socket.send(frame)
    answer = page.wait("error")
    page.send("#echo still there")
    page.wait("ended", state="complete")

    assert answer["text"] == "The server did not understand this page. Reload it."


def test_a_binary_frame_is_not_a_command(browser: Browser) -> None:
    page = browser.open()

    page.socket.send_binary(b"\xff\xfe\x00")

    assert page.wait("error")["code"] == "bad_command"


def test_a_frame_that_is_too_large_closes_the_socket_and_nothing_else(browser: Browser) -> None:
    page = browser.open()

    page.socket.send(json.dumps({"type": "send", "text": "x" * 2_100_000}))

    assert page.wait_closed() == 1009
    other = browser.open()
    other.send("#echo the server goes on")
    other.wait("ended", state="complete")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "The message is empty. Write something first."),
        (" \n\t ", "The message is empty. Write something first."),
        (
            "x" * 24_001,
            "The message has 24,001 characters; GPT-4 takes 24,000 at most. Shorten it.",
        ),
    ],
    ids=["empty", "blank", "too long"],
)
def test_a_message_that_cannot_be_sent_is_refused_in_one_sentence(
    browser: Browser, text: str, sentence: str
) -> None:
    page = browser.open()

    client_id = page.send(text)
    refusal = page.wait("refused", client_id=client_id)

    assert refusal["text"] == sentence
    assert page.conversation is None


def test_half_a_surrogate_pair_is_stored_as_a_replacement_character(browser: Browser) -> None:
    page = browser.open()

    page.socket.send(
        '{"type":"send","client_id":"9d3b1b0e-28fa-4f0c-8a3e-0d0f6d1a7f10",'
        '"conversation":null,"parent":null,"text":"#echo a\\ud83db\\u0000c"}'
    )
    page.wait("ended", state="complete")

    assert page.text() == "#echo a\ufffdb\ufffdc"


def test_a_reader_that_takes_nothing_harms_nobody_and_is_dropped(
    start_server: Callable[..., Server],
) -> None:
    server = start_server()
    with Browser(server) as browser:
        browser.use("liaobots/gpt-4", "test-1234")
        page = browser.open()
        page.send("#long:60")
        page.wait("accepted")
        lazy = browser.connect()
        lazy.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        watch = json.dumps(
            {"type": "watch", "conversation": page.conversation, "last": None, "state": None}
        )
        for _ in range(60):
            lazy.send(watch)  # each is answered with the whole transcript, which it never reads

        page.wait("ended", state="complete", timeout=60)
        deadline = time.monotonic() + 20
        while _sockets(server) > 1 and time.monotonic() < deadline:
            page.read(0.2)

        assert _sockets(server) == 1
        lazy.shutdown()


def test_too_many_pages_are_told_so(start_server: Callable[..., Server]) -> None:
    server = start_server(max_sockets="3", max_sockets_per_user="2")
    with Browser(server) as browser:
        first, second = browser.open(), browser.open()
        third = browser.open()

        assert third.wait_closed() == 4429
        assert third.close_reason == "Too many pages are open. Close some, then reload."
        first.close()
        assert _opens(browser)
        assert second.closed is None
        assert browser.get("/").status_code == 200


def test_compression_is_never_agreed_to(server: Server, browser: Browser) -> None:
    host, port = server.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as raw:
        raw.sendall(
            (
                f"GET /socket HTTP/1.1\r\nHost: {host}:{port}\r\nOrigin: {server.url}\r\n"
                f"Cookie: {browser.cookie()}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
                "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n"
            ).encode()
        )
        head = raw.recv(4096).partition(b"\r\n\r\n")[0].decode()

    assert head.startswith("HTTP/1.1 101")
    assert "extensions" not in head.lower()


def _opens(browser: Browser) -> bool:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        page = browser.open()
        page.put(type="nonsense")
        if page.read(5) is not None:
            return True
    return False


def _sockets(server: Server) -> int:
    """How many connections of browsers the worker holds, as the kernel counts them."""
    port = int(server.url.rpartition(":")[2])
    with open("/proc/net/tcp", encoding="ascii") as table:  # noqa: PTH123
        rows = [line.split() for line in table][1:]
    established = "01"
    return sum(int(row[1].partition(":")[2], 16) == port and row[3] == established for row in rows)
