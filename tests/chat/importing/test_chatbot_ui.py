"""chatbot-ui's exports, versions 1 to 4."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

import pytest
from sqlalchemy import Connection

from tests.chat.importing.conftest import Desk
from webapp.chat.context import DEFAULT_SYSTEM_TEXT
from webapp.chat.kept import MOST
from webapp.store.prompts import PROMPTS

GPT = {"id": "gpt-3.5-turbo", "name": "GPT-3.5", "maxLength": 12000, "tokenLimit": 4000}
SAID = [{"role": "user", "content": "Hello"}, {"role": "assistant", "content": "Hi!"}]


def conversation(**more: Any) -> dict[str, Any]:
    return {
        "id": "3f0e",
        "name": "Greetings",
        "messages": SAID,
        "model": GPT,
        "prompt": DEFAULT_SYSTEM_TEXT,
        "temperature": 1,
        "folderId": None,
        **more,
    }


V1 = [{"id": 1, "name": "Greetings", "messages": SAID}]
V2 = {
    "history": [conversation(id=1, folderId=7)],
    "folders": [{"id": 7, "name": "Work"}],
}
V3 = {
    "version": 3,
    "history": [conversation(folderId="f")],
    "folders": [{"id": "f", "name": "Work", "type": "chat"}],
}
V4 = {**V3, "version": 4, "prompts": []}


@pytest.mark.parametrize("file", [V1, V2, V3, V4], ids=["1", "2", "3", "4"])
def test_all_versions_are_read(desk: Desk, file: object) -> None:
    done = desk.take_in(file)

    taken = desk.only()
    assert done.report["format"] == "chatbot-ui"
    assert taken.title == "Greetings"
    assert [(one.role, one.text) for one in taken.branch()] == [
        ("user", "Hello"),
        ("assistant", "Hi!"),
    ]
    assert taken.folder == (None if file is V1 else "Work")


def test_the_model_and_a_system_text_of_ones_own_come_along(desk: Desk) -> None:
    desk.take_in([conversation(prompt="Speak like a pirate.")])

    taken = desk.only()
    assert taken.system_text == "Speak like a pirate."
    assert taken.branch()[1].model == "chatbot-ui/gpt-3.5-turbo"


def test_the_system_text_that_is_the_default_is_none_of_ones_own(desk: Desk) -> None:
    desk.take_in([conversation()])

    assert desk.only().system_text is None


@pytest.mark.parametrize(
    ("temperature", "kept"), [(0.5, 0.5), (0, 0), (1, None), (1.0, None), (7, None), ("1", None)]
)
def test_a_temperature_that_somebody_chose_comes_along(
    desk: Desk, temperature: object, kept: float | None
) -> None:
    desk.take_in({**V4, "history": [conversation(temperature=temperature)]})

    assert desk.only().parameters == ({} if kept is None else {"temperature": kept})


def test_version_1_counted_anew_in_each_browser_and_is_told_apart(desk: Desk) -> None:
    other = [{"id": 1, "name": "Another", "messages": SAID}]

    desk.take_in(V1)
    desk.take_in(other)
    again = desk.take_in(V1)

    assert len(desk.conversations()) == 2
    assert again.report["here"] == 1


def test_conversations_stand_in_the_order_of_the_file(desk: Desk) -> None:
    desk.take_in([conversation(id=f"c{at}", name=f"No {at}") for at in range(5)])

    newest_first = sorted(desk.conversations(), key=lambda one: one.updated_at, reverse=True)
    assert [one.title for one in newest_first] == [f"No {at}" for at in (4, 3, 2, 1, 0)]


def test_templates_come_under_free_names_and_once(desk: Desk) -> None:
    def file(text: str) -> dict[str, Any]:
        prompt = {"id": "p", "name": "Sum up", "description": "", "content": text, "model": GPT}
        return {"version": 4, "history": [], "folders": [], "prompts": [prompt]}

    desk.take_in(file("Sum {{this}} up"))
    desk.take_in(file("Sum {{this}} up"))
    desk.take_in(file("Something else"))

    with desk.database.reading() as connection:
        there = {one.name: one.text for one in PROMPTS.visible(connection, desk.user, limit=10)}
    assert there == {"Sum up": "Sum {{this}} up", "Sum up (2)": "Something else"}


def test_templates_that_are_here_already_come_in_once_where_there_are_as_many_as_may_be(
    desk: Desk,
) -> None:
    some = [{"name": f"P{at}", "content": f"T{at}"} for at in range(MOST)]
    file = {"version": 4, "history": [], "folders": [], "prompts": some}
    desk.take_in(file)

    again = desk.take_in(file)

    assert (again.report["prompts"], again.report["unreadable"]) == (0, {})


def test_a_name_that_is_taken_meanwhile_is_seen(desk: Desk) -> None:
    prompts_ = [{"name": "Mine", "content": "1"}, {"name": "Taken", "content": "2"}]
    write = desk.database.writing

    def meanwhile() -> AbstractContextManager[Connection]:
        with write() as connection:
            there = PROMPTS.named(connection, desk.user, "Taken")
            if PROMPTS.named(connection, desk.user, "Mine") is not None and there is None:
                fields = {"name": "Taken", "text": "of the page", "shared": False}
                PROMPTS.add(connection, desk.user, fields, now=desk.clock.now())
        return write()

    desk.database.writing = meanwhile  # type: ignore[method-assign]
    done = desk.take_in({"version": 4, "history": [], "folders": [], "prompts": prompts_})

    assert done.report["prompts"] == 2
    with desk.database.reading() as connection:
        there = {one.name for one in PROMPTS.visible(connection, desk.user, limit=10)}
    assert there == {"Mine", "Taken", "Taken (2)"}
