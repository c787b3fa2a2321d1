"""An answer ends exactly once, whatever happens at the same moment, and keeps its text."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.chat.conftest import DEADLINES, Chat, generation
from tests.support.providers import PAID_MODEL
from webapp.errors import BrokenOff
from webapp.providers.base import AuthCode


def test_an_answer_that_ends_is_complete_and_stored_before_its_end_is_told(chat: Chat) -> None:
    sent = chat.ask(["Hello", " ", "there"])

    ending = chat.ending(sent)

    stored = chat.stored(sent)
    assert (ending.state, ending.failure) == ("complete", None)
    assert (stored.state, stored.text, stored.failure) == ("complete", "Hello there", None)


def test_a_stopped_answer_keeps_the_text_already_shown_and_lets_the_provider_go(
    chat: Chat,
) -> None:
    sent = chat.ask(["what has come", threading.Event(), " and what has not"])
    chat.text_came(sent, "what has come")

    chat.runner.stop(generation(sent))

    assert chat.ending(sent).state == "stopped"
    chat.provider.wait_left()
    assert chat.stored(sent).text == "what has come"


def test_stopping_before_the_first_text_leaves_a_stopped_empty_answer(chat: Chat) -> None:
    sent = chat.ask([threading.Event(), "too late"])
    chat.provider.wait_begun()

    chat.runner.stop(generation(sent))

    assert chat.ending(sent).state == "stopped"
    assert chat.stored(sent).text == ""


def test_text_that_comes_after_stop_is_dropped(chat: Chat) -> None:
    stopped = threading.Event()

    def wait_for_stop() -> None:
        assert stopped.wait(10)

    sent = chat.ask(["before", wait_for_stop, " after", " and more"])
    chat.text_came(sent, "before")

    chat.runner.stop(generation(sent))
    stopped.set()
    chat.provider.wait_left()

    chat.ending(sent)
    reading = chat.log.read(generation(sent), 0)
    assert reading is not None
    assert reading.text == chat.stored(sent).text == "before"


def test_stopping_what_has_ended_or_never_was_changes_nothing(chat: Chat) -> None:
    sent = chat.ask(["done"])
    chat.ending(sent)

    chat.runner.stop(generation(sent))
    chat.runner.stop("0" * 32)

    assert chat.stored(sent).state == "complete"


def test_an_answer_ends_once_however_many_end_it_at_the_same_moment(chat: Chat) -> None:
    after = None
    states = []
    with ThreadPoolExecutor(4) as pool:
        for _ in range(200):
            barrier = threading.Barrier(4, timeout=10)
            sent = chat.ask(["some text", barrier.wait, " more"], after=after)

            def stop(name: str = generation(sent), barrier: threading.Barrier = barrier) -> None:
                barrier.wait()
                chat.runner.stop(name)

            def expire(barrier: threading.Barrier = barrier) -> None:
                barrier.wait()
                chat.clock.advance(DEADLINES.idle + 1)

            done = [pool.submit(stop), pool.submit(stop), pool.submit(expire)]
            ending = chat.ending(sent)
            for one in done:
                one.result()
            stored, reading = chat.stored(sent), chat.log.read(generation(sent), 0)
            assert reading is None or (reading.text == stored.text and reading.ending == ending)
            assert stored.state == ending.state
            assert stored.text in {"some text", "some text more"}
            states.append(stored.state)
            after = sent

    assert set(states) <= {"complete", "stopped", "interrupted"}
    assert len(chat.provider.questions) == 200


@pytest.mark.parametrize(
    ("text", "seconds", "state", "code"),
    [
        ([], DEADLINES.first_text + 1, "failed", "silent_too_long"),
        (["a beginning"], DEADLINES.idle + 1, "interrupted", "silent_too_long"),
    ],
    ids=["no first text", "silence after text"],
)
def test_an_answer_that_falls_silent_ends_at_its_deadline(
    chat: Chat, text: list[str], seconds: float, state: str, code: str
) -> None:
    sent = chat.ask([*text, threading.Event()])
    chat.provider.wait_begun()
    if text:
        chat.text_came(sent, text[0])

    chat.clock.advance(seconds)

    ending = chat.ending(sent)
    assert ending.failure is not None
    assert (ending.state, ending.failure.code) == (state, code)
    assert ending.failure.values["seconds"] == f"{seconds - 1:g}"
    assert chat.stored(sent).text == "".join(text)


def test_an_answer_that_never_ends_is_ended_at_the_deadline_for_the_whole(chat: Chat) -> None:
    pieces = 18
    gates = [threading.Event() for _ in range(pieces)]
    steps = [step for number, gate in enumerate(gates) for step in (f"<{number}>", gate)]
    sent = chat.ask(steps)
    for number, gate in enumerate(gates[:-1]):
        chat.text_came(sent, f"<{number}>")
        chat.clock.advance(DEADLINES.idle - 10)
        gate.set()
    chat.text_came(sent, f"<{pieces - 1}>")

    chat.clock.advance(DEADLINES.answer - (pieces - 1) * (DEADLINES.idle - 10) + 1)

    ending = chat.ending(sent)
    assert ending.state == "interrupted"
    assert ending.failure is not None
    assert "longer than 900 seconds" in str(ending.failure.values["reason"])


def test_an_answer_past_the_limit_is_cut_there_and_says_so(make_chat: Callable[..., Chat]) -> None:
    chat = make_chat(answer_limit=10)
    sent = chat.ask(["12345", "67890", "and more"])

    ending = chat.ending(sent)

    assert ending.failure is not None
    assert (ending.state, ending.failure.code) == ("interrupted", "answer_too_long")
    assert chat.stored(sent).text == "1234567890"


def test_an_answer_of_exactly_the_limit_is_complete(make_chat: Callable[..., Chat]) -> None:
    chat = make_chat(answer_limit=4)

    sent = chat.ask(["12", "\U0001f600", "4"])

    assert chat.ending(sent).state == "complete"
    assert chat.stored(sent).text == "12\U0001f6004"


def test_an_empty_answer_has_failed(chat: Chat) -> None:
    sent = chat.ask([])

    ending = chat.ending(sent)

    assert ending.failure is not None
    assert (ending.state, ending.failure.code) == ("failed", "empty_answer")


def test_an_answer_that_breaks_off_keeps_its_text_and_the_reason(chat: Chat) -> None:
    sent = chat.ask(["half an", BrokenOff(host="Scripted")])

    chat.ending(sent)

    stored = chat.stored(sent)
    assert (stored.state, stored.text) == ("interrupted", "half an")
    assert stored.failure is not None
    assert stored.failure.code == "broken_off"


def test_an_unexpected_failure_is_logged_and_said_without_anybodys_secrets(
    chat: Chat, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        sent = chat.ask(
            [ZeroDivisionError("UNSAFE")],
            text="a QUESTION-CANARY",
            model=PAID_MODEL,
            auth_code=AuthCode("CODE-CANARY"),
        )
        ending = chat.ending(sent)

    assert chat.provider.questions[0].auth_code is not None
    assert ending.failure is not None
    assert (ending.state, ending.failure.code) == ("failed", "model_failed")
    assert "UNSAFE" not in ending.failure.dump()
    assert "ZeroDivisionError" in caplog.text
    assert "CANARY" not in caplog.text


def test_a_provider_that_cannot_be_woken_is_ended_all_the_same(
    chat: Chat, caplog: pytest.LogCaptureFixture
) -> None:
    class Stuck(threading.Event):
        def set(self) -> None:
            raise OSError("the connection is in no state to be shut")

    gates = [Stuck(), Stuck()]
    for_stop = chat.ask(["text", gates[0]])
    for_keeper = chat.ask(["text", gates[1]], text="Another")
    chat.text_came(for_stop, "text")
    chat.text_came(for_keeper, "text")

    chat.runner.stop(generation(for_stop))
    chat.clock.advance(DEADLINES.idle + 1)

    assert chat.ending(for_stop).state == "stopped"
    assert chat.ending(for_keeper).state == "interrupted"
    assert "in no state" in caplog.text
    for gate in gates:
        threading.Event.set(gate)


def test_text_that_no_database_can_store_is_replaced_and_holds_up_nobody(chat: Chat) -> None:
    odd = chat.ask(["a\ud83db", "c\x00d"])
    chat.ending(odd)

    other = chat.ask(["of another one"], text="Another")

    assert chat.ending(other).state == "complete"
    assert chat.stored(odd).text == "a\ufffdbc\ufffdd"


def test_closing_stores_what_has_come_as_interrupted(chat: Chat) -> None:
    with_text = chat.ask(["so far", threading.Event()])
    without = chat.ask([threading.Event()], text="Another")
    chat.text_came(with_text, "so far")

    chat.runner.close(5)

    stored = chat.stored(with_text)
    assert (stored.state, stored.text) == ("interrupted", "so far")
    assert stored.failure is not None
    assert stored.failure.code == "server_restarted"
    assert chat.stored(without).state == "failed"
    chat.provider.wait_left(2)


def test_what_is_asked_while_the_server_closes_asks_nobody(chat: Chat) -> None:
    chat.runner.close(5)

    chat.ask(["paid for nothing"])

    assert chat.provider.questions == []


def test_an_ended_answer_leaves_the_log_a_while_later(chat: Chat) -> None:
    sent = chat.ask(["text"])
    chat.ending(sent)
    dropped = threading.Event()
    other = chat.ask([dropped], text="Another")
    assert chat.log.read(generation(sent), 0) is not None

    chat.clock.advance(DEADLINES.first_text + 1)  # the keeper looks, and ends the other one
    chat.ending(other)

    assert chat.log.read(generation(sent), 0) is None
    assert chat.stored(sent).text == "text"
