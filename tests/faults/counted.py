"""The promises of docs/reliability.md, counted: each part of it as often as it is promised.

    python -m tests.faults.counted [--disconnects 10000] [--kills 200] … [--seed N]

Without a part's name all parts run, with their full counts. Each prints what it did and
measured; the status is 1 where one promise was broken. The seed repeats a run's choices,
though not its timing.
"""

from __future__ import annotations

import argparse
import random
import re
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

from websocket import WebSocketException

from tests.browser.person import Person
from tests.faults import crowded, single
from tests.faults.kills import MAY_BE_LOST, kill_while_streaming
from tests.faults.payments import WAYS, Payer
from tests.faults.readers import Reading, shown_to_all
from tests.faults.scene import say, scene, spread
from tests.faults.tabs import MAY_SAY, cut_off, expect_text, meet_by, seconds_to_come_back
from tests.support.chromium import running_chromium
from tests.support.cuts import CuttableWay
from tests.support.links import name_of_a_newcomer
from tests.support.server import Address, Browser, Server
from tests.upstream.texts import numbered

_PEOPLE = 8
_DEVICES = 2
_CUTS = 60
_PAYERS = 4
_TABS = 4
_WORDS_IN_TABS = 2500
_LONGEST_AWAY = 8.0
_BACK_WITHIN = 2.0


def disconnects(count: int, seed: int) -> str:
    """Cut scripted readers off so often; what they are shown is what was sent."""
    readings: list[Reading] = []
    with scene() as on, ExitStack() as stack, ThreadPoolExecutor(_PEOPLE) as pool:
        everybody = [
            [stack.enter_context(_signed_in(on.server, name)) for _ in range(_DEVICES)]
            for name in (name_of_a_newcomer() for _ in range(_PEOPLE))
        ]
        while (left := count - sum(reading.cuts for reading in readings)) > 0:
            cuts = min(_CUTS, -(-left // (_PEOPLE * _DEVICES)))
            seeds = [seed + len(readings) + _DEVICES * number for number in range(_PEOPLE)]
            for read in pool.map(_read_one_answer, everybody, [cuts] * _PEOPLE, seeds):
                readings += read
            say(f"  {sum(reading.cuts for reading in readings)} disconnects")
    running = sum(reading.cuts_while_running for reading in readings)
    return (
        f"{sum(reading.cuts for reading in readings)} disconnects, {running} of them while the "
        f"text came, of {len(readings)} readers: 0 characters lost, doubled or out of order"
    )


def _read_one_answer(devices: Sequence[Browser], cuts: int, seed: int) -> list[Reading]:
    words = cuts * 40
    page = devices[0].open()
    page.send(f"#scattered:{words},8,{seed}")
    page.wait("accepted")
    page.close()
    devices[0].pages.remove(page)
    conversation = str(page.conversation)
    readings = shown_to_all(
        devices, conversation, readers=len(devices), cuts=cuts, seed=seed, between=0.2
    )
    sent = numbered(words).strip()
    (told,) = devices[0].get(f"/c/{conversation}/export.json").json()["conversations"]
    assert told["messages"][1]["text"].strip() == sent
    for reading in readings:
        assert reading.text.count(sent) == 1, reading.text[-200:]
        assert len(re.findall(r"\d{7}", reading.text)) == words
    return readings


def _signed_in(server: Server, name: str) -> Browser:
    browser = Browser(server, link=server.fresh_link(name))
    browser.use("liaobots/gpt-4", "test-code-4321")
    return browser


def kills(count: int, seed: int) -> str:
    """Kill the server so often while it streams."""
    chance = random.Random(seed)  # noqa: S311 - a seed that can be repeated
    losses = []
    with scene() as on:
        for number in range(1, count + 1):
            losses.append(kill_while_streaming(on.browser, on.liaobots, chance))
            on.liaobots.received.clear()
            if number % 10 == 0:
                say(f"  {number} kills, {spread([1000 * one.shown for one in losses], 'ms')}")
            assert losses[-1].own <= MAY_BE_LOST, losses[-1]
    shown, sent = ([1000 * getattr(one, of) for one in losses] for of in ("shown", "sent"))
    late = [one for one in losses if one.shown > MAY_BE_LOST]
    return (
        f"{count} kills: missing of what was shown {spread(shown, 'ms')}, of what the upstream "
        f"had sent {spread(sent, 'ms')}; {len(late)} of them over 100 ms, all where the server "
        f"had waited that long for a processor; {sum(one.saved for one in losses)} answers "
        "shown as complete, all there"
    )


def payments(count: int, seed: int) -> str:
    """Send so many messages again and again, each in some way; each is paid once."""
    with scene() as on, ExitStack() as stack:

        def pay(number: int) -> list[str]:
            chance = random.Random(seed + number)  # noqa: S311 - a seed that can be repeated
            payer = Payer(stack.enter_context(_signed_in(on.server, name_of_a_newcomer())), chance)
            share = count // _PAYERS + (number < count % _PAYERS)
            return [payer.send(chance.choice(list(WAYS))) for _ in range(share)]

        with ThreadPoolExecutor(_PAYERS) as pool:
            texts = [text for part in pool.map(pay, range(_PAYERS)) for text in part]
        calls = on.liaobots.calls_of(texts, timeout=60)
    assert calls == [1] * count, f"{sum(calls)} calls for {count} messages"
    return f"{count} messages, each sent again in one of {len(WAYS)} ways: {sum(calls)} calls"


def browser_disconnects(count: int, seed: int) -> str:
    """Cut the tabs of a real Chromium off so often, and reload them in between."""
    chance = random.Random(seed)  # noqa: S311 - a seed that can be repeated
    done = answers = 0
    words = numbered(_WORDS_IN_TABS).strip()
    with (
        scene() as on,
        running_chromium() as chromium,
        CuttableWay(int(on.server.url.rpartition(":")[2])) as way,
    ):
        while done < count:
            person = Person(chromium, Address(way.url, on.server.data_dir))
            question = f"#scattered:{_WORDS_IN_TABS},10,{seed + answers}"
            tabs = meet_by(person, question, tabs=_TABS)
            done += cut_off(way, tabs, min(_CUTS, count - done), chance)
            for tab in tabs:
                expect_text(tab, words)
            person.leave()
            assert person.faults == [], person.faults
            answers += 1
            say(f"  {done} disconnects")
    return f"{done} disconnects of {_TABS} tabs, {answers} answers: each tab shows what was sent"


def restarts(count: int, seed: int) -> str:
    """Restart the server so often before tabs of a real Chromium; they come back in 2 s."""
    chance = random.Random(seed)  # noqa: S311 - a seed that can be repeated
    took: list[float] = []
    with scene() as on, running_chromium() as chromium:
        person = Person(chromium, on.server)
        for line in MAY_SAY:
            person.expects(line)
        tabs = [person.sign_in(model="liaobots/gpt-4", auth_code="test-code-4321")]
        tabs += [person.open() for _ in range(_TABS - 1)]
        for _ in range(count):
            took += seconds_to_come_back(tabs, on.server, chance.uniform(0, _LONGEST_AWAY))
            say(f"  {len(took)} reconnects, {spread(took, 's')}")
        person.leave()
    assert max(took) < _BACK_WITHIN, spread(took, "s")
    return f"{count} restarts, {len(took)} reconnects after {spread(took, 's')} of the new start"


Part = Callable[[int, int], str]
PARTS: dict[str, tuple[Part, int]] = {
    "disconnects": (disconnects, 10_000),
    "kills": (kills, 200),
    "payments": (payments, 1000),
    "browser-disconnects": (browser_disconnects, 200),
    "restarts": (restarts, 20),
    "readers": (crowded.readers, 500),
    "large-answers": (crowded.large_answers, 3),
    "goodbye": (crowded.goodbye, 100),
    "sockets": (crowded.sockets, 400),
    "stops": (single.stops, 200),
    "ends": (single.ends, 2000),
    "locked-seconds": (single.locked_seconds, 30),
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="tests.faults.counted", description=__doc__)
    for name, (part, count) in PARTS.items():
        parser.add_argument(f"--{name}", type=int, metavar="N", help=f"{part.__doc__} ({count})")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1_000_000))
    chosen = vars(parser.parse_args())
    wanted = {
        name: chosen[name.replace("-", "_")]
        for name in PARTS
        if chosen[name.replace("-", "_")] is not None
    }
    broken = 0
    for name, count in (wanted or {name: count for name, (_, count) in PARTS.items()}).items():
        say(f"{name}: {count}, seed {chosen['seed']}")
        began = time.monotonic()
        try:
            say(f"{name}: {PARTS[name][0](count, chosen['seed'])}")
        except (AssertionError, OSError, WebSocketException):
            broken += 1
            say(f"{name}: BROKEN\n{traceback.format_exc()}")
        say(f"{name}: {time.monotonic() - began:.0f} s")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
