"""A browser's socket: real sockets, simple-websocket's own server, and slow peers."""

from __future__ import annotations

import contextlib
import json
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass

import pytest

from tests.support.sockets import CLOSE, CONTINUED, PING, PONG, TEXT, Peer, accept
from webapp.web.allowance import Allowance
from webapp.web.connection import FAREWELL, FLOODED, RESTARTING, TOO_MANY
from webapp.web.laggards import Laggards
from webapp.web.socket_connection import SocketConnection

_LITTLE = 8192
_KIB = 1024
_SOON = 10


@dataclass
class Pair:
    connection: SocketConnection
    inner: socket.socket
    peer: Peer

    def part(self) -> None:
        """Do what the server does when the page's owner is through with it."""
        self.connection.finish()
        self.inner.close()


@pytest.fixture
def laggards() -> Iterator[Laggards]:
    thread = Laggards(patience=0.5)
    thread.start()
    yield thread
    thread.close()


@pytest.fixture
def connect(laggards: Laggards) -> Iterator[Callable[..., Pair]]:
    """Open connections whose peers read on demand; both ends are closed at the end."""
    with ExitStack() as stack:

        def open_pair(
            *,
            buffer: int | None = None,
            ping_interval: float = 10 * _SOON,
            allowance: Allowance | None = None,
        ) -> Pair:
            server, inner, peer = accept(buffer=buffer)
            connection = SocketConnection(
                server,
                user_id="u",
                session_hash="s",
                laggards=laggards,
                allowance=allowance or Allowance(),
                ping_interval=ping_interval,
            )
            stack.callback(inner.close)
            stack.callback(connection.finish)
            stack.callback(peer.socket.close)
            return Pair(connection, inner, peer)

        yield open_pair


@pytest.fixture
def small_steps() -> Iterator[None]:
    """Have threads take turns as often as they can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def test_a_frame_from_the_page_is_received(connect: Callable[..., Pair]) -> None:
    pair = connect()

    pair.peer.send(b'{"type":"x"}')

    assert pair.connection.receive() == '{"type":"x"}'


def test_waiting_for_a_frame_ends_with_none_when_the_peer_goes(
    connect: Callable[..., Pair],
) -> None:
    pair = connect()
    with ThreadPoolExecutor(1) as pool:
        received = pool.submit(pair.connection.receive)

        pair.peer.send((1000).to_bytes(2, "big"), CLOSE)

        assert received.result(_SOON) is None


def test_waiting_for_a_frame_ends_with_none_when_we_close(connect: Callable[..., Pair]) -> None:
    pair = connect()
    with ThreadPoolExecutor(1) as pool:
        received = pool.submit(pair.connection.receive)
        pair.peer.send(b"now it waits")
        assert received.result(_SOON) == "now it waits"
        received = pool.submit(pair.connection.receive)

        pair.connection.close(RESTARTING, "the server restarts")

        assert received.result(_SOON) is None


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65535, 65536, 300_000])
def test_a_frame_of_any_size_arrives_whole(connect: Callable[..., Pair], size: int) -> None:
    pair = connect()

    pair.connection.send(b"x" * size)

    frame = next(pair.peer.frames())
    assert (frame.opcode, frame.payload) == (TEXT, b"x" * size)


def test_frames_of_many_threads_reach_a_slow_reader_whole_and_in_order(
    connect: Callable[..., Pair],
) -> None:
    pair = connect(buffer=_LITTLE)
    threads, each = 20, 50

    def send(thread: int) -> None:
        for number in range(each):
            frame = {"thread": thread, "number": number, "filling": "x" * (number * 37 % 3000)}
            pair.connection.send(json.dumps(frame).encode())

    with ThreadPoolExecutor(threads + 1) as pool:
        owner = pool.submit(pair.connection.receive)  # who answers pings
        sending = [pool.submit(send, thread) for thread in range(threads)]
        frames = pair.peer.frames()
        numbers: dict[int, list[int]] = {thread: [] for thread in range(threads)}
        pings = pongs = 0
        while sum(map(len, numbers.values())) < threads * each:
            frame = next(frames)
            if frame.opcode == PONG:
                pongs += 1
                continue
            told = json.loads(frame.payload)
            numbers[told["thread"]].append(told["number"])
            if told["number"] % 10 == 0:
                pings += 1
                pair.peer.send(b"", PING)
        for one in sending:
            one.result()
        while pongs < pings:
            pongs += next(frames).opcode == PONG
        pair.peer.send(b"the last")
        assert owner.result(_SOON) == "the last"

    assert all(got == list(range(each)) for got in numbers.values())


def test_a_patch_is_refused_while_too_much_waits_and_the_reader_is_told_once(
    connect: Callable[..., Pair],
) -> None:
    pair = connect(buffer=_LITTLE)
    caught_up = threading.Semaphore(0)
    pair.connection.on_caught_up = caught_up.release
    accepted = 0
    while pair.connection.offer(b"p" * 50_000):
        accepted += 1
        assert accepted < 200

    frames = pair.peer.frames()
    for _ in range(accepted):
        assert next(frames).payload == b"p" * 50_000

    assert caught_up.acquire(timeout=_SOON), "nobody was told that the reader had caught up"
    assert pair.connection.offer(b"and on it goes")
    assert next(frames).payload == b"and on it goes"
    assert not caught_up.acquire(blocking=False)


def test_no_patch_is_taken_between_a_refusal_and_having_caught_up(
    connect: Callable[..., Pair],
) -> None:
    pair = connect(buffer=_LITTLE)
    caught_up = threading.Event()
    pair.connection.on_caught_up = caught_up.set
    accepted = 0
    while pair.connection.offer(b"%06d" % accepted + b"p" * 20_000):
        accepted += 1

    # It takes some of what waits, and is offered more all the while.
    frames = pair.peer.frames()
    taken = [next(frames).payload[:6] for _ in range(accepted - 1)]
    between = pair.connection.offer(b"too early") and not caught_up.is_set()
    taken.append(next(frames).payload[:6])

    assert caught_up.wait(_SOON)
    assert not between
    assert taken == [b"%06d" % number for number in range(accepted)]


def test_what_must_arrive_is_queued_behind_what_waits(connect: Callable[..., Pair]) -> None:
    pair = connect(buffer=_LITTLE)
    while pair.connection.offer(b"p" * 50_000):
        pass

    pair.connection.send(b"the end")
    pair.connection.close(RESTARTING, "the server restarts")
    with ThreadPoolExecutor(1) as pool:
        pool.submit(pair.connection.finish)
        frames = list(pair.peer.frames())

    assert frames[-2].payload == b"the end"
    assert (frames[-1].opcode, frames[-1].code) == (CLOSE, RESTARTING)


def test_after_the_close_frame_nothing_is_sent(connect: Callable[..., Pair]) -> None:
    pair = connect()

    pair.connection.close(RESTARTING, "first")
    pair.connection.send(b"late")
    pair.connection.close(FLOODED, "second")
    took_patch = pair.connection.offer(b"late as well")
    pair.connection.finish()

    frames = list(pair.peer.frames())
    assert [(frame.opcode, frame.code) for frame in frames] == [(CLOSE, RESTARTING)]
    assert took_patch


def test_after_the_answer_to_a_peers_goodbye_nothing_is_sent(
    connect: Callable[..., Pair],
) -> None:
    pair = connect()
    with ThreadPoolExecutor(1) as pool:
        gone = pool.submit(pair.connection.receive)
        pair.peer.send((1000).to_bytes(2, "big"), CLOSE)
        assert gone.result(_SOON) is None

    pair.connection.send(b"news for a page that is gone")
    pair.connection.finish()

    assert [frame.opcode for frame in pair.peer.frames()] == [CLOSE]


def test_a_long_reason_is_cut_within_what_a_close_frame_may_hold(
    connect: Callable[..., Pair],
) -> None:
    pair = connect()

    pair.connection.close(RESTARTING, "ä" * 200)

    frame = next(pair.peer.frames())
    assert len(frame.payload) <= 125
    assert set(frame.payload[2:].decode()) == {"ä"}


def test_a_peer_that_takes_nothing_is_dropped(connect: Callable[..., Pair]) -> None:
    pair = connect(buffer=_LITTLE)
    with ThreadPoolExecutor(1) as pool:
        received = pool.submit(pair.connection.receive)
        started = time.monotonic()

        while pair.connection.offer(b"p" * 50_000):
            pass

        assert received.result(_SOON) is None
        assert time.monotonic() - started >= 0.5


@pytest.mark.parametrize("sends", [12 * 1024, 500], ids=["too much", "for too long"])
def test_what_a_dropped_peer_has_not_taken_is_kept_for_it_nowhere(
    connect: Callable[..., Pair], sends: int
) -> None:
    pair = connect(buffer=_LITTLE)
    with ThreadPoolExecutor(1) as pool:
        received = pool.submit(pair.connection.receive)
        for _ in range(12):
            pair.connection.send(b"x" * (sends * _KIB // 12))
        assert received.result(_SOON) is None

    pair.part()

    # An end that stands behind what waits would be told when that is taken: never.
    assert pair.peer.wait_told(_SOON)


def test_a_peer_that_answers_no_ping_is_dropped_with_what_it_has_not_taken(
    connect: Callable[..., Pair],
) -> None:
    pair = connect(buffer=_LITTLE, ping_interval=0.2)
    pair.connection.send(b"x" * 20_000)
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(pair.connection.receive).result(_SOON) is None

    pair.part()

    assert pair.peer.wait_told(_SOON)


def test_a_page_that_is_gone_before_it_was_let_in_is_parted_from_at_once(
    laggards: Laggards,
) -> None:
    server, inner, peer = accept()
    peer.reset()
    connection = SocketConnection(
        server, user_id="u", session_hash="s", laggards=laggards, allowance=Allowance()
    )

    started = time.monotonic()
    connection.send(b"welcome")
    assert connection.receive() is None
    connection.finish()

    assert time.monotonic() - started < FAREWELL
    inner.close()


def test_a_peer_that_lets_too_much_pile_up_is_dropped_at_once(
    connect: Callable[..., Pair],
) -> None:
    pair = connect(buffer=_LITTLE)
    with ThreadPoolExecutor(1) as pool:
        received = pool.submit(pair.connection.receive)

        for _ in range(12):
            pair.connection.send(b"x" * 1024 * _KIB)

        assert received.result(0.45 * _SOON) is None


def test_one_peer_that_takes_nothing_does_not_hold_up_another(
    connect: Callable[..., Pair],
) -> None:
    stuck, slow = connect(buffer=_LITTLE), connect(buffer=_LITTLE)
    stuck.connection.send(b"x" * 500_000)

    slow.connection.send(b"y" * 500_000)

    assert next(slow.peer.frames()).payload == b"y" * 500_000


def test_a_page_that_sends_more_than_is_obeyed_waits(connect: Callable[..., Pair]) -> None:
    pair = connect()
    pair.peer.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _LITTLE)
    pair.inner.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _LITTLE)
    many = 5000

    def send() -> None:
        for number in range(many):
            pair.peer.send(b"%0100d" % number)

    with ThreadPoolExecutor(1) as pool:
        sending = pool.submit(send)
        with pytest.raises(TimeoutError):
            sending.result(0.3)

        received = [int(pair.connection.receive() or "") for _ in range(many)]
        sending.result(_SOON)

    assert received == list(range(many))


def test_a_message_may_come_in_parts_with_pings_between(connect: Callable[..., Pair]) -> None:
    pair = connect()
    whole = "four parts: ä, 汉"
    raw = whole.encode()

    pair.peer.send(raw[:13], TEXT, last=False)
    pair.peer.send(b"there?", PING)
    pair.peer.send(raw[13:13], CONTINUED, last=False)
    pair.peer.send(raw[13:17], CONTINUED, last=False)
    pair.peer.send(raw[17:], CONTINUED)
    pair.peer.send(b"another")

    assert [pair.connection.receive(), pair.connection.receive()] == [whole, "another"]
    assert next(pair.peer.frames()).payload == b"there?"


def test_what_a_page_said_before_it_went_is_obeyed(connect: Callable[..., Pair]) -> None:
    pair = connect()

    pair.peer.send(b"last words")
    pair.peer.send((1001).to_bytes(2, "big"), CLOSE)

    assert [pair.connection.receive(), pair.connection.receive()] == ["last words", None]


def test_what_a_page_says_once_it_was_told_to_go_is_not_obeyed(
    connect: Callable[..., Pair],
) -> None:
    pair = connect()
    pair.peer.send(b"one")
    pair.peer.send(b"two")
    assert pair.connection.receive() == "one"

    pair.connection.close(FLOODED, "go")

    assert pair.connection.receive() is None


def test_a_peer_that_says_goodbye_is_parted_from_then_and_was_told_why(
    connect: Callable[..., Pair],
) -> None:
    pair = connect()
    for _ in range(100):
        pair.peer.send(b"what nobody reads any more")
    pair.connection.close(RESTARTING, "the server restarts")
    with ThreadPoolExecutor(1) as pool:
        started = time.monotonic()
        finished = pool.submit(pair.part)
        pair.peer.send(b"as a page does that has not heard yet")
        pair.peer.send((1012).to_bytes(2, "big"), CLOSE)

        finished.result(_SOON)
        took = time.monotonic() - started

    # Were anything left unread, the network would say that the connection broke.
    assert pair.peer.socket.recv(4096) == bytes((0x88, 21)) + b"\x03\xf4the server restarts"
    assert pair.peer.socket.recv(4096) == b""
    assert took < FAREWELL


@pytest.mark.usefixtures("small_steps")
def test_nothing_follows_the_answer_to_a_goodbye_whoever_sends(
    connect: Callable[..., Pair],
) -> None:
    for _ in range(20):
        pair = connect()
        told = threading.Event()

        def send(pair: Pair = pair, told: threading.Event = told) -> None:
            while not told.is_set():
                pair.connection.send(b"news")

        with ThreadPoolExecutor(4) as pool:
            sending = [pool.submit(send) for _ in range(3)]
            received = pool.submit(pair.connection.receive)
            pair.peer.send((1000).to_bytes(2, "big"), CLOSE)
            frames = pair.peer.frames()
            while next(frames).opcode != CLOSE:
                pass
            told.set()
            for one in (*sending, received):
                one.result(_SOON)
        pair.part()

        assert list(frames) == []


def test_a_page_that_goes_while_it_does_not_take_its_answers_gives_its_place_up(
    connect: Callable[..., Pair],
) -> None:
    pair = connect(buffer=_LITTLE)
    with ThreadPoolExecutor(1) as pool:
        received = pool.submit(pair.connection.receive)
        pair.connection.send(b"x" * 600_000)
        pair.peer.send((1001).to_bytes(2, "big"), CLOSE)
        started = time.monotonic()

        assert received.result(_SOON) is None
        assert time.monotonic() - started < 0.4  # the laggards' patience is 0.5 here


def test_what_is_said_while_we_part_is_neither_kept_nor_read_without_end(
    connect: Callable[..., Pair],
) -> None:
    pair = connect(allowance=Allowance(at_once=0.05, share=0.01))
    pair.connection.close(TOO_MANY, "too many")
    over = threading.Event()

    def flood() -> None:
        with contextlib.suppress(OSError):
            while not over.is_set():
                pair.peer.send(b"x")

    def part() -> float:
        began = time.thread_time()
        pair.connection.finish()
        return time.thread_time() - began

    with ThreadPoolExecutor(2) as pool:
        flooding = pool.submit(flood)
        used = pool.submit(part).result(_SOON)
        over.set()
        pair.inner.close()
        flooding.result(_SOON)

    assert used < 0.3
    assert pair.connection.receive() is None


def test_a_peer_that_goes_without_a_goodbye_when_it_is_told_to_is_not_waited_for(
    connect: Callable[..., Pair],
) -> None:
    pair = connect()
    pair.connection.close(TOO_MANY, "too many")
    pair.peer.socket.close()

    started = time.monotonic()
    pair.connection.finish()

    assert time.monotonic() - started < FAREWELL / 2


def test_a_slow_reader_is_not_taken_for_dead_by_a_ping_that_waits_in_line(
    connect: Callable[..., Pair],
) -> None:
    pair = connect(buffer=_LITTLE, ping_interval=0.2)
    pair.connection.send(b"x" * 200_000)
    with ThreadPoolExecutor(1) as pool:
        received = pool.submit(pair.connection.receive)
        taken = 0
        while taken < 100_000:  # for some two seconds, behind which the pings stand
            taken += len(pair.peer.socket.recv(2_000))
            time.sleep(0.04)

        assert not received.done()
        pair.peer.send(b"still here")
        assert received.result(_SOON) == "still here"


def test_a_peer_that_says_no_goodbye_is_parted_from_all_the_same(
    connect: Callable[..., Pair],
) -> None:
    pair = connect()
    pair.connection.close(RESTARTING, "the server restarts")

    with ThreadPoolExecutor(1) as pool:
        pool.submit(pair.part).result(_SOON)

    assert [frame.opcode for frame in pair.peer.frames()] == [CLOSE]


def test_a_page_that_does_not_take_its_answers_is_obeyed_when_it_has(
    connect: Callable[..., Pair],
) -> None:
    pair = connect(buffer=_LITTLE)
    pair.connection.send(b"x" * 600_000)
    pair.peer.send(b"the next command")
    with ThreadPoolExecutor(1) as pool:
        received = pool.submit(pair.connection.receive)
        with pytest.raises(TimeoutError):
            received.result(0.2)

        assert next(pair.peer.frames()).payload == b"x" * 600_000

        assert received.result(_SOON) == "the next command"


def test_a_person_who_costs_too_much_is_read_more_slowly(
    connect: Callable[..., Pair],
) -> None:
    pair = connect(allowance=Allowance(at_once=0.0, share=0.001))

    started = time.monotonic()
    for number in range(3):
        pair.peer.send(b"%d" % number)
        assert pair.connection.receive() == str(number)

    assert time.monotonic() - started > 0.1


def test_a_socket_that_is_closed_in_the_moment_it_falls_behind_harms_no_other(
    connect: Callable[..., Pair], laggards: Laggards
) -> None:
    gone, slow = connect(), connect(buffer=_LITTLE)
    number = gone.connection.fileno()
    gone.connection.abort()

    class Closed:
        """Its number is still known here, and means nothing to the kernel any more."""

        def fileno(self) -> int:
            return number + 10_000

        def flush(self) -> bool:
            return True

        def abort(self) -> None: ...

    laggards.add(Closed())
    slow.connection.send(b"y" * 500_000)

    assert next(slow.peer.frames()).payload == b"y" * 500_000
