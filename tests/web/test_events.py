"""Events in place of a socket: the same frames both ways, the same ends, the same limits."""

from __future__ import annotations

import json
import re
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest
import requests

from tests.support.events import EventWire
from tests.support.page import Page
from tests.support.server import Browser, Server
from tests.support.timing import in_time

StartServer = Callable[..., Server]
Open = Callable[..., Page]

_CLIENT_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@pytest.fixture
def listen() -> Iterator[Open]:
    """Open pages that have no socket."""
    pages: list[Page] = []

    def open_page(browser: Browser, conversation: str | None = None, path: str = "/events") -> Page:
        pages.append(Page(EventWire(browser, path), conversation))
        return pages[-1]

    yield open_page
    for page in pages:
        page.close()


@pytest.fixture
def page(browser: Browser, listen: Open) -> Page:
    return listen(browser)


def test_a_question_is_answered_in_the_frames_of_a_socket(
    browser: Browser, page: Page, listen: Open
) -> None:
    page.send("#echo **one** and äöü 😀")
    page.wait("ended", state="complete")
    by_socket = browser.open(page.conversation)
    by_events = listen(browser, page.conversation)

    # What the two say differs in the ids under which their forms would ask, and nowhere else.
    seen = [_CLIENT_ID.sub("", str(one.wait("messages"))) for one in (by_socket, by_events)]

    assert page.text() == "#echo one and äöü 😀"
    assert seen[0] == seen[1]


def test_a_socket_and_a_stream_see_an_answer_grow_alike(browser: Browser, page: Page) -> None:
    page.send("#echo first")
    page.wait("ended")
    by_socket = browser.open(page.conversation)
    by_socket.wait("messages")

    page.send("#slow:30,20")
    ends = [one.wait("ended", state="complete") for one in (page, by_socket)]

    assert ends[0] == ends[1]
    # Who was a moment late began with a snapshot of the same version.
    assert page.answer.version == by_socket.answer.version
    assert min(page.answer.patches, by_socket.answer.patches) > 1
    assert page.text() == by_socket.text() != ""


def test_stop_ends_an_answer(page: Page) -> None:
    page.send("#stall")
    page.wait_for_text("This is all that")

    page.stop()

    assert page.wait("ended")["state"] == "stopped"


def test_a_stream_that_was_cut_is_followed_by_another_that_lacks_nothing(
    browser: Browser, page: Page, listen: Open
) -> None:
    page.send("#long:4")
    page.wait("patch")
    witness = browser.open(page.conversation)
    page.close()

    other = listen(browser, page.conversation)
    for one in (other, witness):
        one.wait("ended", state="complete")

    assert other.text() == witness.text() != ""


def test_a_frame_that_is_not_a_command_is_answered_and_the_next_one_works(page: Page) -> None:
    page.socket.send("nonsense")

    assert page.wait("error")["code"] == "bad_command"
    page.send("#echo still there")
    page.wait("ended", state="complete")


def test_no_proxy_is_to_keep_or_to_hold_back_what_is_said(browser: Browser) -> None:
    with closing(EventWire(browser)) as wire:
        head = wire.head.lower()

    assert "content-type: text/event-stream" in head
    assert "cache-control: no-store" in head
    assert "x-accel-buffering: no" in head
    assert "content-security-policy" in head
    assert "content-length" not in head


def test_asking_for_the_head_alone_takes_no_place(browser: Browser) -> None:
    answer = browser.http.head(browser.server.url + "/events", timeout=10)

    assert answer.status_code == 200


def test_the_stream_of_another_session_takes_no_frames(server: Server, browser: Browser) -> None:
    with closing(EventWire(browser)) as wire, Browser(server) as other:
        assert wire.post('{"type":"nonsense"}').status_code == 204

        foreign = other.http.post(server.url + wire.address, data="{}", timeout=10)
        unknown = other.http.post(f"{server.url}/events/{'x' * 43}", data="{}", timeout=10)

    assert foreign.status_code == unknown.status_code == 404
    assert foreign.text == unknown.text


def test_a_stream_has_a_name_of_its_own_that_is_long(browser: Browser) -> None:
    with closing(EventWire(browser)) as one, closing(EventWire(browser)) as other:
        assert one.address != other.address
        assert re.fullmatch(r"/events/[\w-]{43}", one.address)


def test_a_frame_from_another_origin_is_refused(browser: Browser) -> None:
    with closing(EventWire(browser)) as wire:
        browser.http.headers["Origin"] = "http://evil.example"

        assert wire.post("{}").status_code == 403


def test_another_site_cannot_take_a_place(browser: Browser) -> None:
    with closing(EventWire(browser, **{"Sec-Fetch-Site": "same-site"})) as wire:
        assert wire.status == 403


def test_without_a_sign_in_there_is_no_stream(server: Server) -> None:
    with Browser(server, sign_in=False) as stranger, closing(EventWire(stranger)) as wire:
        assert wire.status == 401


def test_whoever_is_signed_out_is_refused(browser: Browser, page: Page) -> None:
    answer = requests.post(
        browser.server.url + page.socket.address,
        data="{}",
        headers={"Origin": browser.server.url},
        timeout=10,
    )

    assert answer.status_code == 401


def test_a_frame_that_is_too_large_is_refused_and_the_stream_goes_on(page: Page) -> None:
    answer = page.socket.post("x" * 2_000_001)

    assert answer.status_code == 413
    page.send("#echo still there")
    page.wait("ended", state="complete")


def test_bytes_that_are_no_text_are_refused(page: Page) -> None:
    assert page.socket.post(b"\xff\xfe\x00").status_code == 400


def test_streams_and_sockets_share_the_places_of_a_person(
    start_server: StartServer, listen: Open
) -> None:
    server = start_server(max_sockets="4", max_sockets_per_user="2")
    with Browser(server) as browser:
        browser.open().wait("saving")
        second = listen(browser)
        second.wait("saving")

        third = listen(browser)

        assert third.wait_closed() == 4429
        assert third.close_reason == "Too many pages are open. Close some, then reload."
        second.close()
        assert _opens(browser, listen)


def test_a_stop_of_the_server_says_goodbye_and_is_not_held_up(
    start_server: StartServer, listen: Open
) -> None:
    server = start_server()
    with Browser(server) as browser:
        browser.use("liaobots/gpt-4", "test-1234")
        page = listen(browser)
        page.send("#stall")
        page.wait_for_text("This is all that")
        began = time.monotonic()

        server.process.send_signal(signal.SIGTERM)

        assert page.wait_closed() == 1012
        assert server.stop() == 0
        in_time(time.monotonic() - began, 4)


def test_a_quiet_stream_outlives_the_time_out_of_requests(
    start_server: StartServer, listen: Open
) -> None:
    server = start_server(request_timeout="2")
    with Browser(server) as browser:
        browser.use("liaobots/gpt-4", "test-1234")
        page = listen(browser)
        while page.read(4.5) is not None:
            pass
        assert page.closed is None

        page.send("#echo still there")

        page.wait("ended", state="complete")


def test_a_stream_that_takes_nothing_is_dropped(start_server: StartServer, listen: Open) -> None:
    server = start_server(max_sockets_per_user="2")
    with Browser(server) as browser:
        browser.use("liaobots/gpt-4", "test-1234")
        page = listen(browser)
        page.send("#long:60")
        page.wait("accepted")
        with closing(EventWire(browser)) as lazy:
            lazy.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            page.wait("ended", state="complete", timeout=60)
            watch = {"type": "watch", "conversation": page.conversation, "last": None}
            status = 204
            while status == 204:  # each is answered with all of it, which is never read
                status = lazy.post(json.dumps({**watch, "state": None})).status_code

            assert status == 404
            assert _opens(browser, listen)


def _opens(browser: Browser, listen: Open) -> bool:
    """Tell whether a page is let in within the time in which the server sees that one has gone."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        page = listen(browser)
        if page.read(5) is not None:
            page.close()
            return True
    return False
