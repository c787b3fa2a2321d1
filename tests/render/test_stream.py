"""Whatever is streamed, in whatever pieces, ends as one render of the whole would."""

from __future__ import annotations

import time
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.render import corpus
from tests.render.page import Page
from webapp.render import StreamingRenderer, render_blocks

documents = st.lists(st.sampled_from(corpus.BLOCKS), min_size=1, max_size=6).map("\n".join) | (
    st.lists(st.sampled_from(corpus.BLOCKS), min_size=1, max_size=6).map("".join)
)
noise = st.lists(st.sampled_from(corpus.FRAGMENTS), min_size=8, max_size=60).map("".join)
words = st.sampled_from(
    (
        *corpus.WORDS,
        "12",
        "3.",
        "www",
        ".a.b",
        "http",
        "://e.org",
        "a@",
        "b.c",
        "&",
        "&amp",
        "~",
        "~~",
        "**b**",
        "**",
        "*",
        "_",
        "`c`",
        "`",
        "$x$",
        "$5",
        "$",
        "[l](https://e.org)",
        "[",
        "]",
        "(",
        "<",
        "|",
        "-",
        "=",
        "#",
        "\n",
        "\n\n",
        "  \n",
        "\\",
        "\\(",
        "!",
        ",",
        "é",
        "- a\n",
        "> ",
    ),
)
prose = st.lists(
    st.tuples(words, st.sampled_from(("", " ", " ", " "))), min_size=4, max_size=40
).map(lambda parts: "".join(word + space for word, space in parts))
sizes = st.lists(st.integers(1, 40), min_size=1, max_size=8)


def pieces(text, lengths):
    position = turn = 0
    while position < len(text):
        length = lengths[turn % len(lengths)]
        yield text[position : position + length]
        position += length
        turn += 1


def stream(text, lengths):
    """Stream `text` to a page, and to one that joins with a snapshot at each piece."""
    renderer = StreamingRenderer(id_prefix="m-")
    page = Page()
    for piece in pieces(text, lengths):
        renderer.feed(piece)
        page.apply(renderer.flush())
        assert Page(renderer.snapshot()).blocks == page.blocks
    page.apply(renderer.close(text))
    assert Page(renderer.snapshot()).blocks == page.blocks
    assert renderer.html() == render_blocks(text, id_prefix="m-")
    return page


def whole(text):
    return Page(render_blocks(text, id_prefix="m-")).blocks


@settings(max_examples=120)
@given(documents, sizes)
def test_a_streamed_document_ends_as_a_whole_render(text, lengths):
    assert stream(text, lengths).unmarked == whole(text)


@settings(max_examples=120)
@given(noise, sizes)
def test_streamed_noise_ends_as_a_whole_render(text, lengths):
    assert stream(text, lengths).unmarked == whole(text)


@settings(max_examples=100)
@given(st.text(max_size=80), sizes)
def test_any_text_at_all_ends_as_a_whole_render(text, lengths):
    assert stream(text, lengths).unmarked == whole(text)


@pytest.mark.parametrize("number", range(len(corpus.BLOCKS)))
def test_a_block_streamed_character_by_character_ends_as_a_whole_render(number):
    text = corpus.BLOCKS[number]

    assert stream(text, [1]).unmarked == whole(text)


@pytest.mark.parametrize(
    "parts",
    [
        ("See [a].\n\nB\n\n[a]: https://e.org/a|b\n", "-|-\n"),
        ("See [a].\n\nB\n\n[a]: https://e.org\n", '"' + "x" * 310 + '"\n'),
        ("- [a]\n\nB\n\n> [a]: https://e.org/a|b\n", "> -|-\n"),
    ],
    ids=["the head of a table", "with a title that is too long", "in a quote"],
)
def test_a_link_goes_whose_definition_turns_out_to_be_none(parts):
    renderer = StreamingRenderer()
    for part in parts:
        renderer.feed(part)
        renderer.flush()

    renderer.close("".join(parts))

    assert renderer.html() == render_blocks("".join(parts))


def test_what_stands_when_a_long_answer_ends_is_not_drawn_again():
    some = [one for one in corpus.BLOCKS if one.startswith(("A paragraph", "#", "```py"))]
    text = "\n".join(some * 20) + "\n`[^a-z]` is no footnote.\n"
    ends, wholes = [], []
    for _ in range(3):
        renderer = StreamingRenderer()
        for piece in pieces(text, [40]):
            renderer.feed(piece)
            renderer.flush()
        ends.append(seconds(partial(renderer.close, text)))
        wholes.append(seconds(lambda: render_blocks(text)))

    assert renderer.html() == render_blocks(text)
    assert min(ends) < min(wholes) / 2


def seconds(do):
    started = time.thread_time()
    do()
    return time.thread_time() - started


def test_a_reader_who_joins_at_any_point_ends_with_the_same_page():
    text = "".join(corpus.chance_of(3).sample(corpus.BLOCKS, 12))
    renderer = StreamingRenderer()
    late: list[Page] = []
    for piece in pieces(text, [9]):
        renderer.feed(piece)
        ops = renderer.flush()
        for page in late:
            page.apply(ops)
        late.append(Page(renderer.snapshot()))
    last = renderer.close(text)
    for page in late:
        page.apply(last)

    assert len(late) > 20
    assert all(page.unmarked == Page(render_blocks(text)).blocks for page in late)


def test_a_finished_block_is_never_sent_again():
    renderer = StreamingRenderer()
    renderer.feed("First.\n\nSecond.\n\n")
    renderer.flush()

    renderer.feed("Third.")
    ops = renderer.flush()

    assert ops == [(2, '<p data-g=""></p>', 0, "Third.")]


def test_of_a_growing_list_only_the_last_item_is_sent():
    renderer = StreamingRenderer()
    renderer.feed("- one\n- two\n- three\n- fo")
    renderer.flush()

    renderer.feed("ur")

    assert renderer.flush() == [(0, None, 3, "<li>four</li>")]


def test_of_growing_code_only_the_last_line_is_sent():
    renderer = StreamingRenderer()
    renderer.feed("```\none\ntwo\nthr")
    renderer.flush()

    renderer.feed("ee")

    assert renderer.flush() == [(0, None, 2, '<span class="code__line">three\n</span>')]


def test_of_a_growing_table_only_the_last_row_is_sent():
    renderer = StreamingRenderer()
    renderer.feed("| a |\n|---|\n| 1 |\n| 2 |\n| 3")
    renderer.flush()

    renderer.feed("4 |")

    assert renderer.flush() == [(0, None, 2, "<tr><td>34</td></tr>")]


def test_a_list_that_turns_loose_late_is_loose_from_its_first_item():
    renderer = StreamingRenderer()
    page = Page()
    for piece in pieces("- a\n- b\n- c\n- d\n- e\n- f\n\n- g\n", [3]):
        renderer.feed(piece)
        page.apply(renderer.flush())

    assert page.text.split() == list("abcdefg")
    assert [item.nodes[0].tag for item in page.blocks[0].growing_point.nodes] == ["p"] * 7


def test_a_line_end_cut_in_two_is_one_line_end():
    assert stream("a\r\nb\r\rc", [2]).unmarked == whole("a\nb\n\nc")


@settings(max_examples=200)
@given(prose, sizes)
def test_what_is_shown_depends_on_the_text_and_not_on_how_it_came(text, lengths):
    """Above all: words that extend a paragraph unparsed show what the parser would."""
    renderer = StreamingRenderer()
    fed = ""
    for piece in pieces(text, lengths):
        fed += piece
        renderer.feed(piece)
        renderer.flush()
        at_once = StreamingRenderer()
        at_once.feed(fed)
        at_once.flush()

        assert renderer.snapshot() == at_once.snapshot()


@pytest.mark.parametrize(
    "pair",
    [
        ("see www", ".example.org"),
        ("see http", "://example.org"),
        ("write to me", "@example.org"),
        ("a word", "\n==="),
        ("a word", "\n- item"),
        ("a word and", " *two*"),
        ("a | b", " c\n-|-"),
        ("a [label", " goes on"),
        ("a [label of", " words" * 60),
        ("a *slant", " goes on"),
        ("a `code", " goes on"),
        ("a $x^2", " goes on"),
        ("a &am", "p"),
        ("- an item", " goes on"),
        ("words ", "and more"),
        ("long " * 790, "and more than one segment " * 4),
    ],
)
def test_words_that_only_look_plain_are_parsed(pair):
    renderer = StreamingRenderer()
    at_once = StreamingRenderer()
    for piece in pair:
        renderer.feed(piece)
        renderer.flush()
    at_once.feed("".join(pair))
    at_once.flush()

    assert renderer.snapshot() == at_once.snapshot()


def test_what_looks_like_a_formula_does_not_split_its_paragraph():
    renderer = StreamingRenderer()
    lines = ("A word,\n", "\\[not a formula](/x)\n", "and more.\n\n", "End.")
    for line in lines:
        renderer.feed(line)
        renderer.flush()

    assert renderer.close("".join(lines)) == []


def test_a_definition_is_taken_when_it_is_complete():
    renderer = StreamingRenderer()
    lines = ("One.\n\nTwo.\n\n[ref]: https://e.org\n", "'title'\n\n", "See [ref].\n\nEnd.")
    for line in lines:
        renderer.feed(line)
        renderer.flush()

    assert 'title="title"' in renderer.snapshot()
    assert renderer.close("".join(lines)) == []


def test_plain_words_cost_no_parsing():
    renderer = StreamingRenderer()
    renderer.feed("It begins with a few words")
    renderer.flush()
    before = renderer.work

    renderer.feed(" and goes on, with more")

    assert renderer.flush() == [(0, None, 0, "It begins with a few words and goes on, with more")]
    assert renderer.work == before


def test_nothing_new_means_no_ops():
    renderer = StreamingRenderer()
    renderer.feed("some words")
    renderer.flush()

    assert renderer.flush() == []


def test_the_words_we_add_are_translated():
    translated = {"Copy": "Kopieren", "Text": "Klartext"}.get

    html = render_blocks("```\nx\n```", translate=lambda text: translated(text, text))

    assert "Kopieren" in html
    assert "Klartext" in html


def test_before_the_last_render_an_answer_already_looks_right():
    text = corpus.answer(20_000)
    renderer = StreamingRenderer()
    for piece in pieces(text, [17]):
        renderer.feed(piece)
        renderer.flush()

    assert renderer.close(text) == []
