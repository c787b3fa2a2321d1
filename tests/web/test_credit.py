"""What is left on auth codes, through the real server: told to whom it concerns, without a wait."""

from __future__ import annotations

import json
import re
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.security.world import World
from tests.support.server import Browser, Server
from tests.upstream import Call, Received, Upstream, upstream
from webapp.chat.asking import Asker, Send
from webapp.providers.base import AuthCode
from webapp.team.balances import EVERY

MODEL = "liaobots/gpt-4"
_PART = {"Accept": "text/vnd.liaochat"}


@pytest.fixture(scope="module", params=["official", "classic"])
def door(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Server, Upstream]]:
    """A server that asks Liaobots by one of its doors."""
    with upstream(pace=0.002) as liaobots:
        settings = {"liaobots_door": request.param, "liaobots_url": liaobots.url}
        with Server(tmp_path_factory.mktemp(request.param), settings) as server:
            yield server, liaobots


@pytest.fixture
def person(door: tuple[Server, Upstream]) -> Iterator[Browser]:
    server, liaobots = door
    liaobots.on_credits = None
    with Browser(server, link=server.link_of_a_newcomer()) as signed_in:
        yield signed_in


def _code() -> str:
    """A code of which nothing is known yet."""
    return f"test-credit-{uuid.uuid4().hex}"


def _panel(browser: Browser) -> str:
    """What a panel shows that is opened now."""
    answer = browser.http.get(f"{browser.server.url}/session/balance", headers=_PART, timeout=20)
    assert answer.status_code == 200
    return answer.text


def _until(look: Callable[[], str], words: str) -> str:
    """Look until the words are there: a busy server may be asked again."""
    until = time.monotonic() + 20
    while words not in (seen := look()):
        assert time.monotonic() < until, seen
    return seen


def _asked(liaobots: Upstream, code: str) -> Received:
    """Wait for the question about this code, and for the end of its answer."""
    number = 1
    while True:
        asked = liaobots.wait_for_credits(number)
        if code in (asked.auth_code, (asked.body or {}).get("authcode")):
            return asked
        number += 1


def test_a_panel_that_is_opened_says_what_is_left_and_then_the_page_does(person: Browser) -> None:
    person.use(MODEL, _code())

    opened = _until(lambda: _panel(person), "Balance 85.50 of 100")
    page = person.get("/").text

    assert opened.count("<") == 2
    assert 'class="panel__balance">Balance 85.50 of 100</p>' in opened
    assert "Balance 85.50 of 100" in page


def test_many_looks_are_one_question(person: Browser, door: tuple[Server, Upstream]) -> None:
    _, liaobots = door
    code = _code()
    person.use(MODEL, code)
    _until(lambda: _panel(person), "Balance")
    page = person.open()
    page.send("#echo again")
    page.wait_answered()

    for _ in range(5):
        person.get("/")
        _panel(person)

    codes = [
        (one.auth_code, (one.body or {}).get("authcode")) for one in liaobots.asked_for_credits
    ]
    assert sum(code in both for both in codes) == 1


def test_no_page_waits_for_a_host_that_is_silent(
    person: Browser, door: tuple[Server, Upstream]
) -> None:
    _, liaobots = door
    liaobots.on_credits = lambda call: call.stall()
    code = _code()
    person.use(MODEL, code)

    page = person.get("/")
    asked = _asked(liaobots, code)
    again = person.get("/")

    assert (page.status_code, again.status_code) == (200, 200)
    assert "Balance" not in again.text
    assert not asked.finished.is_set()
    assert "hidden></p>" in _panel(person)


@pytest.mark.parametrize(
    "answer", ["Not Found", "<!DOCTYPE html><title>Human?</title>", '{"data":']
)
def test_where_nothing_is_told_nothing_is_shown(
    person: Browser, door: tuple[Server, Upstream], answer: str
) -> None:
    _, liaobots = door
    status = 404 if answer == "Not Found" else 200
    liaobots.on_credits = lambda call: call.answer(answer, status, "Some")
    code = _code()
    person.use(MODEL, code)
    assert _asked(liaobots, code).finished.wait(10)

    shown = _panel(person) + person.get("/").text

    assert "Balance" not in shown
    assert 'panel__balance" hidden' in shown


def test_without_a_code_nothing_is_asked_and_nothing_shown(
    person: Browser, door: tuple[Server, Upstream]
) -> None:
    _, liaobots = door
    before = len(liaobots.asked_for_credits)

    page, opened = person.get("/").text, _panel(person)

    assert "panel__balance" not in page
    assert "hidden" in opened
    assert len(liaobots.asked_for_credits) == before


def test_an_owner_sees_what_is_left_on_the_teams_code_and_a_member_does_not(
    person: Browser, door: tuple[Server, Upstream]
) -> None:
    server, liaobots = door
    liaobots.on_credits = None
    with Browser(server) as owner:
        nothing = owner.get("/team/credit").text
        owner.post("/team/quotas/code", auth_code=_code())
        of_owner = _until(lambda: _panel(owner), "Balance 85.50 of 100")
        page, quotas = owner.get("/team/credit").text, owner.get("/team/quotas").text

        of_member, home = _panel(person), person.get("/").text
        unknown = person.get("/team/credit")
        owner.post("/team/quotas/code/remove")

    assert "The team has no auth code." in nothing
    assert "Balance" in of_owner
    assert "Balance 85.50 of 100" in page
    assert "Balance 85.50 of 100" in quotas
    assert "The team’s code is used." in home
    assert "Balance" not in of_member + home
    assert unknown.status_code == 404


def _charges(call: Call) -> None:
    """Two pages of charges of this moment, and an old one that ends them."""
    second = "nextId=second" in call.received.path
    now = int(time.time() * 1000)
    rows = [
        {
            "id": f"{second}{number}",
            "model": model,
            "price": price,
            "create_time": at,
            "tokens": 1500,
        }
        for number, (model, price, at) in enumerate(
            [("gpt-5.4", 0.5, now), ("gpt-5.4", "0.25", now), ("<b>claude</b>", 1.5, now)]
            if not second
            else [("gpt-5.4", 2, now - 1), ("long-ago", 1000, now - 90 * 86_400_000)]
        )
    ]
    usage = {"pageSize": 50, "nextId": "third" if second else "second", "list": rows}
    told = {"data": {"balance": -1.2345, "amount": 1000.5}, "usage": usage}
    call.answer(json.dumps(told), headers=[("Content-Type", "application/json")])


def test_the_owner_sees_what_was_spent_by_day_and_model(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    with upstream(pace=0.002) as liaobots:
        liaobots.on_credits = _charges
        settings = {"liaobots_door": "official", "liaobots_url": liaobots.url}
        with Server(tmp_path_factory.mktemp("spent"), settings) as server, Browser(server) as owner:
            owner.post("/team/quotas/code", auth_code=_code())
            first = owner.get("/team/credit").text
            page = _until(lambda: owner.get("/team/credit").text, "Spent this month")

    rows = [re.sub("<[^>]*>", " ", row).split() for row in re.findall("<tr>.*?</tr>", page)]
    assert "Spent this month" in first or 'http-equiv="refresh"' in first
    assert 'http-equiv="refresh"' not in page
    assert "Balance −1.23 of 1,000.50" in page
    assert "<dd>4.25</dd>" in page
    assert rows[1:] == [
        ["gpt-5.4", "3", "4,500", "2.75"],
        ["&lt;b&gt;claude&lt;/b&gt;", "1", "1,500", "1.50"],
    ]
    assert page.count('<rect class="sums__bar"') >= 28
    assert "long-ago" not in page
    assert [one.path.partition("nextId=")[2] for one in liaobots.asked_for_credits] == [
        "",
        "second",
    ]


def test_after_an_answer_that_was_paid_it_is_asked_anew(tmp_path: Path) -> None:
    with upstream(pace=0.002) as liaobots:
        world = World(tmp_path, liaobots_url=liaobots.url)
        own, code = world.application.services, AuthCode(_code())
        model = next(one for one in own.offered if one.key == MODEL)
        asker = Asker(world.mallory.user.id, model, code)
        assert own.balances.known(code, wait=20) is not None
        nothing_due = own.balances.ask_due()

        own.chat.ask(asker, Send(str(uuid.uuid4()), None, None, "#echo this costs"))
        until = time.monotonic() + 20
        while (due := own.balances.ask_due()) is None:
            assert time.monotonic() < until
        world.close()

    assert nothing_due is None
    assert 0 < due <= EVERY
