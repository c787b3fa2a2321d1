"""Balances: known without a wait, asked for seldom, and nothing kept that could leak."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from datetime import UTC, datetime
from decimal import Decimal
from itertools import islice

import pytest
from cryptography.fernet import Fernet

from tests.support.clock import FakeClock
from webapp.providers.base import AuthCode, Cancellation
from webapp.providers.credits import Account, Charge
from webapp.store.vault import Vault
from webapp.team.balances import EVERY, NEW_CODES, Balances, Known

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
_CODE, _OTHER = AuthCode("test-CANARY-1"), AuthCode("test-CANARY-2")
_FIVE = Account(Decimal(5), Decimal(100))


class _Provider:
    """Tells what a test says, and what it was asked."""

    def __init__(self) -> None:
        self.tells: Callable[[], Account | None] = lambda: _FIVE
        self.asked: list[str] = []
        self.pages: list[str] = []

    def ask(
        self,
        code: AuthCode,
        cancellation: Cancellation,
        *,
        charges: bool = False,
        behind: str = "",
    ) -> Account | None:
        self.asked.append(code.reveal())
        if charges:
            self.pages.append(behind)
        del cancellation
        return self.tells()


class _Scene:
    def __init__(self) -> None:
        self.clock, self.provider = FakeClock(NOW), _Provider()
        self.balances = Balances(self.provider, Vault(Fernet.generate_key()), self.clock)

    def ask_all(self) -> None:
        """Do what the thread does, as far as anything is due."""
        while self.balances.ask_due() == 0:
            pass


@pytest.fixture
def scene() -> _Scene:
    return _Scene()


def test_a_page_gets_what_is_known_and_has_the_rest_asked(scene: _Scene) -> None:
    first = scene.balances.known(_CODE)
    scene.ask_all()
    second = scene.balances.known(_CODE)

    assert first is None
    assert second == Known(Decimal(5), Decimal(100), NOW, fresh=True)
    assert scene.provider.asked == [_CODE.reveal()]


def test_between_two_questions_about_one_code_lies_a_minute(scene: _Scene) -> None:
    for _ in range(int(EVERY)):
        scene.balances.known(_CODE)
        scene.balances.paid(_CODE)
        scene.ask_all()
        scene.clock.advance(1)
    in_the_first_minute = len(scene.provider.asked)
    scene.ask_all()

    assert in_the_first_minute == 1
    assert len(scene.provider.asked) == 2


def test_who_enters_code_after_code_has_few_of_them_tried(scene: _Scene) -> None:
    guesses = [AuthCode(f"test-guess-{number}") for number in range(300)]
    for guess in guesses:
        scene.balances.known(guess)
        scene.ask_all()
    tried = len(scene.provider.asked)
    scene.clock.advance(EVERY)
    scene.ask_all()

    scene.clock.advance(EVERY)
    scene.balances.known(_CODE)
    scene.ask_all()

    assert tried == NEW_CODES
    assert len(scene.provider.asked) <= 2 * NEW_CODES + 1
    assert scene.provider.asked[-1] == _CODE.reveal()


def test_after_an_answer_it_is_asked_as_soon_as_a_minute_is_over(scene: _Scene) -> None:
    scene.balances.known(_CODE)
    scene.ask_all()
    scene.clock.advance(10)
    scene.provider.tells = lambda: Account(Decimal(4))

    scene.balances.paid(_CODE)
    due = scene.balances.ask_due()
    scene.clock.advance(EVERY)
    scene.ask_all()

    known = scene.balances.known(_CODE)
    assert due == EVERY - 10
    assert known is not None
    assert known.balance == 4


def test_a_code_that_no_page_shows_is_not_asked_for(scene: _Scene) -> None:
    scene.balances.paid(_CODE)
    scene.ask_all()
    scene.balances.known(_OTHER)
    scene.ask_all()
    scene.clock.advance(2 * 3600)
    scene.balances.known(_CODE)
    scene.ask_all()
    scene.balances.paid(_OTHER)
    scene.clock.advance(EVERY)
    scene.ask_all()

    assert scene.provider.asked == [_OTHER.reveal(), _CODE.reveal()]


def test_what_fails_is_asked_for_ever_more_seldom_and_what_was_known_stays(scene: _Scene) -> None:
    scene.balances.known(_CODE)
    scene.ask_all()
    scene.provider.tells = lambda: None

    gaps, last = [], scene.clock.monotonic()
    while len(gaps) < 8:
        scene.clock.advance(EVERY)
        asked = len(scene.provider.asked)
        known = scene.balances.known(_CODE)
        scene.ask_all()
        if len(scene.provider.asked) > asked:
            gaps.append(scene.clock.monotonic() - last)
            last = scene.clock.monotonic()

    assert [gap / EVERY for gap in gaps] == [1, 2, 4, 8, 16, 32, 60, 60]
    assert known == Known(Decimal(5), Decimal(100), NOW, fresh=False)
    scene.provider.tells = lambda: _FIVE
    scene.clock.advance(3600)
    scene.balances.known(_CODE)
    scene.ask_all()
    again = scene.balances.known(_CODE)
    assert again is not None
    assert again.fresh


def test_one_code_knows_nothing_of_another(scene: _Scene) -> None:
    scene.balances.known(_CODE)
    scene.ask_all()

    assert scene.balances.known(_OTHER) is None


def test_charges_are_read_where_somebody_looks_at_them(scene: _Scene) -> None:
    charge = Charge("c1", NOW, "gpt-5.4", Decimal("0.5"), 30)
    old = Charge("c0", NOW.replace(month=10), "gpt-5.4", Decimal(9))
    scene.provider.tells = lambda: Account(Decimal(5), charges=(charge, old), behind="further")
    scene.balances.known(_OTHER)
    scene.ask_all()
    without = list(scene.provider.pages)

    first = scene.balances.spending(_CODE)
    scene.ask_all()
    second = scene.balances.spending(_CODE)

    assert without == []
    assert (first.charges, first.asking) == (None, True)
    assert (second.charges, second.complete, second.asking) == ((charge,), True, False)
    assert scene.provider.pages == [""]


def test_a_provider_that_tells_no_charges_is_told_apart_from_one_not_asked(scene: _Scene) -> None:
    scene.balances.spending(_CODE)
    scene.ask_all()

    told = scene.balances.spending(_CODE)

    assert told.known is not None
    assert (told.charges, told.asking) == (None, False)


def test_who_opens_a_panel_waits_for_what_is_being_asked(scene: _Scene) -> None:
    gate = threading.Event()

    def slowly() -> Account:
        assert gate.wait(20)
        return _FIVE

    scene.provider.tells = slowly
    scene.balances.start()
    told: list[Known | None] = []
    waiting = threading.Thread(target=lambda: told.append(scene.balances.known(_CODE, wait=20)))
    waiting.start()

    at_once = scene.balances.known(_CODE)
    gate.set()
    waiting.join(20)
    scene.balances.close(5)

    assert at_once is None
    assert told == [Known(Decimal(5), Decimal(100), NOW, fresh=True)]


def test_few_wait_at_the_same_time_and_the_others_do_not(scene: _Scene) -> None:
    with ThreadPoolExecutor(30) as pool:
        looks = [pool.submit(scene.balances.known, _CODE, wait=20) for _ in range(30)]
        # Nobody asks yet: these are through because they do not wait.
        through = list(islice(as_completed(looks, timeout=10), 22))
        scene.ask_all()
        told = [look.result() for look in looks]

    assert [one.result() for one in through] == [None] * 22
    assert len([known for known in told if known is not None]) == 8


def test_the_codes_are_not_in_what_is_kept(scene: _Scene) -> None:
    scene.balances.spending(_CODE)
    scene.ask_all()

    assert "CANARY" not in repr(vars(scene.balances))


def test_at_the_end_who_asks_is_woken_and_nobody_waits_on(scene: _Scene) -> None:
    begun = threading.Event()

    def ask(_code: AuthCode, cancellation: Cancellation, **_how: object) -> None:
        woken = threading.Event()
        cancellation.attach(woken.set)
        begun.set()
        assert woken.wait(20)

    scene.provider.ask = ask  # type: ignore[method-assign]
    scene.balances.start()
    waiting = threading.Thread(target=scene.balances.known, args=(_CODE,), kwargs={"wait": 60})
    waiting.start()
    assert begun.wait(20)

    scene.balances.close(20)
    waiting.join(20)

    assert not waiting.is_alive()
    assert not [one for one in threading.enumerate() if one.name == "balances"]
