"""Bad readers and bad writers hurt only themselves: others are served, and memory stays."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from tests.faults.scene import memory
from tests.support.server import Browser, Server
from tests.support.timing import in_time
from tests.upstream.texts import numbered

StartServer = Callable[..., Server]

_MB = 1024 * 1024
_MASK = b"\0\0\0\0"
_PERMITTED = 10 * _MB


def frame(opcode: int, payload: bytes, *, final: bool = True, reserved: int = 0) -> bytes:
    """Write a masked frame, as a client does."""
    head = bytes((final << 7 | reserved << 4 | opcode,))
    length = len(payload)
    if length < 126:
        return head + bytes((0x80 | length,)) + _MASK + payload
    if length < 1 << 16:
        return head + b"\xfe" + length.to_bytes(2, "big") + _MASK + payload
    return head + b"\xff" + length.to_bytes(8, "big") + _MASK + payload


def large_frames() -> Iterator[bytes]:
    """3,000 large frames at once."""
    for _ in range(3000):
        yield frame(1, b'"' + b"x" * 50_000 + b'"')


def unfinished_message() -> Iterator[bytes]:
    """A message of 200 MB that never ends."""
    yield frame(1, b"x", final=False)
    for _ in range(200):
        yield frame(0, b"x" * _MB, final=False)


def empty_fragments() -> Iterator[bytes]:
    """A message in very many pieces of nothing."""
    yield frame(1, b"", final=False)
    for _ in range(300):
        yield frame(0, b"", final=False) * 1000


def compressed_bomb() -> Iterator[bytes]:
    """A frame that claims to be compressed, which was not agreed to."""
    yield frame(1, b"\xec\xc1\x01\x01\x00\x00\x00\x80\x90\xfe\xaf\xee\x08\x0a" * 1000, reserved=4)


def pings() -> Iterator[bytes]:
    """50,000 pings as fast as they go."""
    for _ in range(500):
        yield frame(9, b"are you there?") * 100


def unread_snapshots() -> Iterator[bytes]:
    """Asks for the conversation again and again, and takes none of the answers."""
    for _ in range(3000):
        yield frame(1, json.dumps(_WATCH).encode())


_WATCH: dict[str, object] = {"type": "watch", "conversation": "", "last": None, "state": None}
_ATTACKS = [
    large_frames,
    unfinished_message,
    empty_fragments,
    compressed_bomb,
    pings,
    unread_snapshots,
]


@pytest.fixture(scope="module")
def attacked(
    tmp_path_factory: pytest.TempPathFactory, liaobots: object
) -> Iterator[tuple[Server, Browser]]:
    """A server with a conversation of some size, whose caches have settled."""
    settings = {"liaobots_url": liaobots.url, "max_sockets": "60"}  # type: ignore[attr-defined]
    with (
        Server(tmp_path_factory.mktemp("attacked"), settings) as server,
        Browser(server) as browser,
    ):
        browser.use("liaobots/gpt-4", "test-code-4321")
        page = browser.open()
        page.send("#long:20")
        page.wait("ended", timeout=60)
        _WATCH["conversation"] = page.conversation
        for _ in range(5):
            browser.open(page.conversation).wait("messages")
            browser.get(f"/c/{page.conversation}")
        yield server, browser


@pytest.mark.parametrize("attack", _ATTACKS, ids=lambda attack: attack.__name__)
def test_an_attack_by_socket_costs_others_nothing_and_little_memory(
    attacked: tuple[Server, Browser], attack: Callable[[], Iterator[bytes]]
) -> None:
    server, browser = attacked
    before, most = memory(server), 0
    attacker = browser.connect().sock
    attacker.settimeout(0.2)
    over = threading.Event()

    def strike() -> None:
        with contextlib.suppress(OSError):
            for data in attack():
                if over.is_set():
                    return
                attacker.sendall(data)

    striking = threading.Thread(target=strike)
    striking.start()
    slowest = 0.0
    page = browser.open()
    page.send("#slow:100,10")
    page.wait("accepted")
    until = time.monotonic() + 2.5
    while time.monotonic() < until:
        started = time.monotonic()
        assert browser.get("/healthz").text == "ok"
        slowest = max(slowest, time.monotonic() - started)
        most = max(most, memory(server))
        page.read(0.02)
    over.set()
    striking.join()
    attacker.close()
    if page.answer.state == "running":
        page.wait("ended")

    assert page.answer.state == "complete"
    assert page.text() == numbered(100).strip()
    in_time(slowest, 1)
    assert most - before < _PERMITTED, f"{(most - before) / _MB:.1f} MB more"


def test_readers_who_take_nothing_are_dropped_and_hold_up_nobody(
    attacked: tuple[Server, Browser],
) -> None:
    server, browser = attacked
    stuck = []
    page = browser.open()
    page.send("#long:60")
    page.wait("accepted")
    before = memory(server)
    for _ in range(20):
        opened = browser.connect()
        opened.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        opened.send(json.dumps(_WATCH | {"conversation": page.conversation}))
        stuck.append(opened.sock)
    normal = browser.open()

    normal.send("#slow:200,10")
    normal.wait("ended", state="complete")
    page.wait("ended", state="complete", timeout=60)

    assert normal.text() == numbered(200).strip()
    assert memory(server) - before < _PERMITTED
    for one in stuck:
        one.close()


def test_with_every_permitted_socket_open_pages_are_served_and_one_more_is_told_why(
    start_server: StartServer,
) -> None:
    server = start_server(max_sockets="30", max_sockets_per_user="30")
    with Browser(server) as browser:
        pages = [browser.open() for _ in range(30)]
        for page in pages:
            page.wait("saving")

        started = time.monotonic()
        assert browser.get("/").status_code == 200
        assert browser.get("/healthz").text == "ok"
        took = time.monotonic() - started
        one_more = browser.open()

        assert one_more.wait_closed() == 4429
        assert one_more.close_reason == "Too many pages are open. Close some, then reload."
        in_time(took, 1)


def test_a_head_that_never_ends_is_cut_off(start_server: StartServer) -> None:
    server = start_server()
    host, port = server.url.removeprefix("http://").split(":")
    before = memory(server)
    sent = 0

    with socket.create_connection((host, int(port)), timeout=10) as endless:
        endless.sendall(b"GET / HTTP/1.1\r\n")
        with contextlib.suppress(OSError):
            while sent < 200 * _MB:
                endless.sendall(b"X-Endless: " + b"x" * 8000 + b"\r\n")
                sent += 8000

    assert sent < 50 * _MB
    assert memory(server) - before < _PERMITTED


@pytest.mark.parametrize("scenario", ["gzip-bomb", "endless", "endless-line", "header-flood"])
def test_an_upstream_without_end_costs_little_memory(
    attacked: tuple[Server, Browser], scenario: str
) -> None:
    server, browser = attacked
    page = browser.open()
    before = memory(server)

    page.send(f"#{scenario}")
    page.wait("accepted")
    until = time.monotonic() + 2.5
    most = 0
    while time.monotonic() < until and not (page.articles and page.answer.state != "running"):
        page.read(0.1)
        most = max(most, memory(server))
    if page.answer.state == "running":
        page.stop()
        page.wait("ended")

    assert page.answer.state in {"failed", "interrupted", "stopped"}
    assert most - before < _PERMITTED, f"{(most - before) / _MB:.1f} MB more"
