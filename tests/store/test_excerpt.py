"""Excerpts show why a text was found."""

from __future__ import annotations

import pytest

from webapp.store.excerpt import LENGTH, excerpt, marked

_FILLER = "nothing of it stands here. " * 40


def _text(pieces: tuple[tuple[str, bool], ...]) -> str:
    return "".join(part for part, _ in pieces)


def _found(pieces: tuple[tuple[str, bool], ...]) -> list[str]:
    return [part for part, found in pieces if found]


def test_all_of_a_short_text_is_shown_with_the_words_marked() -> None:
    assert excerpt("The Sky is blue.", ["sky", "blue"]) == (
        ("The ", False),
        ("Sky", True),
        (" is ", False),
        ("blue", True),
        (".", False),
    )


def test_of_a_long_text_the_place_is_shown_where_the_words_stand_together() -> None:
    text = f"blue {_FILLER} a sky so blue {_FILLER} sky"

    pieces = excerpt(text, ["sky", "blue"])

    assert _found(pieces) == ["sky", "blue"]
    assert _text(pieces).startswith("… ")
    assert _text(pieces).endswith(" …")
    assert len(_text(pieces)) <= LENGTH + 4


@pytest.mark.parametrize("text", [_FILLER, "字" * 5000, "x" * 5000, ""])
def test_where_no_word_stands_the_beginning_is_shown(text: str) -> None:
    pieces = excerpt(text, ["blue"])

    assert _found(pieces) == []
    assert text.startswith(_text(pieces).removesuffix(" …"))
    assert len(_text(pieces)) <= LENGTH + 2


def test_an_excerpt_of_a_script_without_spaces_holds_what_was_found() -> None:
    pieces = excerpt("字" * 1000 + "日本語" + "字" * 1000, ["日本語"])

    assert _found(pieces) == ["日本語"]
    assert len(_text(pieces)) <= LENGTH + 4


def test_a_phrase_is_found_across_the_end_of_a_line_whatever_its_case() -> None:
    assert _found(excerpt("a Blue\nSKY above", ["blue sky"])) == ["Blue SKY"]
    assert _found(excerpt("ÄRGER", ["ärger"])) == ["ÄRGER"]


def test_two_letters_are_marked_at_the_beginning_of_words_alone() -> None:
    assert marked("AI said: (ai), maid", ["ai"]) == (
        ("AI", True),
        (" said: (", False),
        ("ai", True),
        ("), maid", False),
    )


def test_what_reads_like_a_pattern_is_none() -> None:
    assert _found(marked("a.b axb [x] (?i)", ["a.b", "[x]", "(?i)"])) == ["a.b", "[x]", "(?i)"]


def test_no_words_mark_nothing() -> None:
    assert marked("a title", []) == (("a title", False),)
