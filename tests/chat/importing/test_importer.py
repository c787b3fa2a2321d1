"""The life of an import: one at a time, undone as a whole, found again after a crash."""

from __future__ import annotations

import threading
from datetime import timedelta
from pathlib import Path

import pytest

from tests.chat.importing.conftest import Desk, open_desk
from tests.chat.importing.test_chatbot_ui import V4
from tests.chat.importing.test_chatgpt import plain
from webapp.errors import ImportsBusy, ImportUnderway, NotFound
from webapp.store import folders, imports, messages
from webapp.store.prompts import PROMPTS

MANY = [{**plain(), "conversation_id": f"c{at}"} for at in range(300)]
WITH_MORE = {**V4, "prompts": [{"name": "P", "content": "T"}], "history": [*V4["history"], 7]}


def test_a_preview_writes_nothing(desk: Desk) -> None:
    one = desk.look(MANY)

    assert (one.state, one.report["conversations"]) == ("ready", 300)
    assert one.report["messages"] == 1200
    assert desk.conversations() == []


def test_open_pages_are_told_once_at_the_end(desk: Desk) -> None:
    desk.take_in(MANY)

    desk.importer.close(10)
    assert desk.done == [desk.user]


def test_the_file_is_gone_afterwards(desk: Desk) -> None:
    desk.take_in([plain()])

    desk.importer.close(10)
    assert list(desk.importer.folder.iterdir()) == []


def test_beginning_twice_imports_once(desk: Desk) -> None:
    one = desk.look(MANY)

    desk.importer.begin(desk.user, one.id)
    desk.importer.begin(desk.user, one.id)
    done = desk.wait(one.id, "running")
    desk.importer.begin(desk.user, one.id)

    assert done.report["conversations"] == len(desk.conversations()) == 300


def test_a_cancelled_import_leaves_nothing(desk: Desk) -> None:
    one = desk.look(MANY)
    written = threading.Event()
    watch(desk, written)

    desk.importer.begin(desk.user, one.id)
    assert written.wait(20)
    desk.importer.cancel(desk.user, one.id)
    ended = desk.wait(one.id, "running")

    assert ended.state == "cancelled"
    assert desk.conversations() == []


def test_a_preview_that_is_cancelled_is_over(desk: Desk) -> None:
    one = desk.look([plain()])

    desk.importer.cancel(desk.user, one.id)
    desk.importer.begin(desk.user, one.id)

    assert desk.importer.find(desk.user, one.id).state == "cancelled"
    assert list(desk.importer.folder.iterdir()) == []


def test_a_crash_in_the_middle_is_undone_at_the_next_start(tmp_path: Path) -> None:
    with open_desk(tmp_path / "desk") as first:
        first.take_in([plain()])
        one = first.look(MANY)
        written = threading.Event()
        watch(first, written)
        first.importer.begin(first.user, one.id)
        assert written.wait(20)
        first.importer.close(10)
        left = len(first.conversations())

    with open_desk(tmp_path / "desk") as second:
        found = second.importer.find(second.user, one.id)

        assert 1 < left < 301
        assert second.only().source == "chatgpt:c0ffee"
        assert found.state == "failed"
        assert found.report["failure"]["code"] == "import_cut_off"
        assert list(second.importer.folder.iterdir()) == []


def test_an_undone_import_takes_its_folders_and_templates_back(tmp_path: Path) -> None:
    with open_desk(tmp_path / "desk") as first:
        done = first.take_in(WITH_MORE)
        with first.database.writing() as connection:
            imports.change(connection, first.user, done.id, "running", done.report)

    with open_desk(tmp_path / "desk") as second, second.database.reading() as connection:
        assert second.conversations() == []
        assert folders.all_of(connection, second.user) == []
        assert PROMPTS.visible(connection, second.user, limit=9) == []


def test_what_a_person_went_on_with_meanwhile_is_not_undone(tmp_path: Path) -> None:
    with open_desk(tmp_path / "desk") as first:
        done = first.take_in([plain(), {**plain(), "conversation_id": "other"}])
        first.clock.advance(5)
        mine = first.conversations()[0]
        with first.database.writing() as connection:
            messages.add(
                connection,
                first.user,
                mine.id,
                parent_id=mine.head_id,
                role="user",
                state="complete",
                text="And Italy?",
                now=first.clock.now(),
            )
            imports.change(connection, first.user, done.id, "running", done.report)

    with open_desk(tmp_path / "desk") as second:
        assert second.only().id == mine.id
        assert second.only().branch()[-1].text == "And Italy?"


def test_one_import_at_a_time_for_each_person(desk: Desk) -> None:
    slot = desk.importer.place(desk.user)

    with pytest.raises(ImportUnderway):
        desk.importer.place(desk.user)
    desk.importer.discard(slot)

    desk.look([plain()])


def test_another_file_takes_the_place_of_one_that_was_only_looked_at(desk: Desk) -> None:
    first = desk.look([plain()])

    desk.look([plain()])

    assert desk.importer.find(desk.user, first.id).state == "cancelled"
    assert len(list(desk.importer.folder.iterdir())) == 1


def test_a_few_files_at_once_for_the_whole_server(desk: Desk) -> None:
    others = [desk.newcomer() for _ in range(8)]
    seen = [one.look([plain()]) for one in others]

    with pytest.raises(ImportsBusy):
        desk.importer.place(desk.user)
    desk.clock.advance(timedelta(hours=1).total_seconds())
    desk.importer.place(desk.user)

    assert others[0].importer.find(others[0].user, seen[0].id).state == "cancelled"


def test_an_import_of_somebody_else_is_not_there(desk: Desk) -> None:
    one = desk.look([plain()])
    eve = desk.newcomer()

    for act in (eve.importer.find, eve.importer.begin, eve.importer.cancel):
        with pytest.raises(NotFound):
            act(eve.user, one.id)
    assert desk.importer.find(desk.user, one.id).state == "ready"


def test_reports_of_long_ago_are_forgotten(desk: Desk) -> None:
    for _ in range(15):
        desk.clock.advance(1)
        desk.take_in([plain()])

    with desk.database.reading() as connection:
        assert len(imports.recent(connection, desk.user, limit=100)) <= 12


def watch(desk: Desk, written: threading.Event) -> None:
    """Tell when some of an import is written, and hold it there until that was seen."""
    write = desk.database.writing

    def watched():
        with desk.database.reading() as connection:
            count = len(imports.sources(connection, desk.user))
        if count > 50:
            written.set()
        return write()

    desk.database.writing = watched  # type: ignore[method-assign]
