"""Sending and reading: one message is stored once, paid once, and seen by its owner alone."""

from __future__ import annotations

import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from tests.chat.conftest import Chat, generation
from tests.support.providers import MODEL, PAID_MODEL
from webapp.chat.asking import Asker, Continue
from webapp.chat.context import DEFAULT_SYSTEM_TEXT, turns
from webapp.chat.seeing import Sight
from webapp.chat.storing import title_of
from webapp.errors import (
    AccountDisabled,
    AlreadyAnswering,
    AuthCodeMissing,
    BranchMoved,
    EmptyMessage,
    LiaochatError,
    MessageTooLong,
    ModelFailed,
    NotFound,
    Refused,
    UnknownModel,
)
from webapp.providers.base import AuthCode, Turn
from webapp.store.files import Attachment
from webapp.store.messages import Message
from webapp.store.tables import users as user_rows


def _asker(chat: Chat) -> Asker:
    return Asker(chat.user, MODEL, None)


def _second_user(chat: Chat) -> Asker:
    with chat.database.writing() as connection:
        connection.execute(
            user_rows.insert().values(
                id="eve", name="Eve", role="member", created_at=chat.clock.now()
            )
        )
    return Asker("eve", MODEL, None)


def test_a_sent_message_is_stored_with_an_answer_under_way(chat: Chat) -> None:
    gate = threading.Event()

    sent = chat.ask([gate], text="How are you?")

    window = chat.service.window(chat.user, sent.conversation.id)
    assert [message.role for message in window.messages] == ["user", "assistant"]
    assert [message.state for message in window.messages] == ["complete", "running"]
    assert window.messages[0].text == "How are you?"
    assert window.messages[1].model == MODEL.key
    assert window.conversation.live
    assert not sent.again


def test_the_model_gets_the_whole_branch_and_no_more(chat: Chat) -> None:
    first = chat.ask(["An answer"], text="A question")
    chat.ending(first)

    second = chat.ask(["Another"], text="And another", after=first)
    chat.ending(second)

    question = chat.provider.questions[-1]
    assert question.system == DEFAULT_SYSTEM_TEXT
    assert question.turns == (
        Turn("user", "A question"),
        Turn("assistant", "An answer"),
        Turn("user", "And another"),
    )


@pytest.mark.parametrize(("model", "given"), [(MODEL, None), (PAID_MODEL, "secret")])
def test_the_auth_code_goes_only_to_models_that_need_it(
    chat: Chat, model: object, given: str | None
) -> None:
    assert model in {MODEL, PAID_MODEL}

    sent = chat.ask(
        ["text"],
        model=PAID_MODEL if model is PAID_MODEL else MODEL,
        auth_code=AuthCode("secret"),
    )
    chat.ending(sent)

    code = chat.provider.questions[0].auth_code
    assert (None if code is None else code.reveal()) == given


def test_one_message_sent_by_twenty_threads_is_stored_and_paid_once(chat: Chat) -> None:
    chat.provider.enqueue(["the one answer"])
    message, start = chat.message("Only once"), threading.Barrier(20, timeout=10)

    def send() -> tuple[str, str, str, bool]:
        start.wait()
        sent = chat.service.ask(_asker(chat), message)
        return sent.conversation.id, sent.question.id, sent.answer.id, sent.again

    with ThreadPoolExecutor(20) as pool:
        results = [one.result() for one in [pool.submit(send) for _ in range(20)]]

    assert len({result[:3] for result in results}) == 1
    assert [result[3] for result in results].count(False) == 1
    chat.provider.wait_left()
    assert len(chat.provider.questions) == 1


def test_many_messages_at_once_into_one_conversation_begin_one_answer(chat: Chat) -> None:
    first = chat.ask(["text"])
    chat.ending(first)
    chat.provider.enqueue([threading.Event()])
    start = threading.Barrier(10, timeout=10)

    def send() -> str:
        start.wait()
        try:
            chat.service.ask(_asker(chat), chat.message(after=first))
        except LiaochatError as error:
            return error.code
        return "sent"

    with ThreadPoolExecutor(10) as pool:
        results = [one.result() for one in [pool.submit(send) for _ in range(10)]]

    assert results.count("sent") == 1
    assert results.count("already_answering") == 9


def test_a_message_sent_again_later_gives_its_ended_answer(chat: Chat) -> None:
    chat.provider.enqueue(["text"])
    message = chat.message()
    sent = chat.service.ask(_asker(chat), message)
    chat.ending(sent)

    again = chat.service.ask(replace(_asker(chat), model=None), message)

    assert again.again
    assert (again.answer.id, again.answer.text) == (sent.answer.id, "text")


def test_the_id_of_another_users_message_is_free_to_use(chat: Chat) -> None:
    eve, message = _second_user(chat), chat.message()
    for _ in range(2):
        chat.provider.enqueue(["text"])

    own = chat.service.ask(_asker(chat), message)
    hers = chat.service.ask(eve, message)

    assert own.question.id != hers.question.id
    assert not hers.again


@pytest.mark.parametrize(
    ("text", "model", "expected"),
    [
        ("", MODEL, EmptyMessage),
        (" \n\t\u00a0\u2003", MODEL, EmptyMessage),
        ("x" * 2001, MODEL, MessageTooLong),
        ("text", None, UnknownModel),
        ("text", PAID_MODEL, AuthCodeMissing),
    ],
)
def test_what_cannot_be_sent_is_refused_and_nothing_is_stored(
    chat: Chat, text: str, model: object, expected: type[Refused]
) -> None:
    asker = Asker(chat.user, None if model is None else model, None)  # type: ignore[arg-type]

    with pytest.raises(expected):
        chat.service.ask(asker, chat.message(text))

    assert chat.listed() == []
    assert chat.provider.questions == []


def test_a_message_of_exactly_the_limit_is_taken_counted_in_characters(chat: Chat) -> None:
    sent = chat.ask(["text"], text="\U0001f600" * 2000)

    assert chat.ending(sent).state == "complete"


def test_a_conversation_that_is_being_answered_takes_no_message(chat: Chat) -> None:
    sent = chat.ask([threading.Event()])

    with pytest.raises(AlreadyAnswering):
        chat.service.ask(_asker(chat), chat.message(after=sent))


def test_a_page_that_missed_something_takes_no_message(chat: Chat) -> None:
    first = chat.ask(["one"])
    chat.ending(first)
    second = chat.ask(["two"], after=first)
    chat.ending(second)

    with pytest.raises(BranchMoved):
        chat.service.ask(_asker(chat), chat.message(after=first))

    assert len(chat.service.window(chat.user, first.conversation.id).messages) == 4


def test_what_is_somebody_elses_is_not_there(chat: Chat) -> None:
    sent = chat.ask(["text", threading.Event()])
    chat.text_came(sent, "text")
    eve = _second_user(chat)

    with pytest.raises(NotFound):
        chat.service.window(eve.user_id, sent.conversation.id)
    with pytest.raises(NotFound):
        chat.service.stop(eve.user_id, sent.answer.id)
    with pytest.raises(NotFound):
        chat.service.ask(eve, chat.message(after=sent))

    assert chat.service.conversation(eve.user_id, sent.conversation.id) is None
    assert chat.listed(eve.user_id) == []
    assert chat.stored(sent).state == "running"


def test_stopping_a_question_is_not_found(chat: Chat) -> None:
    sent = chat.ask(["text"])

    with pytest.raises(NotFound):
        chat.service.stop(chat.user, sent.question.id)


def test_stopping_tells_which_conversation_it_was(chat: Chat) -> None:
    sent = chat.ask([threading.Event()])

    stopped = chat.service.stop(chat.user, sent.answer.id)

    assert stopped == sent.conversation.id
    assert chat.ending(sent).state == "stopped"


def test_the_text_so_far_is_the_logs_while_it_runs_and_the_stored_one_after(chat: Chat) -> None:
    gate = threading.Event()
    sent = chat.ask(["so far", gate, " and on"])
    chat.text_came(sent, "so far")

    running = chat.service.text_so_far(chat.stored(sent))
    gate.set()
    chat.ending(sent)
    chat.log.drop(generation(sent))
    ended = chat.service.text_so_far(chat.stored(sent))

    assert (running, ended) == ("so far", "so far and on")


def test_conversations_are_listed_by_when_they_went_on_last(chat: Chat) -> None:
    first = chat.ask(["text"], text="First")
    chat.ending(first)
    chat.clock.advance(1)
    second = chat.ask(["text"], text="Second")
    chat.ending(second)
    chat.clock.advance(1)
    third = chat.ask([threading.Event()], text="on with the first", after=first)

    found = chat.listed()

    assert [one.title for one in found] == ["First", "Second"]
    assert [one.live for one in found] == [True, False]
    assert third.conversation.id == first.conversation.id


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("Hello", "Hello"),
        ("  two\n\n lines\t", "two lines"),
        ("x" * 60, "x" * 60),
        ("x" * 61, "x" * 59 + "…"),
        (
            "Explain to me in simple words how a bicycle stays up, and why it falls",
            "Explain to me in simple words how a bicycle stays up, and…",
        ),
        ("Comma, comma, comma, comma, comma, comma, comma, comma,   comma", None),
    ],
)
def test_a_title_is_the_first_words_of_the_question(text: str, title: str | None) -> None:
    made = title_of(text)

    assert len(made) <= 60
    assert title is None or made == title
    assert ",…" not in made


def test_an_answer_that_never_began_was_not_said() -> None:
    def message(role: str, text: str) -> Message:
        return Message("id", "c", None, role, "complete", text, None, None, None)

    said = _said(message("user", "One"), message("assistant", ""), message("user", "Two"))

    assert said == (Turn("user", "One"), Turn("user", "Two"))


def test_the_files_of_a_message_are_said_with_it() -> None:
    file = Attachment("notes.txt", "buy milk")
    asked = Message(
        "id", "c", None, "user", "complete", "Read this.", None, None, None, (), (file,)
    )

    assert _said(asked) == (Turn("user", asked.content),)
    assert "buy milk" in asked.content


def _said(*branch: Message) -> tuple[Turn, ...]:
    return turns(branch, Sight(MODEL), lambda _: None)


def _close_account(chat: Chat) -> None:
    with chat.database.writing() as connection:
        connection.execute(user_rows.update().values(disabled_at=chat.clock.now()))


def test_whose_account_is_closed_asks_nothing(chat: Chat) -> None:
    _close_account(chat)

    with pytest.raises(AccountDisabled):
        chat.service.ask(_asker(chat), chat.message())

    assert chat.listed() == []
    assert chat.provider.questions == []


def test_what_was_just_asked_when_the_account_was_closed_is_stopped(chat: Chat) -> None:
    broken = chat.ask(["It", ModelFailed(reason="x")])
    chat.ending(broken)
    chat.provider.enqueue([" goes on", threading.Event()])
    # What it goes on with is the first that is heard of it: it is stored, and has not begun.
    chat.log.listen(lambda _generation_id: _close_account(chat))

    asked = chat.service.ask(_asker(chat), Continue(str(uuid.uuid4()), broken.answer.id))

    assert chat.ending(asked).state == "stopped"
