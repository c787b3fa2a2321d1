"""Our own format: what goes out comes in again."""

from __future__ import annotations

import json
import string
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.chat.importing.conftest import Desk
from webapp.chat.asking import INSTRUCTIONS_LIMIT
from webapp.chat.files import LONGEST, MOST
from webapp.chat.lists import FOLDER_LIMIT

# Text that the database can hold; what cannot be is never in an export.
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=40)
LINE = st.text(string.ascii_letters + "äß中ا/\\\"'<&", min_size=1, max_size=20)
SINCE, NOW = datetime(2020, 1, 1, tzinfo=UTC), datetime(2026, 7, 1, tzinfo=UTC)
TIME = st.datetimes(
    SINCE.replace(tzinfo=None), NOW.replace(tzinfo=None), timezones=st.just(UTC)
).map(lambda at: at.isoformat(timespec="microseconds").replace("+00:00", "Z"))
RECENT = st.integers(0, 20 * 86_400).map(
    lambda seconds: (
        (NOW - timedelta(seconds=seconds)).isoformat(timespec="microseconds").replace("+00:00", "Z")
    )
)


PARAMETERS = st.fixed_dictionaries(
    {"seed": st.integers(0, 2**32 - 1)},
    optional={
        "temperature": st.floats(0, 2),
        "top_p": st.floats(0, 1),
        "max_tokens": st.integers(1, 1_000_000),
        "reasoning_effort": st.sampled_from(["low", "medium", "high"]),
    },
)


@st.composite
def conversations(draw: st.DrawFn) -> dict[str, Any]:
    """A conversation as an export has it: questions under answers, answers under questions."""
    messages: list[dict[str, Any]] = []
    for at in range(draw(st.integers(0, 8))):
        parent = draw(st.sampled_from([None, *messages])) if messages else None
        answer = parent is not None and parent["role"] == "user" and draw(st.booleans())
        state = draw(st.sampled_from(["complete", "stopped", "interrupted", "failed"]))
        failure = {"code": "rate_limited", "values": {"host": draw(TEXT), "seconds": 3}}
        thoughts = draw(st.none() | TEXT.filter(bool)) if answer else None
        messages.append(
            {
                "id": f"m{at}",
                "parent": None if parent is None else parent["id"],
                "role": "assistant" if answer else "user",
                "state": state if answer else "complete",
                "model": f"liaobots/{draw(LINE)}" if answer else None,
                "created": draw(TIME),
                "text": draw(TEXT),
                "failure": failure if answer and state == "failed" else None,
                "attachments": []
                if answer
                else [
                    {"name": f"{draw(LINE)}.txt", "text": draw(TEXT)}
                    for _ in range(draw(st.integers(0, 2)))
                ],
                "host": draw(st.none() | LINE) if answer else None,
                "thoughts": thoughts,
                "thought_seconds": None if thoughts is None else draw(st.integers(0, 900)),
            }
        )
    return {
        "id": draw(st.uuids()).hex,
        "title": draw(LINE),
        "title_given": draw(st.booleans()),
        "head": draw(st.sampled_from(messages))["id"] if messages else None,
        "created": draw(TIME),
        "updated": draw(TIME),
        "pinned": draw(st.none() | TIME),
        "archived": draw(st.none() | TIME),
        "trashed": draw(st.none() | RECENT),
        "folder": draw(st.none() | st.sampled_from(["Work", "Äpfel"])),
        "system": draw(st.none() | LINE),
        "source": None,
        "parameters": draw(st.none() | PARAMETERS),
        "messages": messages,
    }


def _kept(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[list[dict[str, Any]]]:
    """Things under names, of which no two differ in capitals alone."""
    one = st.fixed_dictionaries({"name": LINE, **fields})
    return st.lists(one, max_size=3, unique_by=lambda thing: thing["name"].casefold())


SHELVES = st.fixed_dictionaries(
    {
        "folders": _kept(),
        "prompts": _kept(text=TEXT.filter(str.strip)),
        "presets": _kept(model=LINE.map("liaobots/{}".format), system=TEXT),
    }
)


def export(*some: dict[str, Any], version: int = 4, **shelf: Any) -> dict[str, Any]:
    return {"format": "liaochat", "version": version, **shelf, "conversations": list(some)}


def without_ids(exported: dict[str, Any]) -> list[dict[str, Any]]:
    """What an export says, with messages named by their places, and no word of the sources."""
    found = []
    for one in exported["conversations"]:
        places = {message["id"]: at for at, message in enumerate(one["messages"])}
        messages = [
            {**message, "id": places[message["id"]], "parent": places.get(message["parent"])}
            for message in one["messages"]
        ]
        head = places.get(one["head"])
        found.append({**one, "id": 0, "source": 0, "head": head, "messages": messages})
    return sorted(found, key=json.dumps)


@settings(max_examples=25)
@given(some=st.lists(conversations(), max_size=4), shelf=SHELVES)
def test_an_export_imported_and_exported_again_is_the_same(
    shared_desk: Desk, some: list[dict[str, Any]], shelf: dict[str, list[dict[str, Any]]]
) -> None:
    one, another = shared_desk.newcomer(), shared_desk.newcomer()
    one.take_in(export(*some, **shelf))
    first = one.exported()

    done = another.take_in(first)

    second = another.exported()
    for name, things in shelf.items():
        assert second[name] == first[name]
        assert all(thing in first[name] for thing in things)
    again = another.look(second)
    another.importer.cancel(another.user, again.id)
    assert again.report["conversations"] == again.report["prompts"] == 0
    assert again.report["presets"] == again.report["folders"] == 0
    assert len(first["conversations"]) == len(some)
    assert without_ids(second) == without_ids(first)
    assert done.report["changes"] == {}
    told = [
        {key: one[key] for key in ("title", "created", "updated", "folder", "parameters")}
        for one in some
    ]
    for one in told:
        assert any(one.items() <= taken.items() for taken in second["conversations"])


def question(**more: Any) -> dict[str, Any]:
    return {"id": "q", "parent": None, "role": "user", "state": "complete", "text": "Why?", **more}


def answer(**more: Any) -> dict[str, Any]:
    return {
        "id": "a",
        "parent": "q",
        "role": "assistant",
        "state": "complete",
        "model": "liaobots/gpt-4",
        "text": "Because.",
        **more,
    }


def conversation(*messages: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"id": "c1", "title": "A title", "head": "a", "messages": list(messages), **more}


def test_versions_before_the_third_had_no_templates(desk: Desk) -> None:
    desk.take_in(export(conversation(question(), answer()), version=2))

    exported = desk.exported()

    assert (exported["version"], len(exported["conversations"])) == (4, 1)
    assert exported["folders"] == exported["prompts"] == exported["presets"] == []


def test_what_is_kept_under_a_name_comes_beside_what_has_the_name(desk: Desk) -> None:
    mine = {"name": "Mine", "text": "One {{thing}}"}
    preset = {"name": "Pirate", "model": "local/smollm2", "system": "Arr."}
    desk.take_in(export(folders=[{"name": "Work"}], prompts=[mine], presets=[preset]))
    other = [mine, {**mine, "text": "Another"}]
    others: list[Any] = [preset, {**preset, "model": "liaobots/gpt-4"}, {"name": "None"}, 7]

    done = desk.take_in(export(folders=[{"name": "WORK"}], prompts=other, presets=others))

    exported = desk.exported()
    assert exported["folders"] == [{"name": "Work"}]
    assert exported["prompts"] == [mine, {"name": "Mine (2)", "text": "Another"}]
    assert exported["presets"] == [preset, {**others[1], "name": "Pirate (2)"}]
    assert (done.report["prompts"], done.report["presets"], done.report["folders"]) == (1, 1, 0)
    assert done.report["unreadable"] == {"not_preset": 2}


def test_a_preset_that_is_too_long_and_folders_beyond_all_are_left_out_and_said(
    desk: Desk,
) -> None:
    long = {"name": "Long", "model": "local/smollm2", "system": "x" * (INSTRUCTIONS_LIMIT + 1)}
    many = [{"name": f"F{at}"} for at in range(FOLDER_LIMIT + 2)]

    done = desk.take_in(export(folders=many, presets=[long]))

    assert len(desk.exported()["folders"]) == FOLDER_LIMIT
    assert desk.exported()["presets"] == []
    assert done.report["folders"] == FOLDER_LIMIT
    assert done.report["changes"] == {"folder": 2}
    assert done.report["unreadable"] == {"preset_too_long": 1}


def test_what_no_model_could_be_asked_for_is_left_out(desk: Desk) -> None:
    wrong = {"temperature": 9, "top_p": "much", "max_tokens": 0.5, "seed": True, "n": 3}
    desk.take_in(export(conversation(question(), answer(), parameters={**wrong, "top_p": 0.5})))

    (exported,) = desk.exported()["conversations"]

    assert exported["parameters"] == {"top_p": 0.5}


def test_thoughts_belong_to_answers_and_their_time_to_them(desk: Desk) -> None:
    odd = question(thoughts="A question does not think.", thought_seconds=3, host="x")
    desk.take_in(export(conversation(odd, answer(thought_seconds=-1, host=7))))

    (exported,) = desk.exported()["conversations"]

    beside = [
        (one["host"], one["thoughts"], one["thought_seconds"]) for one in exported["messages"]
    ]
    assert beside == [(None, None, None)] * 2


def test_thoughts_that_are_too_long_are_cut_and_counted(make_desk: Callable[..., Desk]) -> None:
    desk = make_desk("home", answer_limit=10)

    done = desk.take_in(export(conversation(question(), answer(thoughts="1234567890ab"))))

    (exported,) = desk.exported()["conversations"]
    assert exported["messages"][1]["thoughts"] == "1234567890"
    assert done.report["changes"] == {"cut": 1}


def test_version_1_is_still_read(desk: Desk) -> None:
    old = conversation(question(), answer(state="failed", failure="rate_limited"))

    desk.take_in(export(old, version=1))

    taken = desk.only()
    assert [one.text for one in taken.branch()] == ["Why?", "Because."]
    assert taken.branch()[1].failure is not None
    assert taken.branch()[1].failure.code == "rate_limited"
    assert taken.created_at <= desk.clock.now()


def test_ones_own_conversation_is_here_already(desk: Desk) -> None:
    desk.take_in(export(conversation(question(), answer())))

    again = desk.take_in(desk.exported())

    assert (again.report["conversations"], again.report["here"]) == (0, 1)
    desk.only()


def test_a_conversation_that_went_round_two_servers_is_known_at_home(
    make_desk: Callable[..., Desk],
) -> None:
    home, away = make_desk("home"), make_desk("away")
    home.take_in(export(conversation(question(), answer())))
    away.take_in(home.exported())

    back = home.take_in(away.exported())

    assert back.report["here"] == 1
    home.only()


def test_a_newer_format_is_refused_with_its_number(desk: Desk) -> None:
    one = desk.look(export(conversation(question()), version=99))

    assert one.state == "failed"
    assert one.report["failure"]["code"] == "import_newer"
    assert one.report["failure"]["values"]["version"] == "99"


def test_an_answer_that_was_being_written_comes_as_broken_off(desk: Desk) -> None:
    desk.take_in(export(conversation(question(), answer(state="running"))))

    assert desk.only().branch()[1].state == "interrupted"


def test_what_was_trashed_long_ago_stays_in_the_trash_for_a_while(desk: Desk) -> None:
    desk.take_in(export(conversation(question(), answer(), trashed="2020-01-01T00:00:00Z")))

    assert desk.only().trashed_at == desk.clock.now()


def test_times_of_the_future_become_the_present(desk: Desk) -> None:
    late = conversation(question(created="2090-01-01T00:00:00Z"), answer(), updated="9998-12-31")

    desk.take_in(export(late))

    taken = desk.only()
    assert taken.updated_at == desk.clock.now()
    assert taken.messages[0].created_at == desk.clock.now()


@pytest.mark.parametrize(
    ("messages", "shown", "change"),
    [
        ([question(parent="a"), answer()], ["Why?", "Because."], "circle"),
        ([question(parent="q")], ["Why?"], "circle"),
        ([question(parent="gone"), answer()], ["Why?", "Because."], "no_parent"),
        ([question(), answer(), answer(text="Twice")], ["Why?", "Because."], "same_key"),
        ([question(), answer(), answer(id="b", parent="a", text="More")], None, "joined"),
        ([question(), 7, None, [], {}, answer()], ["Why?", "Because."], "not_message"),
        ([question(text=["x"]), answer()], ["", "Because."], "not_text"),
        ([question(created="yesterday"), answer()], ["Why?", "Because."], "time"),
    ],
)
def test_a_broken_tree_is_mended_and_said(
    desk: Desk, messages: list[Any], shown: list[str] | None, change: str
) -> None:
    done = desk.take_in(export(conversation(*messages)))

    assert done.state == "done"
    assert [one.text for one in desk.only().branch()] == (shown or ["Why?", "Because.\n\nMore"])
    assert change in done.report["changes"]


def test_of_two_answers_behind_an_answer_none_is_lost_or_doubled(desk: Desk) -> None:
    steps = [
        question(),
        answer(),
        answer(id="b", parent="a", text="One way"),
        answer(id="c", parent="a", text="Other way"),
        question(id="q2", parent="c", text="And then?"),
    ]

    desk.take_in(export(conversation(*steps, head="q2")))

    taken = desk.only()
    texts = {one.id: one.text for one in taken.messages}
    asked = taken.messages[0].id
    assert [texts[one.id] for one in taken.messages if one.parent_id == asked] == [
        "Because.",
        "One way",
        "Other way",
    ]
    assert [one.text for one in taken.branch()] == ["Why?", "Other way", "And then?"]


def test_names_that_play_tricks_are_made_harmless(desk: Desk) -> None:
    desk.take_in(
        export(
            conversation(
                question(attachments=[{"name": "../a\x00\u202eb\n.txt", "text": "x\x00y"}]),
                answer(model="a/\u202eb", text="null \x00 byte"),
                title="T\u202e/\x00" + "x" * 10_000,
                folder="F\u202e" + "y" * 10_000,
                system="s\x00",
            )
        )
    )

    taken = desk.only()
    assert len(taken.title) <= 200
    assert len(taken.folder or "") <= 80
    everything = repr(taken)
    assert [file.name for file in taken.messages[0].attachments] == ["a\ufffdb.txt"]
    assert "\\u202e" not in everything
    assert "\\x00" not in everything


@pytest.mark.parametrize("name", ["../../etc/cron.txt", "..\\..\\cron.txt", "/cron.txt"])
def test_an_attachment_comes_without_its_folders(desk: Desk, name: str) -> None:
    file = {"name": name, "text": "x"}

    desk.take_in(export(conversation(question(attachments=[file]), answer())))

    assert [one.name for one in desk.only().messages[0].attachments] == ["cron.txt"]


def test_a_text_that_is_longer_than_an_answer_may_be_is_cut_and_said(
    make_desk: Callable[..., Desk],
) -> None:
    desk = make_desk(answer_limit=10)
    parts = [question(text="x" * 11), answer(text="y" * 10), answer(id="b", parent="a", text="z")]

    seen = desk.look(export(conversation(*parts)))
    done = desk.take_in(export(conversation(*parts)))

    assert [one.text for one in desk.only().branch()] == ["x" * 10, "y" * 10]
    assert seen.report["changes"] == done.report["changes"] == {"cut": 2, "joined": 1}


def test_files_that_could_not_have_been_sent_are_left_out_and_said(desk: Desk) -> None:
    sizes = [LONGEST + 1, LONGEST, LONGEST - MOST, *[1] * MOST]
    files = [{"name": f"{at}.txt", "text": "x" * size} for at, size in enumerate(sizes)]

    done = desk.take_in(export(conversation(question(attachments=files), answer())))

    kept = [file.name for file in desk.only().messages[0].attachments]
    assert kept == [f"{at}.txt" for at in range(1, MOST + 1)]
    assert done.report["changes"] == {"file": 3}
