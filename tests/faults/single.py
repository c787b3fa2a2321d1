"""The promises that are about one answer, each as often as it is promised."""

from __future__ import annotations

import random
import time

from tests.faults.cuts import BODY, WAYS, endings, patience, true_beginning
from tests.faults.scene import locked, say, scene, spread
from tests.faults.stops import SCENARIOS, Stopper
from tests.upstream import upstream
from tests.upstream.texts import numbered
from webapp.providers.liaobots import Liaobots

_STOPPED_WITHIN = 0.2
_SILENCES = 100


def stops(count: int, seed: int) -> str:
    """Stop so many answers, from any tab; the upstream knows within 0.2 s."""
    chance = random.Random(seed)  # noqa: S311 - a seed that can be repeated
    took: dict[str, list[float]] = {}
    with scene() as on:
        stopper = Stopper(on.browser, on.liaobots)
        for number in range(1, count + 1):
            scenario, way = chance.choice(list(SCENARIOS)), chance.choice(list(stopper.ways))
            took.setdefault(scenario, []).append(1000 * stopper.stop(scenario, way))
            if number % 50 == 0:
                say(f"  {number} stops")
    each = "; ".join(f"{name} {spread(times, 'ms')}" for name, times in sorted(took.items()))
    figures = f"{count} stops, {len(stopper.ways)} ways: the upstream knew after {each}"
    assert max(map(max, took.values())) < 1000 * _STOPPED_WITHIN, figures
    return figures


def ends(count: int, _seed: int) -> str:
    """Cut answers at so many bytes, in every way; none is called complete."""
    done = 0
    with upstream(pace=0.001) as liaobots:
        for way in WAYS:
            provider = Liaobots(
                liaobots.url, connect_timeout=5, read_timeout=patience(way), answer_limit=100_000
            )
            some = min(count, _SILENCES) if way == "silence" else count
            places = range(1, len(BODY), max(1, len(BODY) // some))
            for cut, text, error in endings(liaobots, provider, way, places):
                told = f"{way} after {cut} bytes: {error}, {text[-40:]!r}"
                assert error in {"broken_off", "silent_too_long"}, told
                assert true_beginning(text, cut, whole="reset" not in way), told
                done += 1
            say(f"  {done} cuts")
    return f"{done} cuts in {len(WAYS)} ways: none was complete, all kept what had come"


def locked_seconds(count: int, _seed: int) -> str:
    """Lock the database for so many seconds; answers and pages go on, and nothing is lost."""
    with scene() as on:
        page, words, pages = on.browser.open(), 20 * count + 200, []
        page.send(f"#slow:{words},50")
        page.wait_for_text("0000001")
        until = time.monotonic() + count
        with locked(on.server.data_dir):
            page.wait("saving", late=True)
            while time.monotonic() < until:
                began, before = time.monotonic(), len(page.text())
                for path in ("/", f"/c/{page.conversation}", "/healthz"):
                    assert on.browser.get(path).status_code == 200
                pages.append(time.monotonic() - began)
                while page.read(0.05):
                    pass
                assert len(page.text()) > before, "no word came while the database was locked"
        page.wait("ended", timeout=count + 60, state="complete")
        (told,) = on.browser.get(f"/c/{page.conversation}/export.json").json()["conversations"]
        calls = len(on.liaobots.received)
    assert page.text() == told["messages"][1]["text"].strip() == numbered(words).strip()
    assert calls == 1, f"{calls} calls"
    return f"locked for {count} s: three pages in {spread(pages, 's')}, all {words} words stored"
