"""A stop reaches an answer at every moment of its life, and its upstream too, within 200 ms."""

from __future__ import annotations

import socket
import threading
from statistics import median
from typing import TYPE_CHECKING

import pytest

from tests.providers.conftest import AUTH_CODE, Reading, question, read
from tests.support.timing import in_time
from webapp import errors
from webapp.providers.base import Cancellation

if TYPE_CHECKING:
    from collections.abc import Iterator

AT_ONCE = 0.2


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port that takes connections and says nothing, not even in a TLS handshake."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


@pytest.fixture
def full_port() -> Iterator[int]:
    """A port whose queue is full: a connection is neither made nor refused."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
        port = listener.getsockname()[1]
        fillers = [socket.socket() for _ in range(4)]
        for filler in fillers:
            filler.settimeout(0)
            filler.connect_ex(("127.0.0.1", port))
        yield port
        for filler in fillers:
            filler.close()


def test_a_stop_before_the_start_makes_no_connection(upstream, door):
    cancellation = Cancellation()
    cancellation.cancel()

    ended = read(door, "Hello", cancellation)

    assert ended.error is None
    assert upstream.connections == 0


def test_a_stop_at_any_moment_is_a_stop(upstream, make_door):
    """From before the connection to the wait for headers: nothing falls between two stages."""
    provider = make_door(upstream.url, read_timeout=60)
    pause = threading.Event()

    took = []
    for moment in range(150):
        reading = Reading(provider, question("#silent"))
        pause.wait(moment / 50_000)  # 0 to 3 ms, the time that a request takes
        reading.cancel()
        assert reading.join().error is None
        took.append(reading.seconds_to_stop)

    in_time(max(took), 5)  # a stop that fell between two would wait for the upstream
    in_time(median(took), AT_ONCE)


@pytest.mark.parametrize("scenario", ["#silent", "#trickle-headers", "#stall", "#slow:1000,10"])
def test_a_stop_ends_the_answer_and_the_upstream_at_once(upstream, make_door, scenario):
    reading = Reading(make_door(upstream.url, read_timeout=60), question(scenario))
    received = upstream.wait_for(1)
    if scenario not in ("#silent", "#trickle-headers"):
        reading.wait_for_piece()

    reading.cancel()
    ended = reading.join()

    assert ended.error is None
    in_time(reading.seconds_to_stop, AT_ONCE)
    in_time(reading.seconds_to_leave(received), AT_ONCE)


def test_a_stop_reaches_a_flood(upstream, make_door):
    reading = Reading(make_door(upstream.url, answer_limit=10**9), question("#endless"))
    reading.wait_for_piece()

    reading.cancel()

    assert reading.join().error is None
    in_time(reading.seconds_to_stop, AT_ONCE)
    in_time(reading.seconds_to_leave(upstream.received[0]), AT_ONCE)


def test_a_stop_reaches_a_connection_that_is_being_made(full_port, make_door):
    reading = Reading(make_door(f"http://127.0.0.1:{full_port}"), question())
    # Nothing tells from outside that a packet was sent and not answered.
    reading.never_within(0.1)

    reading.cancel()

    assert reading.join().error is None
    in_time(reading.seconds_to_stop, AT_ONCE)


def test_a_stop_reaches_a_tls_handshake(silent_port, make_door):
    reading = Reading(make_door(f"https://127.0.0.1:{silent_port}"), question())
    reading.never_within(0.1)

    reading.cancel()

    assert reading.join().error is None
    in_time(reading.seconds_to_stop, AT_ONCE)


def test_a_stop_does_not_wait_for_a_resolver(monkeypatch, make_door):
    asked, answer = threading.Event(), threading.Event()

    def resolve_slowly(*_: object, **__: object) -> list[object]:
        asked.set()
        answer.wait(10)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", resolve_slowly)
    reading = Reading(make_door("http://liaobots.invalid"), question())
    assert asked.wait(5)

    reading.cancel()

    assert reading.join().error is None
    in_time(reading.seconds_to_stop, AT_ONCE)
    answer.set()


def test_a_silent_upstream_is_left_after_the_time_out(upstream, make_door):
    ended = read(make_door(upstream.url, read_timeout=0.2), "#stall")

    assert type(ended.error) is errors.SilentTooLong
    assert ended.text == "This is all that "
    assert ended.seconds >= 0.2
    in_time(ended.seconds, 1)
    assert upstream.received[0].disconnected.wait(5)


def test_the_first_byte_has_a_time_out_of_its_own(upstream, make_door):
    provider = make_door(upstream.url, first_timeout=0.2, read_timeout=60)

    ended = read(provider, "#silent")

    assert type(ended.error) is errors.SilentTooLong
    in_time(ended.seconds, 1)


@pytest.mark.parametrize("scenario", ["#trickle-headers", "#slow:1000,10"])
def test_a_lively_upstream_is_left_at_the_deadline(upstream, make_door, scenario):
    ended = read(make_door(upstream.url, total_timeout=0.3), scenario)

    assert type(ended.error) is errors.BrokenOff
    assert ended.seconds >= 0.3
    in_time(ended.seconds, 1)


def test_a_connection_that_is_not_made_in_time_was_not_charged(full_port, make_door):
    ended = read(make_door(f"http://127.0.0.1:{full_port}", connect_timeout=0.2), "Hello")

    assert type(ended.error) is errors.Unreachable
    assert "no connection in time" in str(ended.error)
    in_time(ended.seconds, 1)


def test_a_handshake_that_hangs_was_not_charged(silent_port, make_door):
    ended = read(make_door(f"https://127.0.0.1:{silent_port}", connect_timeout=0.2), "Hello")

    assert type(ended.error) is errors.Unreachable
    in_time(ended.seconds, 1)


def test_a_refused_connection_was_not_charged(make_door):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

    ended = read(make_door(f"http://127.0.0.1:{port}"), "Hello")

    assert str(ended.error) == (
        "127.0.0.1 cannot be reached (connection refused). Nothing was charged. Try again later."
    )


def test_an_unknown_host_was_not_charged(monkeypatch, make_door):
    def fail(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, f"secret {AUTH_CODE}")

    monkeypatch.setattr(socket, "getaddrinfo", fail)

    ended = read(make_door("http://liaobots.invalid"), "Hello")

    assert "liaobots.invalid cannot be reached (no such host name)" in str(ended.error)
