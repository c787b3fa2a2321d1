"""What has come of an answer is read at once, in however many pieces it was sent."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.authority import Authority
from webapp.providers.exchange import CutError, Exchange

_HEAD = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
_SOON = 10


class Peer:
    """An upstream that says what it is told to, each piece in a packet of its own."""

    def __init__(self, authority: Authority | None) -> None:
        self._authority = authority
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.scheme = "http" if authority is None else "https"
        self.port = self._listener.getsockname()[1]
        self._sock: socket.socket | None = None
        self._thread = threading.Thread(target=self._accept)
        self._thread.start()

    def say(self, *pieces: bytes) -> None:
        assert self._sock is not None
        for piece in pieces:
            self._sock.sendall(piece)

    def hang_up(self) -> None:
        assert self._sock is not None
        self._sock.close()

    def close(self) -> None:
        self._listener.close()
        self._thread.join(_SOON)
        if self._sock is not None:
            self._sock.close()

    def _accept(self) -> None:
        sock, _ = self._listener.accept()
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self._authority is not None:
            sock = self._authority.context.wrap_socket(sock, server_side=True)
        sock.recv(65_536)
        self._sock = sock
        sock.sendall(_HEAD)


@pytest.fixture(params=["http", "https"])
def authority(request: pytest.FixtureRequest, tmp_path: Path) -> Authority | None:
    return Authority(tmp_path, "127.0.0.1") if request.param == "https" else None


@pytest.fixture
def peer(authority: Authority | None) -> Iterator[Peer]:
    peer = Peer(authority)
    yield peer
    peer.close()


@pytest.fixture
def exchange(peer: Peer, authority: Authority | None) -> Iterator[Exchange]:
    """An exchange of which the head of the answer has come."""
    with Exchange(
        ca_file=None if authority is None else str(authority.ca_file),
        connect_timeout=_SOON,
        first_timeout=_SOON,
        read_timeout=0.3,
        total_timeout=60,
    ) as exchange:
        exchange.post(f"{peer.scheme}://127.0.0.1:{peer.port}/", headers={}, body={})
        yield exchange


def chunk(text: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(text), text)


def rest_of(exchange: Exchange) -> list[bytes]:
    """Read up to the end."""
    return list(iter(exchange.read, b""))


def expect_cut_behind(whole: bytes, exchange: Exchange) -> None:
    threading.Event().wait(0.05)

    assert exchange.read() == whole
    with pytest.raises(CutError):
        exchange.read()


def test_chunks_that_came_together_are_read_together(peer: Peer, exchange: Exchange) -> None:
    peer.say(*(chunk(b"<%d>" % number) for number in range(100)))
    threading.Event().wait(0.1)

    assert exchange.read() == b"".join(b"<%d>" % number for number in range(100))

    peer.say(chunk(b"and"), chunk(b" on"), b"0\r\n\r\n")
    assert b"".join(rest_of(exchange)) == b"and on"


@pytest.mark.parametrize(
    "half", [b"1", b"10\r", b"10\r\n", b"10\r\nhalf of it", b"3;of=it\r", b"00", b""]
)
def test_what_came_whole_does_not_wait_for_the_rest(
    peer: Peer, exchange: Exchange, half: bytes
) -> None:
    peer.say(chunk(b"one"), chunk(b"two"), half)
    threading.Event().wait(0.05)

    assert exchange.read() == b"onetwo"


def test_a_chunk_that_comes_in_pieces_is_read_as_it_comes(peer: Peer, exchange: Exchange) -> None:
    text = bytes(range(256)) * 200
    peer.say(chunk(b"before"), chunk(text), chunk(b"behind"), b"0\r\n\r\n")

    pieces = rest_of(exchange)

    assert b"".join(pieces) == b"before" + text + b"behind"
    assert max(map(len, pieces)) <= 16_384


def test_extensions_zeros_and_capitals_are_read(peer: Peer, exchange: Exchange) -> None:
    peer.say(chunk(b"a"), b"0001;x=y\r\nb\r\n000C\r\n", b"c" * 12, b"\r\n0\r\nTail: er\r\n\r\n")

    pieces = rest_of(exchange)

    assert b"".join(pieces) == b"ab" + b"c" * 12


@pytest.mark.parametrize("nonsense", [b"nonsense\r\n", b"\r\n\r\n", b"1" * 70_000])
def test_what_is_no_chunk_is_a_cut_after_all_that_was_whole(
    peer: Peer, exchange: Exchange, nonsense: bytes
) -> None:
    peer.say(chunk(b"one") + chunk(b"two"), nonsense)

    expect_cut_behind(b"onetwo", exchange)


def test_an_end_without_the_last_chunk_is_a_cut(peer: Peer, exchange: Exchange) -> None:
    peer.say(chunk(b"one"), chunk(b"two"))
    peer.hang_up()

    expect_cut_behind(b"onetwo", exchange)


def test_the_patience_is_the_same_behind_many_pieces(peer: Peer, exchange: Exchange) -> None:
    peer.say(chunk(b"one"), chunk(b"two"))
    threading.Event().wait(0.05)
    assert exchange.read() == b"onetwo"

    began = threading.Timer(0.1, peer.say, [chunk(b"three")])
    began.start()
    assert exchange.read() == b"three"
