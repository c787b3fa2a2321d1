"""Answers at once: with the team's code so many of a member's run, the others wait their turn."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from tests.chat.conftest import Chat, generation
from tests.support.providers import MODEL, PAID_MODEL
from webapp.chat.asking import Asked, Asker
from webapp.chat.reaper import reap
from webapp.chat.runner import Deadlines
from webapp.lanes import Place
from webapp.providers.base import AuthCode, Payer
from webapp.store import quotas, usage, users
from webapp.store.quotas import Limits
from webapp.store.usage import Amount, day_of

_CODE = AuthCode("secret")


def _limit(chat: Chat, at_once: int) -> None:
    with chat.database.writing() as connection:
        quotas.keep(connection, chat.user, Limits(answers_at_once=at_once))


def _ask(chat: Chat, gate: threading.Event | None = None, payer: Payer = "team") -> Asked:
    chat.provider.enqueue([*([gate] if gate else []), "done"])
    return chat.service.ask(Asker(chat.user, PAID_MODEL, _CODE, payer=payer), chat.message())


def _ahead(chat: Chat, *asked: Asked) -> list[int | None]:
    places = [chat.service.ahead(one.answer) for one in asked]
    return [None if place is None else place.ahead for place in places]


def _used(chat: Chat) -> Amount:
    with chat.database.reading() as connection:
        return usage.total(connection, chat.user, "team", first_day=day_of(chat.clock.now()))


def test_who_comes_first_is_answered_first_and_the_others_wait(chat: Chat) -> None:
    _limit(chat, 2)
    gates = [threading.Event() for _ in range(4)]
    asked = [_ask(chat, gate) for gate in gates]
    chat.provider.wait_begun(2)

    assert _ahead(chat, *asked) == [0, 0, 2, 3]
    assert [one.answer.state for one in asked] == ["running"] * 4
    gates[1].set()
    chat.ending(asked[1])
    chat.provider.wait_begun(3)
    assert _ahead(chat, *asked[2:]) == [0, 2]
    for gate in gates:
        gate.set()

    assert [chat.ending(one).state for one in asked] == ["complete"] * 4
    assert len(chat.provider.questions) == 4


def test_a_waiting_answer_is_stopped_at_once_and_is_never_asked_nor_paid(chat: Chat) -> None:
    _limit(chat, 1)
    gate = threading.Event()
    first, second, third = _ask(chat, gate), _ask(chat), _ask(chat)

    chat.service.stop(chat.user, second.answer.id)

    assert chat.ending(second).state == "stopped"
    assert _ahead(chat, third) == [1]
    gate.set()
    assert chat.ending(third).state == "complete"
    chat.ending(first)
    assert len(chat.provider.questions) == 2
    assert _used(chat).messages == 2


def test_of_all_that_are_stopped_what_waits_is_never_asked(chat: Chat) -> None:
    _limit(chat, 2)
    asked = [_ask(chat, threading.Event()) for _ in range(6)]
    chat.provider.wait_begun(2)

    chat.service.stop_all(chat.user)

    assert [chat.ending(one).state for one in asked] == ["stopped"] * 6
    assert len(chat.provider.questions) == 2
    assert _used(chat).messages == 2


def test_deadlines_begin_with_the_answer_and_not_with_the_wait(
    make_chat: Callable[..., Chat],
) -> None:
    chat = make_chat(deadlines=Deadlines(first_text=10, idle=10_000, answer=10_000))
    _limit(chat, 1)
    gate = threading.Event()
    chat.provider.enqueue(["It takes long", gate])
    asker = Asker(chat.user, PAID_MODEL, _CODE, payer="team")
    first = chat.service.ask(asker, chat.message())
    chat.text_came(first, "It takes long")
    waits, silent = _ask(chat), _ask(chat, threading.Event())

    chat.clock.advance(100)
    gate.set()
    answered = chat.ending(waits)
    chat.provider.wait_begun(3)
    chat.clock.advance(11)
    given_up = chat.ending(silent)

    assert answered.state == "complete"
    assert given_up.failure is not None
    assert given_up.failure.code == "silent_too_long"


def test_a_server_that_ends_interrupts_what_waits_and_asks_it_no_more(chat: Chat) -> None:
    _limit(chat, 1)
    first, *waiting = [_ask(chat, threading.Event()) for _ in range(4)]
    chat.provider.wait_begun()

    chat.runner.close(5)

    states = [chat.stored(one).state for one in (first, *waiting)]
    assert states == ["failed", "interrupted", "interrupted", "interrupted"]
    assert len(chat.provider.questions) == 1
    assert _used(chat).messages == 1


def test_the_next_server_counts_nothing_of_what_a_killed_one_had_not_begun(
    make_chat: Callable[..., Chat],
) -> None:
    chat = make_chat()
    _limit(chat, 1)
    first, *waiting = [_ask(chat, threading.Event()) for _ in range(3)]
    chat.provider.wait_begun()
    before = _used(chat)

    reap(chat.database, "the next one", silent_since=chat.clock.now())

    states = [chat.stored(one).state for one in (first, *waiting)]
    assert states == ["failed", "interrupted", "interrupted"]
    assert before.messages == 3
    assert _used(chat).messages == 1
    assert _used(chat).sent_characters * 3 == before.sent_characters


def test_ones_own_code_waits_for_nobody(chat: Chat) -> None:
    _limit(chat, 1)
    gates = [threading.Event() for _ in range(3)]
    asked = [_ask(chat, gate, "own") for gate in gates]

    chat.provider.wait_begun(3)

    assert _ahead(chat, *asked) == [None] * 3
    for gate in gates:
        gate.set()
    for one in asked:
        chat.ending(one)


def test_everybody_waits_for_a_provider_that_answers_so_many_at_once(
    make_chat: Callable[..., Chat],
) -> None:
    chat = make_chat(slots={"scripted": 1})
    with chat.database.writing() as connection:
        eve = users.add(connection, "Eve", "member", now=chat.clock.now())
    gates = [threading.Event() for _ in range(3)]
    for gate in gates:
        chat.provider.enqueue([gate, "done"])
    asked = [
        chat.service.ask(Asker(user, MODEL, None), chat.message())
        for user in (chat.user, eve.id, eve.id)
    ]
    chat.provider.wait_begun()

    places = [chat.service.ahead(one.answer) for one in asked]
    chat.service.stop(chat.user, asked[0].answer.id)
    chat.ending(asked[0])
    chat.provider.wait_begun(2)

    assert places == [Place(ahead, shared=True) for ahead in (0, 1, 2)]
    assert _ahead(chat, *asked[1:]) == [0, 1]
    for gate in gates:
        gate.set()
    assert [chat.ending(one).state for one in asked[1:]] == ["complete"] * 2


def test_of_such_a_provider_one_model_answers_at_a_time(make_chat: Callable[..., Chat]) -> None:
    chat = make_chat(slots={"scripted": 2})
    gates = [threading.Event() for _ in range(3)]
    for gate in gates:
        chat.provider.enqueue([gate, "done"])
    other = replace(MODEL, id="other")
    asked = [
        chat.service.ask(Asker(chat.user, model, None), chat.message())
        for model in (MODEL, other, MODEL)
    ]
    chat.provider.wait_begun()

    places = _ahead(chat, *asked)
    gates[0].set()
    chat.ending(asked[0])
    chat.provider.wait_begun(2)

    assert places == [0, 1, 2]
    assert [one.model.id for one in chat.provider.questions] == ["model", "other"]
    assert _ahead(chat, *asked[1:]) == [0, 1]
    for gate in gates:
        gate.set()
    assert chat.ending(asked[2]).state == "complete"


def test_of_many_that_come_and_go_at_the_same_moment_none_is_left_waiting(chat: Chat) -> None:
    _limit(chat, 3)
    running, most, lock = 0, 0, threading.Lock()

    def come() -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)

    def go() -> None:
        nonlocal running
        with lock:
            running -= 1

    for _ in range(40):
        chat.provider.enqueue([come, "a", go])
    asker = Asker(chat.user, PAID_MODEL, _CODE, payer="team")

    with ThreadPoolExecutor(8) as pool:
        asked = list(pool.map(lambda _: chat.service.ask(asker, chat.message()), range(40)))
        stopped = list(
            pool.map(lambda one: chat.service.stop(chat.user, one.answer.id), asked[::4])
        )

    states = [chat.ending(one).state for one in asked]
    assert len(stopped) == 10
    assert set(states) <= {"complete", "stopped"}
    assert most <= 3


def test_of_what_may_have_cost_something_the_end_is_told_and_of_nothing_else(chat: Chat) -> None:
    _limit(chat, 1)
    chat.ending(chat.ask(["free"]))
    gate = threading.Event()
    first, waits, last = _ask(chat, gate), _ask(chat), _ask(chat)
    chat.service.stop(chat.user, waits.answer.id)
    gate.set()

    told = [chat.paid.get(timeout=10) for _ in range(2)]

    assert told == [generation(first), generation(last)]
    assert chat.paid.empty()
