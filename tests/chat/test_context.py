"""What of a conversation reaches the model: what was shown, and never more than it takes."""

from __future__ import annotations

import uuid
from dataclasses import replace

import pytest

from tests.chat.conftest import Chat
from tests.support.providers import MODEL
from webapp.chat.asking import Ask, Asked, Asker, Continue, Edit, Regenerate, Send
from webapp.chat.context import DEFAULT_SYSTEM_TEXT
from webapp.errors import InstructionsTooLong, RequestTooLong
from webapp.providers.base import Model
from webapp.store import messages

# 200 tokens beside the answer, of which the default instructions take about 35.
SMALL = replace(MODEL, id="small", token_limit=1200)
WORDS = "word " * 70


def _talk(chat: Chat, *questions: str) -> Asked:
    last: Asked | None = None
    for question in questions:
        last = chat.ask([WORDS], text=question, after=last)
        chat.ending(last)
    assert last is not None
    return last


def _do(chat: Chat, ask: Ask, model: Model = SMALL) -> list[str]:
    """Ask, and tell what the model was given."""
    chat.provider.enqueue(["An answer."])
    chat.ending(chat.service.ask(Asker(chat.user, model, None), ask))
    return [turn.content for turn in chat.provider.questions[-1].turns]


def _id() -> str:
    return str(uuid.uuid4())


def test_the_oldest_messages_stay_behind_where_there_is_no_room(chat: Chat) -> None:
    last = _talk(chat, "One?", "Two?", "Three?")

    given = _do(chat, chat.message("Four?", last))

    assert given == [WORDS, "Three?", WORDS, "Four?"]
    assert chat.provider.questions[-1].system == DEFAULT_SYSTEM_TEXT


def test_a_model_of_unknown_limit_is_given_everything(chat: Chat) -> None:
    last = _talk(chat, "One?", "Two?", "Three?")

    assert len(_do(chat, chat.message("Four?", last), MODEL)) == 7


def test_regenerate_and_edit_keep_to_the_same_limit(chat: Chat) -> None:
    last = _talk(chat, "One?", "Two?", "Three?")

    again = _do(chat, Regenerate(_id(), last.answer.id))
    edited = _do(chat, Edit(_id(), last.question.id, "Other?"))

    assert again[-1] == "Three?"
    assert edited[-1] == "Other?"
    assert "One?" not in [*again, *edited]
    assert len(again) == len(edited) < 5


def test_continue_gives_the_question_its_unfinished_answer_and_the_wish(chat: Chat) -> None:
    first = _talk(chat, "One?", "Two?")
    last = chat.ask([WORDS, RuntimeError("broken")], text="Three?", after=first)
    chat.ending(last)

    given = _do(chat, Continue(_id(), last.answer.id))

    assert given[-3:-1] == ["Three?", WORDS]
    assert given[-1].startswith("Continue")
    assert "One?" not in given


@pytest.mark.parametrize("kind", ["send", "edit", "regenerate"])
def test_what_does_not_fit_alone_is_refused_before_anything_is_paid(chat: Chat, kind: str) -> None:
    long = "word " * 250
    last = chat.ask(["text"], text=long, model=MODEL)
    chat.ending(last)
    asks: dict[str, Ask] = {
        "send": chat.message(long, last),
        "edit": Edit(_id(), last.question.id, long),
        "regenerate": Regenerate(_id(), last.answer.id),
    }

    with pytest.raises(RequestTooLong) as refused:
        chat.service.ask(Asker(chat.user, SMALL, None), asks[kind])

    assert "200 tokens" in str(refused.value)
    assert len(chat.provider.questions) == 1
    assert len(chat.service.window(chat.user, last.conversation.id).messages) == 2


def test_what_was_counted_once_is_kept(chat: Chat) -> None:
    last = _talk(chat, "One?")
    _do(chat, chat.message("Two?", last))

    with chat.database.reading() as connection:
        counts = messages.counts(connection, chat.user, last.answer.id)

    assert [one.tokens for one in counts] == [2, 71]


def test_what_is_counted_is_read_from_the_row_and_not_counted_again(chat: Chat) -> None:
    last = _talk(chat, "One?")
    with chat.database.writing() as connection:
        messages.keep_counts(connection, chat.user, {last.answer.id: 5000})

    given = _do(chat, chat.message("Two?", last))

    assert given == ["Two?"]


def test_a_conversation_may_have_instructions_of_its_own(chat: Chat) -> None:
    chat.provider.enqueue(["text"])
    first = chat.service.ask(
        Asker(chat.user, MODEL, None), Send(_id(), None, None, "Hi", system_text="Be brief.")
    )
    chat.ending(first)

    _do(chat, chat.message("And now?", first))

    assert [one.system for one in chat.provider.questions] == ["Be brief."] * 2


def test_instructions_have_a_limit_too(chat: Chat) -> None:
    send = Send(_id(), None, None, "Hi", system_text="x" * 20_001)

    with pytest.raises(InstructionsTooLong):
        chat.service.ask(Asker(chat.user, MODEL, None), send)

    assert chat.listed() == []
