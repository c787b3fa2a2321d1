"""Several hosts of one service: which is asked, and when another one may be."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest

from tests.providers.conftest import Reading, question, read
from tests.security.listener import Listener
from tests.support.timing import in_time
from tests.upstream import SCENARIOS
from tests.upstream import upstream as start_upstream
from webapp import errors
from webapp.providers.base import Answered, Cancellation
from webapp.providers.connection import LineSession

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.upstream import Call, Upstream

MINUTE = 60.0


class Now:
    """A clock that the test sets."""

    def __init__(self) -> None:
        self.time = 1_000_000.0

    def __call__(self) -> float:
        return self.time


@pytest.fixture
def backup() -> Iterator[Upstream]:
    with start_upstream(pace=0.001) as server:
        yield server


@pytest.fixture
def nobody() -> str:
    """Name an address where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"http://127.0.0.1:{listener.getsockname()[1]}"


def local(url: str) -> str:
    """Name the same server otherwise, so that it is told apart from the first."""
    return url.replace("127.0.0.1", "localhost")


def asked(*servers: Upstream) -> list[int]:
    return [len(server.received) for server in servers]


def test_the_first_host_is_asked_and_named_before_all_else(upstream, backup, make_openai):
    ended = read(make_openai(upstream.url, local(backup.url)), "#echo hi")

    assert ended.pieces[0] == Answered("127.0.0.1")
    assert (ended.text, ended.error) == ("#echo hi", None)
    assert asked(upstream, backup) == [1, 0]


def test_a_host_that_is_not_there_is_stood_in_for_at_once(nobody, backup, make_openai):
    ended = read(make_openai(nobody, local(backup.url)), "#echo hi")

    assert ended.pieces[0] == Answered("localhost")
    assert (ended.text, ended.error) == ("#echo hi", None)
    in_time(ended.seconds, 5)  # the time-out of a connection


def test_hosts_that_differ_in_their_ports_alone_are_named_with_them(nobody, backup, make_openai):
    ended = read(make_openai(nobody, backup.url), "#echo hi")

    assert ended.pieces[0] == Answered(f"127.0.0.1:{backup.port}")


def test_a_host_without_a_name_is_stood_in_for(backup, make_openai, monkeypatch):
    known = socket.getaddrinfo

    def resolve(host: str, *more: object, **named: object) -> object:
        if host.endswith(".invalid"):
            raise socket.gaierror(socket.EAI_NONAME, "no")
        return known(host, *more, **named)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)

    ended = read(make_openai("http://liaobots.invalid", backup.url), "#echo hi")

    assert (ended.text, ended.hosts) == ("#echo hi", ["127.0.0.1"])


def test_a_host_with_the_certificate_of_a_stranger_gets_nothing(upstream, backup, make_openai):
    """Plain HTTP where TLS is spoken fails as a wrong certificate does: before the key leaves."""
    provider = make_openai(upstream.url.replace("http:", "https:"), backup.url, connect_timeout=1)

    ended = read(provider, "#echo hi")

    assert ended.text == "#echo hi"
    assert asked(upstream, backup) == [0, 1]


@pytest.mark.parametrize("status", [500, 502, 503, 529])
def test_a_broken_host_is_stood_in_for(upstream, backup, make_openai, status):
    upstream.enqueue(lambda call: call.answer("", status, "Broken"))

    ended = read(make_openai(upstream.url, local(backup.url)), "#echo hi")

    assert (ended.text, ended.hosts) == ("#echo hi", ["localhost"])
    assert asked(upstream, backup) == [1, 1]


REFUSED = ["unauthorised", "forbidden", "no-credit", "rate-limit", "moved", "html-403"]


@pytest.mark.parametrize("scenario", REFUSED)
def test_what_was_refused_is_not_asked_elsewhere(upstream, backup, make_openai, scenario):
    ended = read(make_openai(upstream.url, backup.url), f"#{scenario}")

    assert ended.error is not None
    assert ended.pieces == []
    assert asked(upstream, backup) == [1, 0]


@pytest.mark.parametrize("status", [200, 403, 503])
def test_a_human_check_is_not_gone_round(upstream, backup, make_openai, status):
    ended = read(make_openai(upstream.url, backup.url), f"#challenge:{status}")

    assert type(ended.error) is errors.HumanCheck
    assert asked(upstream, backup) == [1, 0]


def test_a_redirect_leads_nowhere(upstream, backup, make_openai):
    elsewhere = Listener()

    ended = read(make_openai(upstream.url, backup.url), f"#redirect:{elsewhere.port},307")

    assert type(ended.error) is errors.AddressWrong
    assert elsewhere.count() == 0
    assert asked(upstream, backup) == [1, 0]
    elsewhere.close()


@pytest.mark.parametrize("status", [504, 524])
def test_a_gateway_s_time_out_is_not_tried_elsewhere(upstream, backup, make_openai, status):
    """The question had been handed on: it may have been charged."""
    ended = read(make_openai(upstream.url, backup.url), f"#status:{status}")

    assert type(ended.error) is errors.ModelFailed
    assert asked(upstream, backup) == [1, 0]


CUT = {
    "silent": (errors.SilentTooLong, {"read_timeout": 0.3}),
    "stall": (errors.SilentTooLong, {"read_timeout": 0.3}),
    "trickle-headers": (errors.BrokenOff, {"total_timeout": 0.6}),
    "hang-up": (errors.BrokenOff, {}),
    "cut": (errors.BrokenOff, {}),
    "empty": (errors.EmptyAnswer, {}),
}


@pytest.mark.parametrize("scenario", CUT)
def test_what_was_sent_and_not_refused_is_never_sent_again(upstream, backup, make_openai, scenario):
    error, times = CUT[scenario]

    ended = read(make_openai(upstream.url, backup.url, **times), f"#{scenario}")

    assert type(ended.error) is error
    assert asked(upstream, backup) == [1, 0]


def test_when_no_host_is_there_the_first_is_told_of(nobody, make_openai):
    ended = read(make_openai(nobody, local(nobody)), "Hello")

    assert type(ended.error) is errors.Unreachable
    assert ended.error.values["host"] == "127.0.0.1"
    assert ended.pieces == []


@pytest.mark.parametrize("first_is_there", [True, False])
def test_what_a_broken_host_said_is_told_rather_than_that_another_was_away(
    upstream, nobody, make_openai, first_is_there
):
    """It may have been charged: nobody is told that nothing was."""
    upstream.enqueue(lambda call: call.answer("", 500, "Overloaded"))
    urls = (upstream.url, nobody) if first_is_there else (nobody, upstream.url)

    ended = read(make_openai(*urls), "Hello")

    assert type(ended.error) is errors.ModelFailed
    assert ended.error.values["reason"] == "Overloaded"


def test_a_host_that_helped_out_goes_first_for_ten_minutes(nobody, backup, make_openai):
    now, connections = Now(), []
    provider = make_openai(nobody, local(backup.url), now=now)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(LineSession, "request", _noting(LineSession.request, connections))

        read(provider, "Hello")
        for minutes in (0, 5, 9.9, 10.1):
            now.time = 1_000_000 + minutes * MINUTE
            read(provider, "Hello")

    first, second = f"{nobody}/v1", f"{local(backup.url)}/v1"
    told = [url.removesuffix("/chat/completions") for url in connections]
    assert told == [first, second, second, second, second, first, second]


def test_the_first_host_goes_first_again_once_it_answers(upstream, backup, make_openai):
    now = Now()
    provider = make_openai(upstream.url, backup.url, now=now)
    upstream.enqueue(lambda call: call.answer("", 503, "Busy"))
    read(provider, "Hello")
    backup.enqueue(lambda call: call.answer("", 503, "Busy"))

    read(provider, "Hello")  # the backup first, which fails now
    read(provider, "Hello")

    assert asked(upstream, backup) == [3, 2]


def test_a_clock_that_was_set_back_prefers_nobody(nobody, backup, make_openai):
    now = Now()
    provider = make_openai(nobody, backup.url, now=now)
    read(provider, "Hello")
    now.time -= 3600

    ended = read(provider, "Hello")

    assert ended.error is None


def test_a_stop_between_two_hosts_asks_nobody_else(upstream, backup, make_openai):
    cancellation = Cancellation()

    def stop(call: Call) -> None:
        cancellation.cancel()
        SCENARIOS["error-500"](call)

    upstream.enqueue(stop)

    ended = read(make_openai(upstream.url, backup.url), "Hello", cancellation)

    assert (ended.pieces, ended.error) == ([], None)
    assert asked(upstream, backup) == [1, 0]


def test_all_hosts_share_one_deadline(backup, make_openai):
    """A host that takes the connection and says nothing in its handshake uses the time up."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        urls = (f"https://127.0.0.1:{port}", f"https://localhost:{port}", backup.url)
        provider = make_openai(*urls, connect_timeout=30, total_timeout=0.5)

        ended = Reading(provider, question()).join()

    assert type(ended.error) is errors.Unreachable
    assert asked(backup) == [0]


def _noting(request, connections):
    def noted(self, method, url, **more):
        connections.append(url)
        return request(self, method, url, **more)

    return noted
