"""Measure how a long conversation opens and scrolls: `python -m bench.opening`.

A real server, and a real Chromium that is told how long each task of its page takes. The
conversation has as many messages and characters as are asked for, of prose, lists, tables,
code and formulas. *Cold* is its first opening after a start of the server, when nothing of
it was drawn before, but another conversation was; *warm* is any later one.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page

from bench.chromium import LONG, SIZE, Task, chromium, traced
from bench.serving import Serving
from bench.table import head, row, spread
from tests.render.corpus import answer
from tests.support.past import Past, held
from tests.support.server import Browser

_QUESTION = 200
_STEP = 500
"""Pixels of one turn of the wheel, and that many turns a second: faster than one reads."""
_TURNS = 30

_TASKS = """
window.tasks = [];
new PerformanceObserver((list) => {
  for (const { duration, startTime } of list.getEntries()) window.tasks.push([startTime, duration]);
}).observe({ type: "longtask", buffered: true });
"""
_PAINTED = """() => {
  const [entry] = performance.getEntriesByName("first-contentful-paint");
  return entry ? entry.startTime : null;
}"""


@dataclass(frozen=True)
class Opening:
    """Milliseconds: of the server, up to the first paint, of tasks; and kB of the page."""

    server_cold: float
    cpu_cold: float
    server_warm: float
    server_middle: float
    size: float
    paint_cold: float
    paint_warm: float
    longest_opening: float
    scrolled: float
    """Seconds from the end to the beginning."""
    parts: float
    longest_scrolling: float
    longest_cpu: float
    long_tasks: float
    long_by_cpu: float


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench.opening", description=__doc__)
    parser.add_argument("--runs", type=int, default=3, help="more than one: min / median / max")
    parser.add_argument("--messages", type=int, default=500)
    parser.add_argument("--characters", type=int, default=1_000_000)
    asked = parser.parse_args()
    load = os.getloadavg()[0]
    texts = _texts(asked.messages, asked.characters)
    with tempfile.TemporaryDirectory(prefix="liaochat-bench-") as folder, chromium() as browser:
        with Serving(Path(folder)) as server:
            past, other = held(server, texts), held(server, ["Is it you?", "It is."])
        runs = [_measured(Path(folder), browser, past, other) for _ in range(asked.runs)]
    print(head("figure", "measured"))
    print(row("messages, characters", f"{len(texts)}, {sum(map(len, texts)):,}"))
    for title, form, values in (
        ("server, cold: ms", "{:.0f}", [one.server_cold for one in runs]),
        ("the same, CPU: ms (in steps of 10)", "{:.0f}", [one.cpu_cold for one in runs]),
        ("server, warm: ms", "{:.0f}", [one.server_warm for one in runs]),
        ("server, at a message in the middle, cold: ms", "{:.0f}", [r.server_middle for r in runs]),
        ("HTML of the page: kB", "{:.0f}", [one.size for one in runs]),
        ("first contentful paint, cold: ms", "{:.0f}", [one.paint_cold for one in runs]),
        ("first contentful paint, warm: ms", "{:.0f}", [one.paint_warm for one in runs]),
        ("longest task while opening: ms", "{:.0f}", [one.longest_opening for one in runs]),
        ("scrolled to the beginning in: s", "{:.1f}", [one.scrolled for one in runs]),
        ("parts that came meanwhile", "{:.0f}", [one.parts for one in runs]),
        ("longest task while scrolling: ms", "{:.0f}", [one.longest_scrolling for one in runs]),
        ("its CPU: ms", "{:.0f}", [one.longest_cpu for one in runs]),
        ("tasks over 50 ms while scrolling", "{:.0f}", [one.long_tasks for one in runs]),
        ("those of over 50 ms of CPU", "{:.0f}", [one.long_by_cpu for one in runs]),
        ("load before", "{:.1f}", [load]),
    ):
        print(row(title, spread(values, form.format)))


def _texts(messages: int, characters: int) -> Sequence[str]:
    """Questions that are short, and answers that hold all the rest."""
    size = characters * 2 // messages - _QUESTION
    return [
        answer(size if at % 2 else _QUESTION, seed=at)[: size if at % 2 else _QUESTION]
        for at in range(messages)
    ]


def _measured(folder: Path, chromium: Chromium, past: Past, other: Past) -> Opening:
    """Start the server anew for what is cold, and open the conversation by HTTP and in a page."""
    address = f"/c/{past.id}"
    with Serving(folder) as server, Browser(server, link=server.link) as browser:
        browser.get(f"/c/{other.id}")  # the first page of a process loads templates and tokens
        spent = server.cost().cpu
        cold, size = _timed(browser, address)
        spent = server.cost().cpu - spent
        warm = min(_timed(browser, address)[0] for _ in range(5))
        middle, _ = _timed(browser, f"{address}?at={past.messages[len(past.messages) // 2]}")
    with Serving(folder) as server:
        context = chromium.new_context(viewport=SIZE)
        context.add_init_script(_TASKS)
        page = context.new_page()
        page.goto(server.link)
        page.get_by_role("textbox", name="Message", exact=True).wait_for()
        page.goto(f"{server.url}/c/{other.id}")
        page.goto(server.url + address)
        paint_cold = _painted(page)
        page.goto(server.url + address)
        paint_warm = _painted(page)
        page.wait_for_timeout(1000)
        opening = max((task for _, task in page.evaluate("() => tasks")), default=0.0)
        scrolled, parts, tasks = _scrolled(page, past)
        context.close()
    return Opening(
        cold,
        spent * 1000,
        warm,
        middle,
        size,
        paint_cold,
        paint_warm,
        opening,
        scrolled,
        parts,
        max(one.wall for one in tasks),
        max(one.cpu for one in tasks),
        sum(one.wall > LONG for one in tasks),
        sum(one.cpu > LONG for one in tasks),
    )


def _timed(browser: Browser, address: str) -> tuple[float, float]:
    started = time.perf_counter()
    answer = browser.get(address)
    assert answer.status_code == 200, answer.text  # noqa: S101 - else it is no figure
    return (time.perf_counter() - started) * 1000, len(answer.content) / 1000


def _painted(page: Page) -> float:
    while (at := page.evaluate(_PAINTED)) is None:
        page.wait_for_timeout(20)
    return float(at)


def _scrolled(page: Page, past: Past) -> tuple[float, int, Sequence[Task]]:
    """Turn the wheel from the end to the first message; tell the seconds, parts, and tasks."""
    parts: list[str] = []
    page.on("request", lambda asked: parts.append(asked.url) if "/older" in asked.url else None)
    page.mouse.move(640, 400)
    with traced(page) as tasks:
        seconds = _turned(page, past)
    return seconds, len(parts), tasks


def _turned(page: Page, past: Past) -> float:
    started = time.perf_counter()
    first = f"message-{past.messages[0]}"
    at_top = f"""() => document.querySelector(".transcript").scrollTop === 0
      && document.getElementById("{first}") !== null"""
    while not page.evaluate(at_top):
        page.mouse.wheel(0, -_STEP)
        page.wait_for_timeout(1000 / _TURNS)
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
