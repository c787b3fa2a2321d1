"""Measure the page in a real Chromium: `python -m bench.page`.

The first page, with nothing in the browser's cache: requests, bytes, first paint, and when one
can write. Then an answer of 100 KB of Markdown that streams at 200 chunks a second: how busy
the page's main thread is. The floor is nginx: the same bytes of the page. Beside the
answer stands a page that does nothing but append the text, once a frame; it is no floor, for
the more there is the more it lays out anew.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path

from playwright.sync_api import Browser as Chromium
from playwright.sync_api import BrowserContext, Page

from bench.chromium import LONG, SIZE, Task, chromium, times, traced, wired
from bench.copies import copy, headers_of
from bench.floor import Floor
from bench.people import MODEL
from bench.scripted import saying_upstream
from bench.serving import Serving
from bench.table import head, row, spread
from bench.upstream import pieces
from tests.render.corpus import answer
from tests.support.server import Browser

_CHARACTERS = 12
"""In a chunk."""

_QUIET = 2.0
_SHORT = 60
_APPENDS = {
    "append.html": """<!doctype html><meta charset="utf-8"><title>floor</title>
<link rel="stylesheet" href="append.css"><pre></pre>
<script type="module" src="append.js"></script>""",
    "append.css": "pre { height: 90vh; overflow-y: scroll; white-space: pre-wrap }",
    "append.js": """const [pre] = document.querySelectorAll("pre");
let line = pre.appendChild(document.createElement("div"));
let fresh = "";
function show() {
  const [more, ...lines] = fresh.split("\\n");
  line.append(more);
  for (const one of lines) {
    line = pre.appendChild(document.createElement("div"));
    line.append(one);
  }
  fresh = "";
  pre.scrollTop = pre.scrollHeight;
}
onclick = async () => {
  const { body } = await fetch("/answer", { method: "POST", body: "{}" });
  for await (const text of body.pipeThrough(new TextDecoderStream())) {
    if (!fresh) requestAnimationFrame(show);
    fresh += text;
  }
  document.title = "done";
};""",
}


@dataclass(frozen=True, slots=True)
class First:
    """A first page: kB and milliseconds."""

    requests: float
    size: float
    paint: float
    ready: float


@dataclass(frozen=True, slots=True)
class Streamed:
    """An answer that streams: per cent of its time, milliseconds, seconds."""

    busy: float
    cpu: float
    longest: float
    longest_cpu: float
    long: float
    long_by_cpu: float
    took: float


_FIRST = {
    "requests": "{:.0f}",
    "kB over the wire": "{:.1f}",
    "first paint ms": "{:.0f}",
    "ready to write ms": "{:.0f}",
}
_STREAMED = {
    "main thread busy %": "{:.1f}",
    "its CPU %": "{:.1f}",
    "longest task ms": "{:.0f}",
    "longest CPU ms": "{:.0f}",
    "tasks over 50 ms": "{:.0f}",
    "by CPU": "{:.0f}",
    "took s": "{:.1f}",
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench.page", description=__doc__)
    parser.add_argument("--runs", type=int, default=3, help="more than one: min / median / max")
    parser.add_argument("--characters", type=int, default=100_000, help="of the answer")
    parser.add_argument("--rate", type=float, default=200, help="chunks of 12 characters a second")
    asked = parser.parse_args()
    print_all(asked.runs, asked.characters, asked.rate)


def print_all(runs: int, characters: int = 100_000, rate: float = 200) -> None:
    text = answer(characters)
    with chromium() as browser, _saying(text, rate) as (person, nginx):
        load = os.getloadavg()[0]
        print(head("first page", *_FIRST, "load before"))
        for title, measure in (
            ("Liaochat", lambda: first_of(browser, person)),
            ("nginx", lambda: _copied(browser, person, nginx)),
        ):
            _print_row(title, [measure() for _ in range(runs)], _FIRST, load)
        print()
        print(head(f"{len(text) / 1000:.0f} kB, {rate:g} a second", *_STREAMED, "load before"))
        seconds = _seconds(text, rate)
        for title, start in (
            ("Liaochat", lambda: _asked(browser, person)),
            ("only appends", lambda: _appended(browser, nginx)),
        ):
            load = os.getloadavg()[0]
            streamed = [_streamed(start, seconds) for _ in range(runs)]
            _print_row(title, streamed, _STREAMED, load)


def both_of(browser: Chromium, characters: int, rate: float = 200) -> tuple[Streamed, Streamed]:
    """Stream an answer to our page, and to one that only appends it."""
    text = answer(characters)
    seconds = _seconds(text, rate)
    with _saying(text, rate) as (person, nginx):
        ours = _streamed(lambda: _asked(browser, person), seconds)
        return ours, _streamed(lambda: _appended(browser, nginx), seconds)


def _seconds(text: str, rate: float) -> float:
    return len(pieces(text, _CHARACTERS)) / rate


@contextmanager
def _saying(text: str, rate: float) -> Iterator[tuple[Browser, Floor]]:
    """Have this answered, so many chunks a second: by the server to somebody, and by nginx."""
    with tempfile.TemporaryDirectory(prefix="liaochat-bench-") as name:
        folder, script = Path(name), Path(name) / "answer.md"
        script.write_text(text, "utf-8")
        with (
            saying_upstream(rate, script, size=_CHARACTERS) as upstream,
            Serving(folder / "data", {"liaobots_url": upstream.url}) as server,
            Browser(server) as person,
            Floor(upstream.url, headers_of(person, "/")) as nginx,
        ):
            person.use(MODEL, "bench-auth-code")
            for appended, content in _APPENDS.items():
                (nginx.www / appended).write_text(content, "utf-8")
            yield person, nginx


def _print_row(
    title: str, runs: Sequence[First | Streamed], columns: dict[str, str], load: float
) -> None:
    names = [one.name for one in fields(runs[0])]
    cells = [
        spread([getattr(run, name) for run in runs], form.format)
        for name, form in zip(names, columns.values(), strict=True)
    ]
    print(row(title, *cells, f"{load:.1f}"), flush=True)


@contextmanager
def _fresh(browser: Chromium, person: Browser | None = None) -> Iterator[Page]:
    """Open a window with an empty cache, signed in as somebody."""
    context: BrowserContext = browser.new_context(viewport=SIZE)
    if person is not None:
        cookies = person.http.cookies
        context.add_cookies(
            [{"name": one.name, "value": one.value, "url": person.server.url} for one in cookies]
        )
    yield context.new_page()
    context.close()


def first_of(browser: Chromium, person: Browser) -> First:
    """Open the first page with an empty cache."""
    with _fresh(browser, person) as page:
        return _opened(page, person.server.url)


def _copied(browser: Chromium, person: Browser, nginx: Floor) -> First:
    with _fresh(browser, person) as page, wired(page) as wire:
        page.goto(person.server.url, wait_until="load")
        copy(person, set(wire.addresses), nginx.www)
    with _fresh(browser) as page:
        return _opened(page, nginx.url)


def _opened(page: Page, address: str) -> First:
    with wired(page) as wire:
        page.goto(address, wait_until="load")
        paint, ready = times(page)
        page.wait_for_timeout(500)
    return First(len(wire.addresses), wire.size / 1000, paint, ready)


@contextmanager
def _asked(browser: Chromium, person: Browser) -> Iterator[tuple[Page, Callable[[], None], str]]:
    """Open a new chat whose answer ends when its article says so."""
    with _fresh(browser, person) as page:
        page.goto(person.server.url)
        box = page.get_by_role("textbox", name="Message", exact=True)
        box.fill("What is it?")
        yield page, lambda: box.press("Enter"), ".message--assistant[data-state=complete]"


@contextmanager
def _appended(browser: Chromium, nginx: Floor) -> Iterator[tuple[Page, Callable[[], None], str]]:
    with _fresh(browser) as page:
        page.goto(f"{nginx.url}/append.html")
        yield page, lambda: page.mouse.click(9, 9), "pre"


def _streamed(start: Callable[[], object], seconds: float) -> Streamed:
    with start() as (page, ask, end):  # type: ignore[attr-defined]
        time.sleep(_QUIET)
        with traced(page) as tasks:
            began = time.monotonic()
            ask()
            page.wait_for_timeout(1000 * seconds)
            if end == "pre":
                page.wait_for_function("() => document.title === 'done'", timeout=1000 * _SHORT)
            else:
                page.wait_for_selector(end, timeout=1000 * _SHORT)
            took = time.monotonic() - began
    return _summed(tasks, took)


def _summed(tasks: Sequence[Task], took: float) -> Streamed:
    return Streamed(
        busy=sum(one.wall for one in tasks) / took / 10,
        cpu=sum(one.cpu for one in tasks) / took / 10,
        longest=max(one.wall for one in tasks),
        longest_cpu=max(one.cpu for one in tasks),
        long=sum(one.wall > LONG for one in tasks),
        long_by_cpu=sum(one.cpu > LONG for one in tasks),
        took=took,
    )


if __name__ == "__main__":
    main()
