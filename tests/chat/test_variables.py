"""The places of a template, for any text."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.chat.variables import LONGEST, Piece, pieces, variables

_ANY = st.text(alphabet=st.sampled_from("{} \t\nab1-_|é文\u202e"), max_size=60) | st.text()


@given(_ANY)
def test_the_pieces_together_are_the_text(text: str) -> None:
    assert "".join(piece.text for piece in pieces(text)) == text


@given(_ANY)
def test_the_variables_are_those_of_the_pieces_each_once_and_in_order(text: str) -> None:
    named = [piece.variable for piece in pieces(text) if piece.variable is not None]

    assert list(variables(text)) == sorted(set(named), key=named.index)


@given(_ANY)
def test_what_is_not_a_place_has_no_place_in_it(text: str) -> None:
    for piece in pieces(text):
        if piece.variable is None:
            assert not variables(piece.text)


@given(st.lists(st.sampled_from(["topic", "language", "tone of voice", "größe", "言語"])))
def test_names_come_once_in_the_order_in_which_they_are_written(names: list[str]) -> None:
    text = " and ".join(f"{{{{ {name} }}}}" for name in names)

    assert list(variables(text)) == list(dict.fromkeys(names))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("{{a}}", ["a"]),
        ("{{ a  b }}{{a b}}", ["a b"]),
        ("{{ भाषा }} {{می\u200cخواهم}}", ["भाषा", "می\u200cخواهم"]),
        ("{{{a}}}", ["a"]),
        ("{{{{a}}}}", ["a"]),
        ("{{a {{b}} c}}", ["b"]),
        ("{{a}", []),
        ("{{}}", []),
        ("{{ }}", []),
        ("{{1st}}", []),
        ("{{item.price | round}}", []),
        ("{{#if a}}", []),
        ("{{a\nb}}", []),
        ("{{a\u202eb}}", []),
        ("{{a\x00b}}", []),
        (f"{{{{{'a' * LONGEST}}}}}", ["a" * LONGEST]),
        (f"{{{{{'a' * (LONGEST + 1)}}}}}", []),
    ],
)
def test_what_is_a_name_and_what_stays_text(text: str, found: list[str]) -> None:
    assert list(variables(text)) == found


def test_a_place_keeps_how_it_is_written() -> None:
    assert list(pieces("In {{ language }}: ")) == [
        Piece("In "),
        Piece("{{ language }}", "language"),
        Piece(": "),
    ]


@pytest.mark.parametrize("part", ["{", "{{", "{{a", "{{a ", "{{a}} ", "}}", "{{ " + " " * 50])
def test_a_hostile_text_costs_no_more_than_its_length(part: str) -> None:
    text = (part * 100_000)[:100_000]

    began = time.process_time()
    pieces(text)

    assert time.process_time() - began < 1
