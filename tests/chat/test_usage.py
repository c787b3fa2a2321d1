"""What answers use is counted once, whatever ends them."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from tests.chat.conftest import Chat, generation
from tests.support.providers import MODEL, PAID_MODEL
from webapp.chat.asking import Asker, Continue
from webapp.chat.context import DEFAULT_SYSTEM_TEXT
from webapp.chat.reaper import reap
from webapp.chat.tokens import count
from webapp.errors import AuthCodeRefused, BrokenOff, Unreachable
from webapp.providers.base import AuthCode, Thought, Used
from webapp.store import usage
from webapp.store.usage import Account, Amount, day_of

_CODE = AuthCode("secret")
_SYSTEM = len(DEFAULT_SYSTEM_TEXT)


def _used(chat: Chat) -> dict[tuple[str, str], Amount]:
    """By model and payer."""
    today = day_of(chat.clock.now())
    with chat.database.reading() as connection:
        rows = usage.listed(connection, first_day=today, last_day=today)
    assert {account.user_id for account, _ in rows} <= {chat.user}
    return {(account.model, account.payer): amount for account, amount in rows}


def _sent(chat: Chat) -> int:
    question = chat.provider.questions[-1]
    return len(question.system) + sum(len(turn.content) for turn in question.turns)


def test_an_answer_counts_with_what_was_sent_and_what_came(chat: Chat) -> None:
    chat.ending(chat.ask(["Hello ", "you"], text="Hi"))

    amount = _used(chat)[MODEL.key, "none"]

    assert amount.messages == 1
    assert amount.sent_characters == _SYSTEM + len("Hi")
    assert amount.answered_characters == len("Hello you")
    assert amount.answered_tokens == count("Hello you")
    assert amount.sent_tokens > count(DEFAULT_SYSTEM_TEXT) + count("Hi")


def test_the_context_that_goes_along_counts_as_sent(chat: Chat) -> None:
    first = chat.ask(["A long answer"], text="One")
    chat.ending(first)
    before = _used(chat)[MODEL.key, "none"]

    chat.ending(chat.ask(["Two"], text="Again", after=first))

    more = _used(chat)[MODEL.key, "none"].sent_characters - before.sent_characters
    assert more == _SYSTEM + len("One" + "A long answer" + "Again") == _sent(chat)


def test_thoughts_count_as_answered_for_they_are_paid(chat: Chat) -> None:
    chat.ending(chat.ask([Thought("Let me think."), "Yes"]))

    amount = _used(chat)[MODEL.key, "none"]
    assert amount.answered_characters == len("Let me think.") + len("Yes")
    assert amount.answered_tokens == count("Let me think.") + count("Yes")


def test_what_the_provider_counted_takes_the_place_of_our_own_count(chat: Chat) -> None:
    chat.ending(chat.ask(["Yes", Used(input_tokens=1200, output_tokens=345)]))

    amount = _used(chat)[MODEL.key, "none"]
    assert (amount.sent_tokens, amount.answered_tokens) == (1200, 345)
    assert amount.sent_characters == _SYSTEM + len("A question")
    assert amount.answered_characters == len("Yes")


def test_a_provider_that_counted_nothing_is_not_believed(chat: Chat) -> None:
    chat.ending(chat.ask(["Yes"]))
    own = _used(chat)[MODEL.key, "none"]

    chat.ending(chat.ask(["Yes", Used(0, 0)]))

    assert _used(chat)[MODEL.key, "none"] == own + own


def test_a_provider_that_counts_beyond_all_bounds_holds_up_nothing(chat: Chat) -> None:
    sent = chat.ask(["Yes", Used(10**30, -5)])

    assert chat.ending(sent).state == "complete"
    assert _used(chat)[MODEL.key, "none"].sent_tokens == 10**12


@pytest.mark.parametrize("payer", ["own", "team"])
def test_a_paid_model_counts_for_who_pays(chat: Chat, payer: str) -> None:
    asker = Asker(chat.user, PAID_MODEL, _CODE, payer=payer)  # type: ignore[arg-type]
    chat.provider.enqueue(["Yes"])

    chat.ending(chat.service.ask(asker, chat.message()))

    assert list(_used(chat)) == [(PAID_MODEL.key, payer)]


def test_a_stopped_answer_counts_with_what_had_come(chat: Chat) -> None:
    asked = chat.ask(["Half", threading.Event(), " whole"])
    chat.text_came(asked, "Half")

    chat.service.stop(chat.user, asked.answer.id)
    chat.ending(asked)

    assert _used(chat)[MODEL.key, "none"].answered_characters == len("Half")


def test_an_answer_that_goes_on_counts_without_what_it_goes_on_with(chat: Chat) -> None:
    asked = chat.ask(["Half", BrokenOff(host="here")])
    chat.ending(asked)
    chat.provider.enqueue([" and whole"])

    more = chat.service.ask(
        Asker(chat.user, MODEL, None), Continue(chat.message().client_id, asked.answer.id)
    )
    chat.ending(more)

    amount = _used(chat)[MODEL.key, "none"]
    assert chat.stored(more).text == "Half and whole"
    assert amount.messages == 2
    assert amount.answered_characters == len("Half") + len(" and whole")


@pytest.mark.parametrize("error", [AuthCodeRefused(), Unreachable(host="here", reason="no")])
def test_what_was_turned_away_before_it_was_paid_counts_nothing(
    chat: Chat, error: Exception
) -> None:
    chat.ending(chat.ask([error]))

    assert _used(chat)[MODEL.key, "none"] == Amount()


def test_what_failed_without_a_word_but_may_have_been_paid_counts(chat: Chat) -> None:
    chat.ending(chat.ask([BrokenOff(host="here")]))

    assert _used(chat)[MODEL.key, "none"].messages == 1


def test_an_answer_whose_server_died_counts_once_with_what_was_kept(
    make_chat: Callable[..., Chat],
) -> None:
    dead = make_chat(server_id="dead")
    asked = dead.ask(["Half of it", threading.Event()])
    dead.text_came(asked, "Half of it")
    _wait_journaled(dead, asked.answer.id)
    alive = make_chat(server_id="alive")

    reaped = [reap(alive.database, "alive", silent_since=dead.clock.now()) for _ in range(2)]
    dead.service.stop(dead.user, asked.answer.id)  # it was not dead after all
    dead.watch.ending(generation(asked))

    amount = _used(alive)[MODEL.key, "none"]
    assert reaped == [1, 0]
    assert amount.messages == 1
    assert amount.answered_characters == len(alive.stored(asked).text) == len("Half of it")


def test_a_question_that_is_stored_twice_counts_once(chat: Chat) -> None:
    chat.provider.enqueue(["Yes"])
    asker, message = Asker(chat.user, MODEL, None), chat.message()

    chat.ending(chat.service.ask(asker, message))
    again = chat.service.ask(asker, message)

    assert again.again
    assert _used(chat)[MODEL.key, "none"].messages == 1


def test_usage_outlives_the_conversation(chat: Chat) -> None:
    asked = chat.ask(["Yes"])
    chat.ending(asked)
    used = _used(chat)
    account = Account(chat.user, day_of(chat.clock.now()), MODEL.key, "none")

    with chat.database.writing() as connection:
        connection.exec_driver_sql("DELETE FROM messages WHERE role = 'assistant'")
        connection.exec_driver_sql("DELETE FROM conversations")

    assert _used(chat) == used
    assert used[account.model, account.payer].messages == 1


def _wait_journaled(chat: Chat, message_id: str) -> None:
    for _ in range(1000):
        with chat.database.reading() as connection:
            rows = connection.exec_driver_sql("SELECT 1 FROM journal_chunks").all()
        if rows:
            return
        threading.Event().wait(0.01)
    raise AssertionError(message_id)
