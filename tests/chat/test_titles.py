"""Titles by a model: one short request for a conversation, and never in anybody's way."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import cast

import pytest

from tests.chat.conftest import SERVER, Chat, generation
from tests.support.providers import MODEL, PAID_MODEL, Step
from webapp.chat.asking import Asked, Asker
from webapp.chat.service import ChatService
from webapp.chat.titles import Titler, Untitled, cleaned
from webapp.errors import CreditUsedUp
from webapp.providers.base import AuthCode, Payer, Used
from webapp.store import conversations, quotas, usage
from webapp.store.quotas import Limits
from webapp.store.usage import Amount, day_of


class _Titled:
    """A titler, and a way to wait for what it does."""

    def __init__(self, chat: Chat) -> None:
        self.chat = chat
        self.told = threading.Event()
        self.titler = Titler(
            database=chat.database,
            clock=chat.clock,
            providers={chat.provider.name: chat.provider},
            model=lambda: PAID_MODEL,
            on_titled=lambda _user, _conversation: self.told.set(),
        )

    def ask(self, *, answer: list[Step], text: str = "A question", payer: Payer = "own") -> Asked:
        asked = self.chat.ask(answer, text=text)
        self.chat.ending(asked)
        untitled = Untitled(
            self.chat.user,
            asked.conversation.id,
            asked.answer.id,
            asked.conversation.title,
            AuthCode("secret"),
            payer,
        )
        self.titler.expect(generation(asked), untitled)
        return asked

    def entitle(self, asked: Asked, said: list[Step]) -> str:
        """Let a model say this, and tell the title after its thread has ended."""
        self.chat.provider.enqueue(said)
        before = set(threading.enumerate())
        self.titler.ended(generation(asked))
        for thread in set(threading.enumerate()) - before:
            if thread.name.startswith("title-"):
                thread.join(10)
        conversation = self.chat.service.conversation(self.chat.user, asked.conversation.id)
        assert conversation is not None
        return conversation.title


@pytest.fixture
def titled(chat: Chat) -> Iterator[_Titled]:
    made = _Titled(chat)
    yield made
    made.titler.close()


def test_a_conversation_is_named_by_the_model_after_its_first_answer(titled: _Titled) -> None:
    asked = titled.ask(answer=["Because of the sky."], text="Why is it blue?")

    title = titled.entitle(asked, ["“Why the ", "sky is blue.”\n", "Anything else?"])

    assert title == "Why the sky is blue"
    assert titled.told.is_set()
    question = titled.chat.provider.questions[-1]
    assert question.model == PAID_MODEL
    assert question.auth_code is not None
    assert "Why is it blue?" in question.turns[0].content
    assert "Because of the sky." in question.turns[0].content


def test_it_is_done_once(titled: _Titled) -> None:
    asked = titled.ask(answer=["text"])
    titled.entitle(asked, ["First"])

    assert titled.entitle(asked, ["Second"]) == "First"
    assert len(titled.chat.provider.questions) == 2


def test_a_title_that_a_person_gave_stays_and_nothing_is_asked(titled: _Titled) -> None:
    asked = titled.ask(answer=["text"])
    with titled.chat.database.writing() as connection:
        conversations.rename(connection, titled.chat.user, asked.conversation.id, "Mine")

    assert titled.entitle(asked, ["The model's"]) == "Mine"
    assert len(titled.chat.provider.questions) == 1


def test_a_title_that_a_person_gives_meanwhile_stays(titled: _Titled) -> None:
    asked = titled.ask(answer=["text"])

    def rename() -> None:
        with titled.chat.database.writing() as connection:
            conversations.rename(connection, titled.chat.user, asked.conversation.id, "Mine")

    assert titled.entitle(asked, ["The ", rename, "model's"]) == "Mine"
    assert not titled.told.is_set()


def test_an_answer_that_failed_gets_no_title(titled: _Titled) -> None:
    asked = titled.ask(answer=["half", CreditUsedUp()])

    assert titled.entitle(asked, ["The model's"]) == "A question"
    assert len(titled.chat.provider.questions) == 1


@pytest.mark.parametrize("failure", [CreditUsedUp(), ValueError("the private question")])
def test_a_failure_leaves_the_title_and_logs_no_words(
    titled: _Titled, caplog: pytest.LogCaptureFixture, failure: Exception
) -> None:
    asked = titled.ask(answer=["text"])

    assert titled.entitle(asked, ["The pri", failure]) == "A question"
    assert "no title was made" in caplog.text
    assert "private" not in caplog.text


def test_closing_gives_up_what_is_under_way(titled: _Titled) -> None:
    asked = titled.ask(answer=["text"])

    assert titled.entitle(asked, ["The ", titled.titler.close, threading.Event()]) == "A question"


def test_a_model_that_does_not_stop_is_cut_off(titled: _Titled) -> None:
    asked = titled.ask(answer=["text"])

    title = titled.entitle(asked, ["word " * 61, threading.Event()])

    assert len(title) <= 60
    assert title.startswith("word word")


def test_the_service_has_only_new_conversations_titled(chat: Chat) -> None:
    expected: list[str] = []

    class Notes:
        def expect(self, generation_id: str, untitled: Untitled) -> None:
            assert generation_id
            expected.append(untitled.title)

    service = ChatService(
        database=chat.database,
        log=chat.log,
        runner=chat.runner,
        clock=chat.clock,
        server_id=SERVER,
        titler=cast("Titler", Notes()),
    )
    for _ in range(2):
        chat.provider.enqueue(["text"])
    asker = Asker(chat.user, MODEL, None)

    first = service.ask(asker, chat.message("First question"))
    chat.ending(first)
    chat.ending(service.ask(asker, chat.message("Second question", first)))

    assert expected == ["First question"]


@pytest.mark.parametrize(
    ("said", "title"),
    [
        ("# Blue skies", "Blue skies"),
        ('"Blue skies."', "Blue skies"),
        ("\n\n**Blue skies**\nand more", "Blue skies"),
        ("Blue\u202eskies\0", "Blueskies\ufffd"),
        (" \n\t", ""),
        ("x" * 10_000, "x" * 59 + "…"),
    ],
)
def test_a_title_is_one_clean_line(said: str, title: str) -> None:
    assert cleaned(said) == title


@pytest.mark.parametrize("payer", ["own", "team"])
def test_a_title_counts_for_who_pays_it_but_as_no_message(titled: _Titled, payer: Payer) -> None:
    asked = titled.ask(answer=["Because."], payer=payer)

    titled.entitle(asked, ["A title"])

    counted = _counted(titled.chat, payer)
    question = titled.chat.provider.questions[-1]
    sent = len(question.system) + sum(len(turn.content) for turn in question.turns)
    assert (counted.messages, counted.sent_characters) == (0, sent)
    assert counted.answered_characters == len("A title")
    assert counted.answered_tokens > 0


def test_what_the_provider_counted_for_a_title_takes_the_place_of_our_own_count(
    titled: _Titled,
) -> None:
    asked = titled.ask(answer=["Because."], payer="team")

    titled.entitle(asked, ["A title", Used(input_tokens=31, output_tokens=4)])

    counted = _counted(titled.chat, "team")
    assert (counted.sent_tokens, counted.answered_tokens) == (31, 4)


def test_a_title_that_was_turned_away_unpaid_counts_nothing(titled: _Titled) -> None:
    asked = titled.ask(answer=["Because."], payer="team")

    titled.entitle(asked, [CreditUsedUp()])

    assert _counted(titled.chat, "team") == Amount()


def test_no_title_is_asked_for_where_the_quota_of_characters_is_used_up(titled: _Titled) -> None:
    asked = titled.ask(answer=["Because."], payer="team")
    with titled.chat.database.writing() as connection:
        quotas.keep(connection, titled.chat.user, Limits(characters_a_day=10))
    before = len(titled.chat.provider.questions)

    title = titled.entitle(asked, ["A title"])

    assert title == "A question"
    assert len(titled.chat.provider.questions) == before


def _counted(chat: Chat, payer: str) -> Amount:
    today = day_of(chat.clock.now())
    with chat.database.reading() as connection:
        return usage.total(connection, chat.user, payer, first_day=today)
