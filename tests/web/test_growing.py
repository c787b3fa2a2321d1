"""A long answer while it grows: what is drawn and what is not is as it will be at the end."""

from __future__ import annotations

import pytest

from tests.support.dom import Body
from webapp.web.growing import GrowingAnswer
from webapp.web.rendered import LONGEST, MOST, draw

LINE = "A *line* of <text> & " + "more " * 80 + ".\n"
MANY = LINE * (LONGEST // len(LINE) + 3)
PIECE = 45_000


@pytest.mark.parametrize(
    "text",
    [
        MANY + LINE * 100,
        MANY[:LONGEST] + "x" * (2 * (MOST - LONGEST)),
        "[^1] and [link][a]\n\n[^1]: A note.\n[a]: https://example.org\n\n" + MANY + LINE * 90,
    ],
    ids=["many lines", "one long line", "with notes, which are drawn at the end"],
)
def test_what_grew_is_what_is_drawn_of_the_whole(text: str) -> None:
    growing, page, joined = GrowingAnswer(id_prefix="m"), Body(), Body()
    for at in range(0, len(text), PIECE):
        growing.feed(text[at : at + PIECE])
        page.apply(growing.flush())
    joined.replace(growing.snapshot())
    ops = growing.close(text)
    for body in (page, joined):
        body.apply(ops)

    assert growing.html(text) == draw(text, id_prefix="m")
    whole = Body()
    whole.replace(draw(text, id_prefix="m"))
    assert [
        body.html().replace("<span>", "").replace("</span>", "") for body in (page, joined)
    ] == [whole.html()] * 2
