"""Code is coloured with few classes, and line by line while it grows."""

from __future__ import annotations

import re

import pygments
import pytest
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from tests.render import corpus
from tests.render.page import Page
from webapp.render import render_blocks
from webapp.render.highlight import MAX_LINE, GrowingCode, highlight, language_name

SAMPLES = {
    "python": corpus.code(corpus.chance_of(1), 12)
    .removeprefix("```python\n")
    .removesuffix("```\n"),
    "javascript": "const f = (a) => {\n  // say\n  return `x ${a + 1} y`;\n};\n/* two\nlines */\n"
    * 6,
    "c": '#include <stdio.h>\nint main(void) {\n  /* a\n     b */\n  puts("x");\n  return 0;\n}\n'
    * 6,
    "bash": 'for f in *.log; do\n  echo "$f" | wc -l # so\ndone\n' * 8,
    "sql": "SELECT a, count(*) -- n\nFROM t WHERE b = 'x';\n" * 8,
    "json": '{"a": [1, 2.5, true],\n "b": null}\n' * 8,
    "diff": "--- a\n+++ b\n@@ -1 +1 @@\n-old\n+new\n" * 5,
    "py": 'x = 1\n"""\n' + "def of words, if not a string\n" * 20 + '"""\ny = 2\n',
    "js": "x = `\n" + "const of words, not code // x\n" * 20 + "`;\ny = 2;\n",
    "nosuchlanguage": "a < b & c\n\n  d\n" * 8,
}


@pytest.mark.parametrize("language", SAMPLES)
def test_growing_code_has_the_colours_of_finished_code(language):
    code = SAMPLES[language].rstrip("\n")
    growing = GrowingCode(language)
    lines: list[str] = []
    for start in range(0, len(code), 7):
        keep, rest = growing.feed(code[start : start + 7])
        lines[keep:] = rest

    assert lines == highlight(code, language)


@pytest.mark.parametrize("language", SAMPLES)
def test_colouring_changes_no_character(language):
    code = SAMPLES[language].rstrip("\n")

    page = Page(render_blocks(f"```{language}\n{code}\n```"))

    assert page.blocks[0].growing_point.text.endswith(f"Copy{code}\n")


def test_code_takes_half_the_spans_of_the_stock_formatter():
    code = SAMPLES["python"]
    stock = pygments.highlight(code, PythonLexer(), HtmlFormatter())

    assert "".join(highlight(code, "python")).count("<span") < stock.count("<span") / 2


def test_neighbours_of_one_class_share_a_span():
    [line] = highlight("'a' 'b'", "python")

    assert line == "<span class=\"tok-s\">'a' 'b'</span>\n"


@pytest.mark.parametrize(
    ("word", "name"),
    [("py", "Python"), ("JS", "JavaScript"), ("c++", "C++"), ("brainfuck", "brainfuck")],
)
def test_a_language_has_a_name_for_people(word, name):
    assert language_name(word) == name


def test_the_head_names_the_language_and_offers_a_copy():
    html = render_blocks('```py title="x"\npass\n```')

    assert '<span class="code__language">Python</span>' in html
    assert '<button type="button" class="code__copy" data-copy="">Copy</button>' in html
    assert '<pre tabindex="0" dir="ltr"><code><span class="code__line">' in html


def test_only_the_end_of_a_line_is_marked_as_one():
    html = render_blocks(f"```\n{'x' * (MAX_LINE + 1)}\ny\n```")

    assert re.findall(r"code__(?:line|piece)", html) == ["code__piece", "code__line", "code__line"]


def test_a_line_too_long_to_colour_comes_in_pieces():
    code = "x" * (2 * MAX_LINE + 10)

    lines = highlight(code, "python")

    assert [len(line) for line in lines] == [MAX_LINE, MAX_LINE, 11]


@pytest.mark.parametrize(
    "mark", ["'", '"', '"""', "/*", "(", "{", "<", "`", "${", "\\", "#", "@", "= ", "a.", "0"]
)
def test_hostile_code_is_coloured_in_good_time(mark):
    code = "\n".join(mark * 150 for _ in range(4))

    for language in (
        "python",
        "js",
        "bash",
        "c",
        "html",
        "php",
        "perl",
        "ruby",
        "sql",
        "yaml",
        "rust",
    ):
        shown = re.sub("<[^>]*>", "", "".join(highlight(code, language)))

        assert shown.count("\n") == 4
