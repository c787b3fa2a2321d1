"""The Markdown of a whole answer."""

from __future__ import annotations

import pytest

from tests.render.page import Page
from webapp.render import render_blocks

_BEGIN = '<div class="part"><div class="block" dir="auto">'


def inner(text: str) -> str:
    """Render one block and take its wrapper off."""
    html = render_blocks(text)
    assert html.count(_BEGIN) == 1
    return html.removeprefix(_BEGIN).removesuffix("</div></div>")


def test_each_top_level_block_has_a_wrapper():
    assert render_blocks("a\n\nb") == (
        f'{_BEGIN}<p>a</p></div><div class="block" dir="auto"><p>b</p></div></div>'
    )


def test_eight_blocks_stand_in_a_part():
    parts = render_blocks("\n\n".join("abcdefghi")).split('<div class="part">')[1:]

    assert [part.count('<div class="block"') for part in parts] == [8, 1]


def test_nothing_renders_to_nothing():
    assert render_blocks("") == render_blocks(" \n\n") == ""


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("# a", "<h2>a</h2>"),
        ("#### a", "<h5>a</h5>"),
        ("###### a", "<h6>a</h6>"),
        ("a\n===", "<h2>a</h2>"),
        ("~~a~~", "<p><s>a</s></p>"),
        ("a  \nb", "<p>a<br>b</p>"),
        ("3. a\n4. b", '<ol start="3"><li>a</li><li>b</li></ol>'),
        ("<b>a</b>", "<p>&lt;b&gt;a&lt;/b&gt;</p>"),
        ("a\0b", "<p>a\ufffdb</p>"),
        ("---", "<hr>"),
    ],
)
def test_markdown_becomes_html(written, shown):
    assert inner(written) == shown


def test_a_column_is_aligned_by_class():
    html = inner("| a | b |\n|:-:|--:|\n| 1 | 2 |")

    assert '<th class="align-center">a</th><th class="align-right">b</th>' in html
    assert '<td class="align-center">1</td><td class="align-right">2</td>' in html


def test_a_task_says_whether_it_is_done():
    html = inner("- [x] a\n- [ ] b")

    assert html.count('<li class="task"><input class="task__box" type="checkbox" disabled=""') == 2
    assert html.count('aria-label="Done" checked=""') == 1
    assert html.count('aria-label="To do"') == 1


def test_footnotes_stand_at_the_end():
    page = Page(render_blocks("One[^a].\n\n[^a]: The note.\n\nTwo."))

    assert [block.text for block in page.blocks] == ["One1.", "Two.", "The note. ↩\n"]


def test_a_footnote_that_nobody_wrote_stays_text():
    assert Page(render_blocks("One[^a].")).text == "One[^a]."


@pytest.mark.parametrize(
    "written",
    [
        "[![a](https://e.org/i)](https://f.org)",
        "[a[^1]](https://f.org)\n\n[^1]: b",
        "[www.e.org](https://f.org)",
    ],
)
def test_no_link_stands_in_a_link(written):
    page = Page(render_blocks(written))
    links = [each for block in page.blocks for each in block.walk() if each.tag == "a"]

    assert all(link.tag != "a" for each in links for link in list(each.walk())[1:])


def test_a_refused_scheme_loses_no_text():
    text = "xmpp:a@example.org and a:b and 12:30"

    assert Page(render_blocks(text)).text == text


def test_a_very_long_paragraph_keeps_all_its_words():
    text = "some *words* and more; " * 2000

    html = render_blocks(text)

    assert "<wbr>" in html
    assert Page(html).text.split() == text.replace("*", "").split()
