"""Work grows with the text, and no text is too deep, too long or too strange."""

from __future__ import annotations

import pytest

from tests.render import corpus
from webapp.render import StreamingRenderer, render_blocks


def cost(text: str, length: int = 40) -> tuple[int, int]:
    """Stream `text`; return (characters parsed or lexed, characters sent)."""
    renderer = StreamingRenderer()
    sent = 0
    for start in range(0, len(text), length):
        renderer.feed(text[start : start + length])
        sent += sum(len(html) + len(shell or "") for _, shell, _, html in renderer.flush())
    return renderer.work, sent


def one(kind, count):
    return kind(corpus.chance_of(2), count)


GROWING = {
    "answer": lambda scale: corpus.answer(4_000 * scale),
    "code": lambda scale: one(corpus.code, 50 * scale),
    "list": lambda scale: one(corpus.bullets, 50 * scale),
    "table": lambda scale: one(corpus.table, 150 * scale),
    "paragraph": lambda scale: "plain *words* in one line, " * (120 * scale),
    "long lines of code": lambda scale: f"```js\n{'let a = 1;' * 300 * scale}\n```\n",
    "a comment without end": lambda scale: "```c\n/*\n" + "all of it comment\n" * 500 * scale,
    "paragraphs": lambda scale: "One.\n\n" * 700 * scale,
    "fences": lambda scale: "```\nx\n```\n" * 400 * scale,
}


@pytest.mark.parametrize("kind", GROWING)
def test_eight_times_the_text_is_about_eight_times_the_work(kind):
    small, large = GROWING[kind](1), GROWING[kind](8)
    assert 7 < len(large) / len(small) < 9

    (work, sent), (more_work, more_sent) = cost(small), cost(large)

    assert more_work < 12 * work
    assert more_sent < 12 * sent


@pytest.mark.parametrize(
    "text",
    [
        "> " * 10_000 + "deep",
        "- " * 10_000 + "deep",
        ("> - " * 5_000) + "deep",
        "1. " * 5_000 + "deep",
        "\n".join("  " * depth + "- x" for depth in range(300)) + "\ndeep",
    ],
    ids=["quotes", "lists", "both", "numbers", "steps"],
)
def test_what_lies_too_deep_is_still_shown(text):
    assert "deep" in render_blocks(text)


@pytest.mark.parametrize(
    "unit",
    [
        "[",
        "]",
        "![",
        "*",
        "*a ",
        "_",
        "~~",
        "`",
        "`` ` ",
        "$",
        "$a ",
        "$$\n",
        "\\[\n",
        "\\(",
        "|",
        "|-",
        ":",
        "www.",
        "a@",
        "http://",
        "<",
        "<http:",
        "&",
        "\\",
        "#",
        "\n",
        ">\n",
        "-\n",
        "[^",
        "[a]:\n",
        "[a](",
        "**a ",
        "a**",
        "\t",
        "\0",
        "\r",
        "\\begin{align}\n",
        "(",
        "\u2028",
        "![](https://e.org)",
    ],
)
def test_twenty_thousand_strange_characters_are_rendered(unit):
    text = unit * (20_000 // len(unit))

    html = render_blocks(text)
    renderer = StreamingRenderer()
    renderer.feed(text)
    renderer.flush()
    renderer.close(text)

    assert len(html) < 60 * len(text)


def test_a_long_link_definition_is_not_repeated_for_each_use():
    text = f"[a]: https://e.org/{'x' * 30_000}\n\n" + "[a] " * 15_000

    assert len(render_blocks(text)) < 2 * len(text)


def test_a_link_definition_of_ordinary_length_is_used():
    html = render_blocks(f"[a]\n\n[a]: https://e.org/{'x' * 200}")

    assert f'href="https://e.org/{"x" * 200}"' in html
