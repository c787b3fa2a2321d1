"""The life of the server: starts, signals, crashes, and what is there afterwards."""

from __future__ import annotations

import os
import select
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from tests.support.server import Browser, Server
from tests.support.timing import in_time
from tests.upstream import Upstream

StartServer = Callable[..., Server]


def test_everything_is_there_after_a_restart(tmp_path: Path, liaobots: Upstream) -> None:
    settings = {"liaobots_url": liaobots.url}
    with (
        Server(tmp_path / "data", settings, first_start=True) as server,
        Browser(server) as browser,
    ):
        browser.use("liaobots/gpt-4", "test-code-4321")
        page = browser.open()
        page.send("#echo remember this")
        page.wait("ended")

        port = server.url.rpartition(":")[2]
        first_link = server.link
        assert server.stop() == 0
        server.start(port=port)

        html = browser.get(f"/c/{page.conversation}").text
        assert "remember this" in html
        assert "4321" in html
        assert server.link != first_link


def test_sigterm_says_goodbye_and_keeps_the_text(start_server: StartServer) -> None:
    server = start_server()
    with Browser(server) as browser:
        browser.use("liaobots/gpt-4", "test-code-4321")
        pages = [browser.open() for _ in range(5)]
        for page in pages:
            page.send("#stall")
            page.wait_for_text("This is all that")

        stopped_at = time.monotonic()
        port = server.url.rpartition(":")[2]
        server.process.terminate()
        codes = [page.wait_closed(5) for page in pages]
        told = time.monotonic() - stopped_at
        for page in pages:
            page.close()
        status = server.stop()
        took = time.monotonic() - stopped_at

        assert codes == [1012] * 5
        in_time(told, 0.5)
        in_time(took, 3)
        assert status == 0
        server.start(port=port)
        for page in pages:
            html = browser.get(f"/c/{page.conversation}").text
            assert "This is all that" in html
            assert "The server was restarted while it was answering." in html


def test_sigterm_does_not_wait_for_peers_that_do_not_say_goodbye(
    start_server: StartServer,
) -> None:
    server = start_server()
    with Browser(server) as browser:
        silent = [browser.connect() for _ in range(5)]

        started = time.monotonic()
        server.stop()

        in_time(time.monotonic() - started, 3)
        for one in silent:
            one.shutdown()


def test_a_killed_server_keeps_what_it_had_received(
    start_server: StartServer,
) -> None:
    server = start_server()
    with Browser(server) as browser:
        browser.use("liaobots/gpt-4", "test-code-4321")
        page = browser.open()
        page.send("#stall")
        page.wait_for_text("This is all that")
        time.sleep(0.15)  # the promise is about text that is older than 100 ms

        port = server.url.rpartition(":")[2]
        server.kill()
        server.start(port=port)

        html = browser.get(f"/c/{page.conversation}").text
        assert 'data-state="interrupted"' in html
        assert "This is all that" in html
        with closing(sqlite3.connect(server.data_dir / "liaochat.db")) as database:
            assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            assert database.execute("SELECT count(*) FROM journal_chunks").fetchall() == [(0,)]


def test_a_killed_worker_is_replaced_and_its_answers_get_an_end(
    start_server: StartServer,
) -> None:
    server = start_server()
    with Browser(server) as browser:
        browser.use("liaobots/gpt-4", "test-code-4321")
        page = browser.open()
        page.send("#stall")
        page.wait_for_text("This is all that")

        time.sleep(0.15)  # the promise is about text that is older than 100 ms
        (worker,) = server.workers()
        os.kill(worker, signal.SIGKILL)
        page.wait_closed()
        again = browser.open(page.conversation)  # waits in the backlog for the next worker
        again.wait("messages")

        assert again.answer.state == "interrupted"


def test_a_port_in_use_is_one_clear_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        ended = _serve(tmp_path, LIAOCHAT_PORT=str(port))

    assert ended.returncode == 2
    assert ended.stderr == (
        f"Port {port} on 127.0.0.1 is in use by another program. "
        "Stop that one, or choose another port with LIAOCHAT_PORT.\n"
    )


def test_a_data_folder_in_use_is_one_clear_sentence(start_server: StartServer) -> None:
    server = start_server()

    ended = _serve(server.data_dir)

    assert ended.returncode == 2
    assert ended.stderr == (
        f"Liaochat already runs with the data folder {server.data_dir}, under {server.url}. "
        "Stop it first, or choose another folder with LIAOCHAT_DATA_DIR.\n"
    )


@pytest.mark.parametrize(
    ("variable", "value", "sentence"),
    [
        ("LIAOCHAT_PROT", "9000", "LIAOCHAT_PROT in the environment is not a setting."),
        ("LIAOCHAT_PORT", "http", "it must be a whole number from 0 to 65535."),
        ("LIAOCHAT_LIAOBOTS_URL", "liaobots", "it must be an address such as"),
        ("LIAOCHAT_LOCAL_MODEL", "/nowhere.gguf", "/nowhere.gguf"),
        ("LIAOCHAT_MODELS_FILE", "/nowhere.toml", "/nowhere.toml"),
        ("LIAOCHAT_REDIS_URL", "redis://localhost", "this version cannot use Redis yet"),
    ],
)
def test_a_wrong_setting_stops_the_start_with_a_clear_sentence(
    tmp_path: Path, variable: str, value: str, sentence: str
) -> None:
    ended = _serve(tmp_path, **{variable: value})

    assert ended.returncode == 2
    assert sentence in ended.stderr
    assert "Traceback" not in ended.stderr
    assert len(ended.stderr.splitlines()) == 1


def test_an_interrupt_in_the_terminal_ends_it_quietly(start_server: StartServer) -> None:
    server = start_server()

    status = server.stop(signal.SIGINT)

    assert status == 0
    assert "Traceback" not in server.log


def test_the_development_server_answers_too(start_server: StartServer) -> None:
    server = start_server(arguments=["--debug"])
    with Browser(server) as browser:
        browser.use("liaobots/gpt-4", "test-code-4321")
        page = browser.open()

        page.send("#echo in debug mode")
        page.wait("ended", state="complete")

        assert page.text() == "#echo in debug mode"


def _serve(folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    environ = {name: text for name, text in os.environ.items() if not name.startswith("LIAOCHAT")}
    environ |= {"LIAOCHAT_DATA_DIR": str(folder), "LIAOCHAT_PORT": "0", **variables}
    return subprocess.run(
        [sys.executable, "-m", "webapp", "serve"],
        env=environ,
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )


def test_peers_that_never_hang_up_do_not_hold_up_others(server: Server) -> None:
    host, port = server.url.removeprefix("http://").split(":")
    rude = [socket.create_connection((host, int(port))) for _ in range(5)]
    for one in rude:
        one.sendall(f"GET /healthz HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
        while one.recv(4096):
            pass

    started = time.monotonic()
    with Browser(server, sign_in=False) as browser:
        assert browser.get("/healthz").text == "ok"

    in_time(time.monotonic() - started, 1)
    for one in rude:
        one.close()


def test_a_request_that_comes_too_slowly_is_cut_off_and_a_socket_is_not(
    start_server: StartServer,
) -> None:
    server = start_server(request_timeout="1")
    host, port = server.url.removeprefix("http://").split(":")
    head = f"POST /sign-in HTTP/1.1\r\nHost: {host}:{port}\r\nOrigin: {server.url}\r\n"
    slow = [head, f"{head}Content-Length: 100\r\n\r\ntoken="]
    with Browser(server) as browser:
        page = browser.open()
        sockets = [socket.create_connection((host, int(port)), timeout=10) for _ in slow]
        for one, start in zip(sockets, slow, strict=True):
            one.sendall(start.encode())

        started = time.monotonic()
        for one in sockets:
            while one.recv(4096):
                pass
            one.close()

        assert time.monotonic() - started > 0.5
        in_time(time.monotonic() - started, 6)
        browser.use("liaobots/gpt-4", "test-code-4321")
        page.send("#echo still open")
        page.wait("ended", state="complete")


def test_strangers_who_send_slowly_keep_nobody_waiting(start_server: StartServer) -> None:
    server = start_server(max_sockets="1")
    host, port = server.url.removeprefix("http://").split(":")
    head = f"POST /sign-in HTTP/1.1\r\nHost: {host}:{port}\r\nOrigin: {server.url}\r\n"
    with Browser(server) as browser, ExitStack() as stack:
        for number in range(500):
            slow = stack.enter_context(socket.create_connection((host, int(port))))
            whole = f"{head}Content-Length: 100\r\n\r\ntoken=" if number % 2 else head
            slow.sendall(whole[: 1 + number % len(whole)].encode())

            if number % 50 == 49:
                started = time.monotonic()
                assert browser.get("/healthz").text == "ok"
                assert browser.get("/").status_code == 200
                in_time(time.monotonic() - started, 1)


def test_a_request_in_pieces_is_answered_when_its_last_piece_is_here(server: Server) -> None:
    host, port = server.url.removeprefix("http://").split(":")
    body = "token=" + "x" * 50
    request = (
        f"POST /sign-in HTTP/1.1\r\nHost: {host}:{port}\r\nOrigin: {server.url}\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\n"
        f"Content-Length: {len(body)}\r\n\r\n{body}"
    ).encode()
    with socket.create_connection((host, int(port)), timeout=10) as slow:
        for byte in range(0, len(request), 7):
            assert select.select([slow], [], [], 0) == ([], [], []), "answered too early"
            slow.sendall(request[byte : byte + 7])
        first = slow.recv(4096)

    assert first.startswith(b"HTTP/1.1 410 ")
