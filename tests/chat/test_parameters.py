"""What is asked of a model beside the question: read, kept, and sent where it is taken."""

from __future__ import annotations

import uuid
from dataclasses import replace

import pytest

from tests.chat.conftest import Chat
from tests.support.providers import MODEL
from webapp.chat.asking import Asked, Asker, Regenerate
from webapp.chat.drafts import Drafts
from webapp.chat.library import Library
from webapp.chat.parameters import dump, load, parse, taken, written
from webapp.errors import LiaochatError, NotFound
from webapp.providers.base import Model, Parameters

ALL = {
    "temperature": "0.7",
    "top_p": "0.95",
    "max_tokens": "500",
    "seed": "42",
    "reasoning_effort": "high",
}
READ = Parameters(0.7, 0.95, 500, 42, "high")
WILLING = replace(MODEL, parameters=frozenset(ALL))
COOL = replace(MODEL, parameters=frozenset({"temperature"}))


def test_what_is_written_is_read_and_written_again() -> None:
    assert parse(ALL) == READ
    assert written(READ) == ALL
    assert load(dump(READ)) == READ


def test_what_is_empty_or_not_there_is_left_to_the_model() -> None:
    assert parse(dict.fromkeys(ALL, " ")) == parse({}) == Parameters()
    assert dump(Parameters()) == {}
    assert written(Parameters()) == dict.fromkeys(ALL, "")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("temperature", "0"),
        ("temperature", "2"),
        ("top_p", "1"),
        ("max_tokens", "1"),
        ("seed", "0"),
    ],
)
def test_the_bounds_themselves_can_be_asked_for(name: str, text: str) -> None:
    assert written(parse({name: text}))[name] == text


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("temperature", "2.1", "“Temperature” takes a number from 0 to 2, or nothing."),
        ("temperature", "-0.1", "“Temperature” takes a number from 0 to 2, or nothing."),
        ("temperature", "warm", "“Temperature” takes a number from 0 to 2, or nothing."),
        ("temperature", "nan", "“Temperature” takes a number from 0 to 2, or nothing."),
        ("top_p", "inf", "“Top-p” takes a number from 0 to 1, or nothing."),
        (
            "max_tokens",
            "0",
            "“Longest answer” takes a whole number from 1 to 1,000,000, or nothing.",
        ),
        ("seed", "1.5", "“Seed” takes a whole number from 0 to 4,294,967,295, or nothing."),
        ("seed", "9" * 5000, "“Seed” takes a whole number from 0 to 4,294,967,295, or nothing."),
        (
            "reasoning_effort",
            "extreme",
            "“Reasoning effort” is low, medium or high, or left to the model.",
        ),
    ],
)
def test_what_no_model_takes_is_refused_in_a_sentence(name: str, text: str, sentence: str) -> None:
    with pytest.raises(LiaochatError) as refused:
        parse({name: text})

    assert str(refused.value) == sentence


def test_a_model_gets_those_that_it_takes() -> None:
    assert taken(READ, WILLING) == READ
    assert taken(READ, COOL) == Parameters(temperature=0.7)
    assert taken(READ, MODEL) == Parameters()


def test_those_of_a_new_chat_are_asked_for_at_once_and_kept(chat: Chat) -> None:
    first = _ask(chat, WILLING, ALL)

    _ask(chat, WILLING, {}, after=first)

    assert [one.parameters for one in chat.provider.questions] == [READ, READ]


def test_another_model_is_asked_for_what_it_takes_and_nothing_is_forgotten(chat: Chat) -> None:
    first = _ask(chat, WILLING, ALL)
    for model in (COOL, WILLING):
        chat.provider.enqueue(["Again."])
        again = Regenerate(str(uuid.uuid4()), first.answer.id)
        chat.ending(chat.service.ask(Asker(chat.user, model, None), again))

    asked = [one.parameters for one in chat.provider.questions]
    assert asked == [READ, Parameters(temperature=0.7), READ]


def test_a_question_with_what_cannot_be_asked_for_is_refused_and_nothing_is_stored(
    chat: Chat,
) -> None:
    message = replace(chat.message(), parameters={"temperature": "9"})

    with pytest.raises(LiaochatError, match="from 0 to 2"):
        chat.service.ask(Asker(chat.user, WILLING, None), message)

    assert chat.listed() == []
    assert chat.provider.questions == []


def test_they_are_changed_for_what_is_asked_from_then_on(chat: Chat) -> None:
    drafts = Drafts(database=chat.database, clock=chat.clock)
    first = _ask(chat, WILLING, {"seed": "1"})

    drafts.ask_for(chat.user, first.conversation.id, {"temperature": "0.2"})
    _ask(chat, WILLING, {}, after=first)

    assert drafts.parameters(chat.user, first.conversation.id) == Parameters(temperature=0.2)
    assert chat.provider.questions[-1].parameters == Parameters(temperature=0.2)
    with pytest.raises(NotFound):
        drafts.ask_for("0" * 32, first.conversation.id, {})


def test_a_copy_of_a_branch_goes_on_with_them(chat: Chat) -> None:
    first = _ask(chat, WILLING, ALL)
    drafts = Drafts(database=chat.database, clock=chat.clock)

    copy = Library(database=chat.database, clock=chat.clock).branch(chat.user, first.answer.id)

    assert drafts.parameters(chat.user, copy.id) == READ


def _ask(
    chat: Chat, model: Model, parameters: dict[str, str], *, after: Asked | None = None
) -> Asked:
    chat.provider.enqueue(["Yes."])
    message = replace(chat.message(after=after), parameters=parameters)
    asked = chat.service.ask(Asker(chat.user, model, None), message)
    chat.ending(asked)
    return asked
