"""`liaochat doctor`: each fault between browsers and the server is named, with what to do."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta

import pytest

from tests.support.proxy import Proxy
from tests.support.server import Server
from webapp import cli
from webapp.clock import SystemClock
from webapp.doctor import examine


def _faults(url: str) -> list[str]:
    return [one.text for one in examine(url, now=SystemClock().now()) if not one.good]


def _port(server: Server) -> int:
    return int(server.url.rpartition(":")[2])


@pytest.fixture
def answering() -> Iterator[Callable[[str], str]]:
    """Start servers of something else that say one thing to all; gives their addresses."""
    with ExitStack() as stack:

        def start(body: str) -> str:
            listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
            thread = threading.Thread(target=_answer, args=(listener, body), name="stranger")
            thread.start()
            stack.callback(thread.join)
            stack.callback(listener.shutdown, socket.SHUT_RDWR)
            return f"http://127.0.0.1:{listener.getsockname()[1]}"

        yield start


def _answer(listener: socket.socket, body: str) -> None:
    while True:
        try:
            client, _ = listener.accept()
        except OSError:
            return
        with client:
            client.recv(4096)
            head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n"
            client.sendall((head + body).encode())


def test_where_all_is_well_that_is_said(server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    status = cli.main(["doctor", "--url", server.url])

    assert status == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 6
    assert all(line.startswith("ok ") for line in lines)


def test_a_fault_ends_the_command_with_one(
    server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    with Proxy(_port(server), "strip") as proxy:
        status = cli.main(["doctor", "--url", proxy.url])

    assert status == 1
    assert "FAULT  The upgrade to a WebSocket is stripped" in capsys.readouterr().out


def test_a_proxy_that_holds_answers_back_is_named(server: Server) -> None:
    with Proxy(_port(server), "pass", hold_back=True) as proxy:
        faults = _faults(proxy.url)

    assert len(faults) == 1
    assert "holds answers back" in faults[0]


def test_a_proxy_that_does_not_hand_on_the_host_is_named(server: Server) -> None:
    with Proxy(_port(server), "pass", host="127.0.0.1:8000") as proxy:
        faults = _faults(proxy.url)

    assert len(faults) == 1
    assert "believes to be http://127.0.0.1:8000" in faults[0]
    assert f"LIAOCHAT_PUBLIC_URL={proxy.url}" in faults[0]


def test_a_cookie_that_browsers_would_refuse_is_named(answering: Callable[[str], str]) -> None:
    url = answering(
        '{"origin": "https://chat.example.org", "prefix": "", "now": 0, "upgrade": true}'
    )

    assert any("refuse the cookie" in fault for fault in _faults(url))


def test_a_clock_that_is_wrong_is_named(server: Server) -> None:
    later = SystemClock().now() + timedelta(minutes=5)

    faults = [one.text for one in examine(server.url, now=later) if not one.good]

    assert len(faults) == 1
    assert "seconds apart" in faults[0]


def test_a_server_that_is_not_there_is_named() -> None:
    (fault,) = _faults("http://127.0.0.1:9")

    assert "cannot be reached" in fault


def test_plain_http_where_https_was_meant_is_named(answering: Callable[[str], str]) -> None:
    (fault,) = _faults(answering("hi").replace("http:", "https:"))

    assert "TLS fails" in fault


def test_what_is_not_liaochat_is_named(answering: Callable[[str], str]) -> None:
    (fault,) = _faults(answering("hi"))

    assert "is not Liaochat" in fault


@pytest.mark.parametrize("url", ["ftp://x", "http://", ""])
def test_what_is_no_address_is_named(url: str) -> None:
    (fault,) = _faults(url)

    assert "is no address" in fault
