"""What may be kept as a template or a preset, and what the menu offers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.clock import FakeClock
from tests.support.databases import migrated
from webapp.chat.asking import INSTRUCTIONS_LIMIT
from webapp.chat.kept import MOST
from webapp.chat.presets import PresetDraft, Presets
from webapp.chat.prompts import TEXT_LIMIT, PromptDraft, Prompts, matching, version_of
from webapp.errors import (
    ChangedElsewhere,
    EmptyName,
    EmptyPrompt,
    NameTaken,
    NotFound,
    TextTooLong,
    TooManyPrompts,
    TooManyVariables,
    UnknownModel,
)
from webapp.store.database import Database
from webapp.store.prompts import PROMPTS, Prompt
from webapp.store.tables import users as users_table

OWNER, EVE = "owner", "eve"
LETTER = PromptDraft("A letter", "Write to {{name}}.", shared=False)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = migrated(tmp_path / "liaochat.db")
    with opened.writing() as connection:
        for name in (OWNER, EVE):
            connection.execute(
                users_table.insert().values(
                    id=name, name=name, name_key=name, role="member", created_at=FakeClock().now()
                )
            )
    yield opened
    opened.close()


@pytest.fixture
def kept(database: Database) -> Prompts:
    return Prompts(database=database, clock=FakeClock())


@pytest.fixture
def presets(database: Database) -> Presets:
    return Presets(database=database, clock=FakeClock(), models=lambda: ["liaobots/gpt-4"])


def _only(kept: Prompts, user: str = OWNER) -> Prompt:
    (prompt,) = kept.visible(user)
    return kept.find(user, prompt.id)


@pytest.mark.parametrize(
    ("name", "stored"),
    [
        ("  A \n letter\t ", "A letter"),
        ("../../etc", "../../etc"),
        ("<b>\u202ereversed", "<b>reversed"),
        ("NUL\x00", "NUL\ufffd"),
    ],
)
def test_a_name_is_one_clean_line(kept: Prompts, name: str, stored: str) -> None:
    kept.add(OWNER, PromptDraft(name, "text", shared=False))

    assert _only(kept).name == stored


def test_a_name_of_10000_characters_is_cut(kept: Prompts) -> None:
    kept.add(OWNER, PromptDraft("文" * 10_000, "text", shared=False))

    assert _only(kept).name == "文" * 79 + "…"


def test_a_text_keeps_its_lines(kept: Prompts) -> None:
    kept.add(OWNER, PromptDraft("lines", "\r\none\r\n\r\ntwo\rthree\x00", shared=False))

    assert _only(kept).text == "\none\n\ntwo\nthree\ufffd"


@pytest.mark.parametrize(
    ("draft", "error"),
    [
        (PromptDraft(" \u202e\n", "text", shared=False), EmptyName),
        (PromptDraft("name", " \n ", shared=False), EmptyPrompt),
        (PromptDraft("name", "a" * (TEXT_LIMIT + 1), shared=False), TextTooLong),
        (
            PromptDraft("name", "".join(f"{{{{v{n}}}}}" for n in range(1000)), shared=False),
            TooManyVariables,
        ),
    ],
)
def test_what_cannot_be_kept_is_refused_whole(
    kept: Prompts, draft: PromptDraft, error: type[Exception]
) -> None:
    kept.add(OWNER, LETTER)
    letter = _only(kept)

    with pytest.raises(error):
        kept.add(OWNER, draft)
    with pytest.raises(error):
        kept.change(OWNER, letter.id, draft, seen=version_of(letter))

    assert _only(kept) == letter


def test_a_text_of_the_longest_length_is_kept(kept: Prompts) -> None:
    kept.add(OWNER, PromptDraft("long", "文" * TEXT_LIMIT, shared=False))

    assert len(_only(kept).text) == TEXT_LIMIT


def test_a_name_is_taken_once_but_a_double_click_is_no_second_one(kept: Prompts) -> None:
    kept.add(OWNER, LETTER)
    kept.add(OWNER, LETTER)
    kept.add(EVE, LETTER)

    with pytest.raises(NameTaken):
        kept.add(OWNER, PromptDraft(LETTER.name, "other", shared=False))

    assert _only(kept).text == LETTER.text


def test_a_name_is_not_taken_by_itself(kept: Prompts) -> None:
    kept.add(OWNER, LETTER)
    letter = _only(kept)
    kept.change(
        OWNER, letter.id, PromptDraft(LETTER.name, "new", shared=True), seen=version_of(letter)
    )
    kept.add(OWNER, PromptDraft("second", "text", shared=False))
    second = next(one for one in kept.visible(OWNER) if one.name == "second")

    with pytest.raises(NameTaken):
        kept.change(OWNER, second.id, LETTER, seen=version_of(kept.find(OWNER, second.id)))

    assert kept.find(OWNER, letter.id).text == "new"
    assert kept.find(OWNER, second.id).text == "text"


def test_of_two_edits_at_once_the_second_is_told(kept: Prompts) -> None:
    kept.add(OWNER, LETTER)
    letter = _only(kept)
    seen = version_of(letter)
    first = PromptDraft(LETTER.name, "the first edit", shared=False)
    kept.change(OWNER, letter.id, first, seen=seen)

    kept.change(OWNER, letter.id, first, seen=seen)  # a double click
    with pytest.raises(ChangedElsewhere):
        kept.change(
            OWNER, letter.id, PromptDraft("A letter", "the second", shared=False), seen=seen
        )
    with pytest.raises(ChangedElsewhere):
        kept.remove(OWNER, letter.id, seen=seen)

    assert _only(kept).text == "the first edit"


def test_what_is_shared_is_read_by_others_and_changed_by_none_of_them(kept: Prompts) -> None:
    kept.add(OWNER, PromptDraft("shared", "text", shared=True))
    shared = _only(kept, EVE)

    with pytest.raises(NotFound):
        kept.change(EVE, shared.id, LETTER, seen=version_of(shared))
    with pytest.raises(NotFound):
        kept.remove(EVE, shared.id, seen=version_of(shared))

    assert _only(kept) == shared


def test_a_private_one_answers_like_one_that_never_was(kept: Prompts) -> None:
    kept.add(OWNER, LETTER)
    letter = _only(kept)

    for one in (letter.id, "0" * 32):
        with pytest.raises(NotFound):
            kept.find(EVE, one)
        with pytest.raises(NotFound):
            kept.change(EVE, one, LETTER, seen=version_of(letter))
        with pytest.raises(NotFound):
            kept.remove(EVE, one, seen=version_of(letter))
    assert kept.visible(EVE) == []


def test_nobody_keeps_more_than_the_most(kept: Prompts, database: Database) -> None:
    with database.writing() as connection:
        for number in range(MOST):
            fields = {"name": f"{number}", "text": "t", "shared": False}
            PROMPTS.add(connection, OWNER, fields, now=FakeClock().now())

    with pytest.raises(TooManyPrompts):
        kept.add(OWNER, LETTER)
    kept.add(EVE, LETTER)


def _named(*names: str, owner: str = OWNER) -> list[Prompt]:
    return [Prompt(name, owner, owner, name, "", shared=True) for name in names]


def test_the_menu_offers_the_best_first_and_ones_own_before_the_teams() -> None:
    all_ = [*_named("Unreported", "Weekly Report", "Report"), *_named("report", owner=EVE)]

    found = matching(all_, " rePORT ", user_id=OWNER)

    assert [one.name for one in found] == ["Report", "Weekly Report", "Unreported", "report"]
    assert matching(all_, "", user_id=OWNER) == all_
    assert matching(all_, "weekly  r", user_id=OWNER) == [all_[1]]
    assert matching(all_, "%", user_id=OWNER) == []


def test_instructions_are_no_longer_than_a_chat_takes(presets: Presets) -> None:
    longest = "文" * INSTRUCTIONS_LIMIT
    presets.add(OWNER, PresetDraft("mine", "liaobots/gpt-4", longest, shared=False))

    with pytest.raises(TextTooLong):
        presets.add(OWNER, PresetDraft("more", "liaobots/gpt-4", longest + "文", shared=False))

    (mine,) = presets.visible(OWNER)
    assert presets.find(OWNER, mine.id).system_text == longest


def test_a_preset_names_a_model_that_is_offered(presets: Presets) -> None:
    with pytest.raises(UnknownModel):
        presets.add(OWNER, PresetDraft("mine", "liaobots/gone", "", shared=False))
    assert presets.visible(OWNER) == []

    presets.add(OWNER, PresetDraft("mine", "liaobots/gpt-4", "", shared=False))
    presets.add(OWNER, PresetDraft("mine", "liaobots/gpt-4", "", shared=False))

    (mine,) = presets.visible(OWNER)
    assert (mine.name, mine.model, mine.system_text) == ("mine", "liaobots/gpt-4", "")
    with pytest.raises(NameTaken):
        presets.add(OWNER, PresetDraft("mine", "liaobots/gpt-4", "else", shared=False))
