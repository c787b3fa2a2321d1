"""What a model says to itself is kept beside its answer, and never said to it again."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from tests.chat.conftest import DEADLINES, Chat, generation
from tests.chat.test_journal import Journaled
from webapp.chat.library import Library
from webapp.chat.reaper import reap
from webapp.errors import BrokenOff, NotFound
from webapp.providers.base import Answered, Thought
from webapp.store import messages
from webapp.store.generations import journaled_thoughts


def test_thoughts_are_kept_beside_the_answer(chat: Chat) -> None:
    sent = chat.ask([Thought("First this, "), Thought("then that."), "The answer."])

    ending = chat.ending(sent)

    assert ending.state == "complete"
    assert chat.stored(sent).text == "The answer."
    assert chat.thoughts(sent) == "First this, then that."


def test_thoughts_are_read_while_they_come(chat: Chat) -> None:
    sent = chat.ask([Thought("First this"), threading.Event()])

    chat.thought_came(sent, "First this")

    assert chat.thoughts(sent) == "First this"
    assert chat.stored(sent).state == "running"


def test_somebody_elses_thoughts_are_not_found(chat: Chat) -> None:
    sent = chat.ask([Thought("Secret."), "The answer."])
    chat.ending(sent)

    with pytest.raises(NotFound):
        chat.service.thoughts("0" * 32, sent.answer.id)


def test_thoughts_never_go_back_to_the_model(chat: Chat) -> None:
    first = chat.ask([Thought("A secret plan."), "The answer."])
    chat.ending(first)

    chat.ending(chat.ask(["Again."], text="And then?", after=first))

    said = [turn.content for turn in chat.provider.questions[-1].turns]
    assert said == ["A question", "The answer.", "And then?"]


def test_it_is_kept_for_how_long_a_model_thought(chat: Chat) -> None:
    def pass_seconds(seconds: float) -> Callable[[], None]:
        return lambda: chat.clock.advance(seconds)

    sent = chat.ask(
        [
            Answered("one.example"),
            pass_seconds(5),
            Thought("Hm."),
            pass_seconds(12),
            "Text",
            pass_seconds(7),
            Thought("Wait."),
            pass_seconds(3),
            " and more.",
        ]
    )
    chat.ending(sent)

    assert chat.stored(sent).thought_seconds == 12 + 3


def test_an_answer_without_thoughts_has_no_time_of_them(chat: Chat) -> None:
    sent = chat.ask(["The answer."])
    chat.ending(sent)

    assert chat.stored(sent).thought_seconds is None
    assert chat.thoughts(sent) == ""


def test_thoughts_alone_are_kept_when_they_are_stopped(chat: Chat) -> None:
    sent = chat.ask([Thought("So far."), threading.Event()])
    chat.thought_came(sent, "So far.")

    chat.runner.stop(generation(sent))

    assert chat.ending(sent).state == "stopped"
    assert (chat.stored(sent).text, chat.thoughts(sent)) == ("", "So far.")


@pytest.mark.parametrize(
    ("end", "code"), [([BrokenOff(host="here")], "broken_off"), ([], "empty_answer")]
)
def test_thoughts_that_no_answer_follows_are_kept_as_interrupted(
    chat: Chat, end: list[BrokenOff], code: str
) -> None:
    sent = chat.ask([Thought("So far."), *end])

    ending = chat.ending(sent)

    assert ending.failure is not None
    assert (ending.state, ending.failure.code) == ("interrupted", code)
    assert chat.thoughts(sent) == "So far."


def test_thoughts_have_a_limit_of_their_own_and_the_answer_goes_on_beyond_it(
    make_chat: Callable[..., Chat],
) -> None:
    chat = make_chat(answer_limit=10)
    sent = chat.ask([Thought("12345678"), Thought("90ab"), Thought("cd"), "1234567890"])

    assert chat.ending(sent).state == "complete"
    assert chat.stored(sent).text == "1234567890"
    assert chat.thoughts(sent) == "1234567890"


def test_a_model_that_thinks_is_not_silent(chat: Chat) -> None:
    gates = [threading.Event() for _ in range(3)]
    sent = chat.ask(
        [step for n, gate in enumerate(gates) for step in (Thought(f"<{n}>"), gate)] + ["Text."]
    )
    for number, gate in enumerate(gates):
        chat.thought_came(sent, f"<{number}>")
        chat.clock.advance(DEADLINES.first_text - 10)
        gate.set()

    assert chat.ending(sent).state == "complete"


def test_a_model_that_stops_thinking_without_a_word_is_ended_at_its_deadline(chat: Chat) -> None:
    sent = chat.ask([Thought("Hm."), threading.Event()])
    chat.thought_came(sent, "Hm.")

    chat.clock.advance(DEADLINES.first_text + 1)

    ending = chat.ending(sent)
    assert ending.failure is not None
    assert (ending.state, ending.failure.code) == ("interrupted", "silent_too_long")


def test_thoughts_that_no_database_can_store_are_replaced(chat: Chat) -> None:
    sent = chat.ask([Thought("a\ud83db\x00"), "Text."])
    chat.ending(sent)

    assert chat.thoughts(sent) == "a\ufffdb\ufffd"


def test_what_was_thought_before_a_kill_is_restored(make_chat: Callable[..., Chat]) -> None:
    killed = make_chat(server_id="killed")
    journaled = Journaled(killed.database, journaled_thoughts)
    sent = killed.ask([Thought("one \U0001f600 "), Thought("two"), threading.Event()])
    journaled.text(generation(sent), 9)
    next_one = make_chat(server_id="next")

    reap(next_one.database, "next", silent_since=next_one.clock.now())

    stored = next_one.stored(sent)
    assert (stored.state, stored.text) == ("interrupted", "")
    assert (next_one.thoughts(sent), stored.thought_seconds) == ("one \U0001f600 two", 0)


def test_a_copy_of_a_branch_brings_its_thoughts(chat: Chat) -> None:
    sent = chat.ask([Answered("one.example"), Thought("So."), "Text."])
    chat.ending(sent)

    copy = Library(database=chat.database, clock=chat.clock).branch(chat.user, sent.answer.id)

    with chat.database.reading() as connection:
        answer = messages.path(connection, chat.user, copy.head_id or _head(chat, copy.id))[-1]
    assert (answer.text, answer.host) == ("Text.", "one.example")
    assert chat.service.thoughts(chat.user, answer.id)[1] == "So."


def _head(chat: Chat, conversation_id: str) -> str:
    found = chat.service.conversation(chat.user, conversation_id)
    assert found is not None
    assert found.head_id is not None
    return found.head_id
