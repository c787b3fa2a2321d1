"""A real Chromium, and what its own trace says of a page."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from tests.support.chromium import find_chromium

LONG = 50
"""Milliseconds from which on a task is called long."""

SIZE = {"width": 1280, "height": 800}

_TASK = "ThreadControllerImpl::RunTask"
_AFTER = "BlinkScheduler_PerformMicrotaskCheckpoint"
"""What a task's promises do: the trace tells it apart, if it comes when the task is over."""

_TIMES = """() => {
  const [paint] = performance.getEntriesByName("first-contentful-paint");
  const [page] = performance.getEntriesByType("navigation");
  const done = paint && page.domContentLoadedEventEnd;
  return done ? [paint.startTime, Math.max(paint.startTime, page.domContentLoadedEventEnd)] : null;
}"""


@dataclass(frozen=True, slots=True)
class Task:
    """A task of the page's main thread: milliseconds, of the clock and of the processor."""

    wall: float
    cpu: float


@dataclass(slots=True)
class Wire:
    """What came over the wire: requests, and their bytes as they were sent."""

    addresses: list[str] = field(default_factory=list)
    size: float = 0.0


@contextmanager
def chromium() -> Iterator[Browser]:
    arguments = ["--disable-gpu", *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=arguments)
        yield browser
        browser.close()


def times(page: Page) -> tuple[float, float]:
    """Tell when a page was first painted, and when one could write: its scripts had run, too."""
    while (found := page.evaluate(_TIMES)) is None:
        page.wait_for_timeout(20)
    return float(found[0]), float(found[1])


@contextmanager
def wired(page: Page) -> Iterator[Wire]:
    """Note what the page asks for meanwhile."""
    wire = Wire()

    def ended(told: dict[str, Any]) -> None:
        wire.size += told["encodedDataLength"]

    devtools = page.context.new_cdp_session(page)
    devtools.on(
        "Network.requestWillBeSent", lambda told: wire.addresses.append(told["request"]["url"])
    )
    devtools.on("Network.loadingFinished", ended)
    devtools.send("Network.enable")
    yield wire
    devtools.detach()


@contextmanager
def traced(page: Page) -> Iterator[Sequence[Task]]:
    """Fill a list with what each task of the page's main thread took meanwhile."""
    events: list[dict[str, Any]] = []
    tasks: list[Task] = []
    complete: list[object] = []
    devtools = page.context.new_cdp_session(page)
    devtools.on("Tracing.dataCollected", lambda some: events.extend(some["value"]))
    devtools.on("Tracing.tracingComplete", lambda end: complete.append(end))  # noqa: PLW0108 - Playwright marks it
    wanted = {"includedCategories": ["toplevel"]}
    devtools.send("Tracing.start", {"transferMode": "ReportEvents", "traceConfig": wanted})
    yield tasks
    devtools.send("Tracing.end")
    while not complete:
        page.wait_for_timeout(50)
    devtools.detach()
    tasks += _outermost(events)


def _outermost(events: Sequence[dict[str, Any]]) -> Iterator[Task]:
    main = {
        (one["pid"], one["tid"])
        for one in events
        if one["name"] == "thread_name" and one["args"]["name"] == "CrRendererMain"
    }
    ran = [
        one
        for one in events
        if one["name"] in (_TASK, _AFTER) and "dur" in one and (one["pid"], one["tid"]) in main
    ]
    over, task = 0.0, Task(0, 0)
    for one in sorted(ran, key=lambda one: (one["ts"], -one["dur"])):
        if one["ts"] < over:
            continue  # a part of the one before
        over = one["ts"] + one["dur"]
        wall, cpu = one["dur"] / 1000, one.get("tdur", 0) / 1000
        if one["name"] == _AFTER:
            task = Task(task.wall + wall, task.cpu + cpu)
        else:
            yield task
            task = Task(wall, cpu)
    yield task
