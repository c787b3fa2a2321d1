"""What is left on a code, asked of real servers: as promised, as garbage, and not at all."""

from __future__ import annotations

import json
import logging
import socket
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from decimal import Decimal
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.providers.conftest import AUTH_CODE
from tests.security.listener import Listener
from tests.support.timing import in_time
from tests.upstream import Call, Upstream
from tests.upstream import upstream as start_upstream
from webapp.providers.base import AuthCode, Cancellation
from webapp.providers.credit_doors import ClassicCredits, OfficialCredits
from webapp.providers.credits import MOST_BYTES, Account, Credits, NoCredits

_CODE = AuthCode(AUTH_CODE)
_TOLD = Account(Decimal("85.5"), Decimal(100))
_PLAIN = [("Content-Type", "text/plain")]


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    with start_upstream(pace=0.001) as running:
        yield running


@pytest.fixture(params=["official", "classic"])
def door(request: pytest.FixtureRequest, upstream: Upstream) -> Credits:
    if request.param == "official":
        return OfficialCredits([upstream.url], connect_timeout=2)
    return ClassicCredits(upstream.url, connect_timeout=2)


def _ask(door: Credits, code: AuthCode = _CODE) -> Account | None:
    return door.ask(code, Cancellation())


def test_each_door_tells_what_is_left(door: Credits, upstream: Upstream) -> None:
    assert _ask(door) == _TOLD
    assert len(upstream.asked_for_credits) == 1


def test_the_official_door_is_asked_with_the_code_as_bearer(upstream: Upstream) -> None:
    OfficialCredits([upstream.url], connect_timeout=2).ask(_CODE, Cancellation())

    (asked,) = upstream.asked_for_credits
    assert (asked.method, asked.path) == ("GET", "/api/v1/credits")
    assert asked.headers["authorization"] == f"Bearer {AUTH_CODE}"


def test_the_classic_door_is_asked_with_the_code_in_the_body_alone(upstream: Upstream) -> None:
    ClassicCredits(f"{upstream.url}/", connect_timeout=2).ask(_CODE, Cancellation(), charges=True)

    (asked,) = upstream.asked_for_credits
    assert (asked.method, asked.path) == ("POST", "/api/user")
    assert asked.body == {"authcode": AUTH_CODE}
    assert AUTH_CODE.encode() not in asked.raw_head


def test_charges_are_asked_for_by_pages_and_any_way_further_is_escaped(upstream: Upstream) -> None:
    door = OfficialCredits([upstream.url], connect_timeout=2)

    account = door.ask(_CODE, Cancellation(), charges=True, behind="a b&x=1#?")

    assert account is not None
    assert account.charges == ()
    query = parse_qs(urlsplit(upstream.asked_for_credits[0].path).query)
    assert query == {"include_usage": ["true"], "pageSize": ["50"], "nextId": ["a b&x=1#?"]}


def test_a_backup_is_asked_where_the_first_host_is_not_there(upstream: Upstream) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        nobody = f"http://127.0.0.1:{taken.getsockname()[1]}"
    door = OfficialCredits([nobody, upstream.url], connect_timeout=2)

    assert _ask(door) == _TOLD


def _with(body: str | bytes, status: int = 200) -> Callable[[Call], None]:
    return lambda call: call.answer(body, status, "Some", _PLAIN)


def _endless(call: Call) -> None:
    call.start()
    while True:
        call.piece(b" " * 60_000)


def _cut(call: Call) -> None:
    call.start(framing="500")
    call.piece('{"balance": 5, "data": {"balance"')


@pytest.mark.parametrize(
    "script",
    [
        _with("Not Found", 404),
        _with('{"message": "401 Unauthorized"}', 401),
        _with('{"balance": 1, "data": {"balance": 1}}', 500),
        _with('{"balance": 1, "data": {"balance": 1}}', 206),
        _with("<!DOCTYPE html><html><body>Are you human?</body></html>"),
        _with("Error"),
        _with("Too many requests"),
        _with(""),
        _with(b"\xff\xfe\x00"),
        _with(json.dumps({"balance": AUTH_CODE, "data": {"balance": AUTH_CODE}})),
        _with(json.dumps({"balance": 5, "data": {"balance": 5}, "x": "y" * MOST_BYTES})),
        _endless,
        _cut,
        lambda call: call.reset(),
        lambda call: call.raw(b"SSH-2.0-OpenSSH_9.2\r\n"),
    ],
)
def test_what_is_no_answer_is_as_if_nothing_had_come(
    door: Credits, upstream: Upstream, script: Callable[[Call], None]
) -> None:
    upstream.on_credits = script

    assert _ask(door) is None
    assert len(upstream.asked_for_credits) == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(door: Credits, upstream: Upstream, status: int) -> None:
    visited = Listener()
    upstream.on_credits = lambda call: call.start(status, "Moved", [("Location", visited.url)])

    assert _ask(door) is None
    assert visited.count() == 0
    visited.close()


@pytest.mark.parametrize("code", ["", "a b", "a\r\nX: 1", "ключ", "x" * 600])
def test_a_code_that_cannot_stand_in_a_header_is_not_sent(
    door: Credits, upstream: Upstream, code: str
) -> None:
    assert _ask(door, AuthCode(code)) is None
    assert upstream.connections == 0


def test_who_asks_can_be_woken_from_a_host_that_is_silent(
    door: Credits, upstream: Upstream
) -> None:
    upstream.on_credits = lambda call: call.stall()
    cancellation, told = Cancellation(), []
    asking = threading.Thread(target=lambda: told.append(door.ask(_CODE, cancellation)))
    asking.start()
    asked = upstream.wait_for_credits()

    begun = time.monotonic()
    cancellation.cancel()
    asking.join(5)

    assert told == [None]
    in_time(time.monotonic() - begun, 2)
    assert asked.disconnected.wait(5)


def test_the_code_is_in_no_log_and_in_nothing_that_is_told(
    door: Credits, upstream: Upstream, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    says_it_back = json.dumps({"balance": 1, "amount": AUTH_CODE, "data": {"balance": 1}})
    shown = [repr(vars(door))]
    for script in (None, _cut, _with(says_it_back)):
        upstream.on_credits = script
        shown.append(repr(_ask(door)))
    shown += traceback.format_stack()

    assert len(upstream.asked_for_credits) == 3
    assert "CANARY" not in caplog.text + "".join(shown)


def test_where_nobody_is_to_be_asked_nothing_is_told() -> None:
    assert _ask(NoCredits()) is None
