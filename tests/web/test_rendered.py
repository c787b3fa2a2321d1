"""Ended answers are drawn once, few at a time, and never without a bound."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

from markupsafe import Markup

from webapp.web.rendered import LONGEST, RenderedAnswers, draw

_DEAR = "**text** " * 10_000


def _seconds(kept: RenderedAnswers, text: str) -> float:
    started = time.thread_time()
    kept.html(text, message_id="m")
    return time.thread_time() - started


def test_what_was_used_last_is_kept_up_to_a_size() -> None:
    texts = [f"{name} {_DEAR}" for name in "abc"]
    kept = RenderedAnswers(int(2.5 * len(draw(texts[0], id_prefix="m"))))
    first = [_seconds(kept, text) for text in (texts[0], texts[1])]
    _seconds(kept, texts[0])
    _seconds(kept, texts[2])

    assert _seconds(kept, texts[0]) < first[0] / 5, "it was used after the other"
    assert _seconds(kept, texts[1]) > first[1] / 5, "there is no room for all three"


def test_what_was_drawn_elsewhere_is_kept_in_the_place_of_what_was() -> None:
    kept, html = RenderedAnswers(10_000), Markup("<p>drawn</p>")
    for _ in range(500):  # one after the other it would be too much
        kept.keep("*text*", html, message_id="m")
        kept.keep("more", html, message_id="m")

    assert kept.html("*text*", message_id="other") is html
    assert kept.html("more", message_id="m") is html


def test_what_has_footnotes_is_kept_for_its_own_message() -> None:
    kept, text = RenderedAnswers(10_000), "a[^1]\n\n[^1]: note"
    kept.keep(text, draw(text, id_prefix="m"), message_id="m")

    assert kept.html(text, message_id="other") == draw(text, id_prefix="other")


def test_readers_who_come_together_have_an_answer_drawn_by_one_of_them() -> None:
    kept, together = RenderedAnswers(10_000_000), threading.Barrier(8)

    def read(_number: int) -> float:
        together.wait()
        return _seconds(kept, _DEAR)

    with ThreadPoolExecutor(8) as pool:
        took = sorted(pool.map(read, range(8)))

    assert took[-2] < took[-1] / 5


def test_a_very_long_answer_is_drawn_in_part_and_shown_whole() -> None:
    line = "A *line* of <text>.\n"
    text = line * (2 * LONGEST // len(line))

    html = str(draw(text, id_prefix="m"))

    assert html.count("<em>line</em>") >= LONGEST // 2 // len(line)
    assert html.count("A *line* of &lt;text&gt;.") > 0
    assert html.count("<em>line</em>") + html.count("A *line* of &lt;") == text.count("line")
    assert "<text>" not in html


def test_an_answer_of_megabytes_costs_no_more_than_its_beginning() -> None:
    started = time.thread_time()
    draw("**text** " * (LONGEST // 9), id_prefix="m")
    beginning = time.thread_time() - started

    started = time.thread_time()
    draw("**text** " * 1_000_000, id_prefix="m")
    whole = time.thread_time() - started

    assert whole < 3 * beginning
