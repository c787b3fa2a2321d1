"""The open end of a growing answer looks like what it will most likely become."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.render import corpus
from tests.render.page import Page
from webapp.render import StreamingRenderer
from webapp.render.mend import hold_back, mend


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("so **bo", "so **bo**"),
        ("so **bold*", "so **bold**"),
        ("so **bold** an", "so **bold** an"),
        ("*a **b", "*a **b***"),
        ("~~no", "~~no~~"),
        ("so **", "so"),
        ("snake_case", "snake_case"),
        ("2 * 3", "2 * 3"),
        ("call `f(", "call `f(`"),
        ("call ``a`", "call ``a``"),
        ("call `", "call"),
        ("see [the", "see the"),
        ("see [the docs]", "see the docs"),
        ("see [the docs](https://e", "see [the docs](about:pending)"),
        ("see [**the** docs](", "see [**the** docs](about:pending)"),
        ("see **[docs](http", "see **[docs](about:pending)**"),
        ("see [docs](https://e.org) now", "see [docs](https://e.org) now"),
        ("see ![a cat](https://e.or", "see"),
        ("see <https://e.or", "see"),
        ("this &am", "this"),
        ("so $x^2 + ", "so"),
        ("so $O(n", "so"),
        ("so \\(x", "so"),
        ("so $$x", "so"),
        ("so $x$ and", "so $x$ and"),
        ("costs $5 and", "costs $5 and"),
        ("a backslash \\", "a backslash"),
        ("escaped \\**", "escaped \\*"),
        ("`**` is", "`**` is"),
    ],
)
def test_what_is_open_is_closed_or_held_back(written, shown):
    assert mend(written) == shown


@pytest.mark.parametrize(
    "line", ["-", "1.", "12", "#", ">", "- [", "**", "|--", "```py", "- - -", "$$"]
)
def test_a_line_of_markers_alone_is_held_back(line):
    assert hold_back(f"text\n{line}") == "text\n"


@pytest.mark.parametrize("line", ["- a", "1. a", "# a", "word", "| a", "**a", "3 apples"])
def test_a_line_with_words_is_not_held_back(line):
    assert hold_back(f"text\n{line}") == f"text\n{line}"


@settings(max_examples=300)
@given(st.lists(st.sampled_from(corpus.FRAGMENTS), max_size=30).map("".join))
def test_any_end_can_be_mended(text):
    assert len(mend(text)) < 3 * len(text) + 20


def test_hardly_an_update_takes_back_what_was_shown():
    text = corpus.answer(15_000)
    renderer = StreamingRenderer()
    page = Page()
    updates = taken_back = 0
    shown = ""
    for start in range(0, len(text), 5):
        renderer.feed(text[start : start + 5])
        page.apply(renderer.flush())
        before, shown = shown, "".join(page.text.split())
        updates += before != shown
        taken_back += not shown.startswith(before)

    assert updates > 1500
    assert taken_back < 0.02 * updates


def test_plain_prose_is_shown_as_it_was_written():
    text = "Plain words, in a sentence. And a second one!\nOn two lines; that is all (really)."

    renderer = StreamingRenderer()
    renderer.feed(text)
    renderer.flush()

    assert Page(renderer.snapshot()).text == text


def test_a_link_still_being_written_leads_nowhere():
    renderer = StreamingRenderer()
    renderer.feed("see [the docs](https://example.or")
    renderer.flush()

    assert '<a class="link--pending"' in renderer.snapshot()
    assert "href" not in renderer.snapshot()
