"""From what is stored to what is shown."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from tests.support.clock import FakeClock
from tests.support.providers import MODEL
from webapp.errors import BrokenOff, Failure
from webapp.store.conversations import Conversation
from webapp.store.messages import Message
from webapp.web import i18n
from webapp.web.assets import asset_dir
from webapp.web.present import Presenter

# Noon of this machine's own calendar, in the middle of a month: Wednesday, 15 July 2026.
_NOON = datetime(2026, 7, 15, 12, 0).astimezone()


@pytest.fixture
def presenter() -> Presenter:
    app = Flask("webapp", template_folder=str(asset_dir("templates")), static_folder=None)
    i18n.init_app(app)
    return Presenter(
        app.jinja_env,
        FakeClock(_NOON.astimezone(UTC)),
        model_name=lambda key: "Scripted" if key == MODEL.key else key.upper(),
    )


def _conversation(ago: timedelta, name: str = "c") -> Conversation:
    return Conversation(name, f"Title of {name}", None, (_NOON - ago).astimezone(UTC), live=False)


def _answer(
    text: str, *, state: str = "complete", model: str | None = MODEL.key, name: str = "m1"
) -> Message:
    return Message(name, "c", "q", "assistant", state, text, model, None, "g")


@pytest.mark.parametrize(
    ("ago", "group"),
    [
        (timedelta(hours=-1), "today"),
        (timedelta(0), "today"),
        (timedelta(hours=11, minutes=59), "today"),
        (timedelta(hours=12, minutes=1), "yesterday"),
        (timedelta(hours=35, minutes=59), "yesterday"),
        (timedelta(hours=36, minutes=1), "week"),
        (timedelta(days=6), "week"),
        (timedelta(days=7), "2026-07"),
        (timedelta(days=14), "2026-07"),
        (timedelta(days=15), "2026-06"),
        (timedelta(days=365), "2025-07"),
    ],
)
def test_a_conversation_is_listed_under_its_day_or_month(
    presenter: Presenter, ago: timedelta, group: str
) -> None:
    assert presenter.conversation(_conversation(ago)).group == group


def test_groups_keep_the_order_and_have_names_for_people(presenter: Presenter) -> None:
    days = [0, 0, 1, 3, 20, 40, 200]
    all_ = [_conversation(timedelta(days=day), str(at)) for at, day in enumerate(days)]

    groups = presenter.groups(all_, current="3")

    assert [group.label for group in groups] == [
        "Today",
        "Yesterday",
        "This week",
        "June 2026",
        "December 2025",
    ]
    shown = [view for group in groups for view in group.conversations]
    assert [view.id for view in shown] == [one.id for one in all_]
    assert [view.id for view in shown if view.current] == ["3"]


def test_no_conversations_make_no_groups(presenter: Presenter) -> None:
    assert presenter.groups([], current=None) == []


@pytest.mark.parametrize(
    ("key", "name"), [(MODEL.key, "Scripted"), ("liaobots/gone", "LIAOBOTS/GONE"), (None, "")]
)
def test_an_answer_bears_the_name_of_its_model(
    presenter: Presenter, key: str | None, name: str
) -> None:
    assert presenter.message(_answer("text", model=key), "text").model == name


def test_a_failure_is_a_sentence_and_one_of_another_version_reads_as_a_plain_one(
    presenter: Presenter,
) -> None:
    def footer(failure: Failure) -> str:
        broken = Message("m", "c", "q", "assistant", "interrupted", "", MODEL.key, failure, "g")
        return presenter.footer(broken)

    known = footer(BrokenOff(host="Liaobots").failure)
    renamed = footer(Failure("of_the_future", {}))
    changed = footer(Failure("broken_off", {"server": "Liaobots"}))

    assert str(BrokenOff(host="Liaobots")) in known
    assert "Something went wrong. Try again." in renamed
    assert "Something went wrong. Try again." in changed


def test_who_only_reads_is_shown_how_it_ended_and_nothing_to_do(presenter: Presenter) -> None:
    failure = BrokenOff(host="Liaobots").failure
    question = Message("q", "c", None, "user", "complete", "why", None, None, None)
    broken = Message("m", "c", "q", "assistant", "interrupted", "text", MODEL.key, failure, "g")
    running = _answer("", state="running")

    def drawn(*, read_only: bool) -> str:
        articles = (
            presenter.article(presenter.message(one, one.text), read_only=read_only)
            for one in (question, broken, running)
        )
        return "".join((*articles, presenter.footer(broken, read_only=read_only)))

    own, read = drawn(read_only=False), drawn(read_only=True)
    assert own.count("<form") > 4
    assert own.count("Liaobots") == 2

    assert "<form" not in read
    assert "popover" not in read
    assert "Liaobots" not in read
    assert read.count("The answer broke off here.") == 2
    assert read.count('data-copy="message"') == 2


def test_what_a_person_wrote_is_never_markup(presenter: Presenter) -> None:
    evil = "<script>alert(1)</script>"
    question = Message("q", "c", None, "user", "complete", evil, None, None, None)

    article = presenter.article(presenter.message(question, evil))
    one = Conversation("c", evil, None, _NOON.astimezone(UTC), live=False)
    entry = presenter.entry(presenter.conversation(one))

    for html in (article, entry):
        assert "<script" not in html
        assert "&lt;script&gt;" in html


def test_an_ended_answer_is_rendered_once_and_its_copies_are_not(presenter: Presenter) -> None:
    text = "**text** " * 20_000

    def seconds(name: str) -> float:
        started = time.thread_time()
        assert presenter.message(_answer(text, name=name), text).html.count("<strong>") == 20_000
        return time.thread_time() - started

    first, again, copied = seconds("one"), seconds("one"), seconds("two")

    assert again < first / 5
    assert copied < first / 5


def test_footnotes_of_the_same_text_have_ids_of_their_own(presenter: Presenter) -> None:
    text = "A note[^1].\n\n[^1]: It."

    one, two = (str(presenter.message(_answer(text, name=name), text).html) for name in "ab")

    assert 'id="afn-1"' in one
    assert 'id="bfn-1"' in two
    assert one == two.replace("bfn", "afn")


def test_a_running_answer_is_rendered_as_it_grows(presenter: Presenter) -> None:
    running = _answer("", state="running")
    presenter.message(running, "one")

    assert "two" in presenter.message(running, "one two").html
    assert "three" in presenter.message(_answer("three"), "three").html


@pytest.mark.parametrize(
    ("seconds", "label"),
    [
        (None, ""),
        (0, "Thoughts"),
        (1, "Thought for 1 second"),
        (89, "Thought for 89 seconds"),
        (100, "Thought for 2 minutes"),
    ],
)
def test_it_is_said_for_how_long_a_model_thought(
    presenter: Presenter, seconds: int | None, label: str
) -> None:
    view = presenter.message(replace(_answer("Text."), thought_seconds=seconds), "Text.")

    assert view.thoughts == label
    assert ('<details class="thoughts">' in presenter.article(view)) == bool(label)


def test_readers_see_neither_thoughts_nor_hosts(presenter: Presenter) -> None:
    answer = replace(_answer("Text."), thought_seconds=5, host="one.example")
    view = presenter.message(answer, "Text.")

    own, read = presenter.article(view), presenter.article(view, read_only=True)

    assert "Thought for" in own
    assert "one.example" in own
    assert "houghts" not in read
    assert "one.example" not in read
    assert "one.example" not in presenter.footer(answer, read_only=True)


def test_a_running_answer_has_a_place_for_thoughts_that_readers_have_not(
    presenter: Presenter,
) -> None:
    view = presenter.message(_answer("", state="running"), "")

    assert '<details class="thoughts" hidden>' in presenter.article(view)
    assert "houghts" not in presenter.article(view, read_only=True)
