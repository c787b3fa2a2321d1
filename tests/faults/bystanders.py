"""People who watch their own answers while others do harm, and how late their words come."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from tests.support.server import Browser
from tests.upstream import Upstream
from tests.upstream.texts import numbered

_NUMBER = re.compile(r"\d{7}")


class Bystander:
    """One page with an answer of numbered words: when it was shown which of them."""

    def __init__(self, browser: Browser, words: int, pause: float) -> None:
        self.words = words
        self.page = browser.open()
        self.asked = f"#slow:{words},{pause * 1000:g} {id(self)}"
        self.seen: list[tuple[float, int]] = []
        self.page.send(self.asked)
        self.page.wait("accepted")

    def read(self) -> None:
        """Read to the end of the answer."""
        page = self.page
        while not page.articles or page.answer.state == "running":
            frame = page.read(60)
            assert frame is not None, f"no end: {page.text()[-80:]!r}"
            if frame["type"] in {"patch", "snapshot"} and (
                found := _NUMBER.findall(json.dumps(frame))
            ):
                self.seen.append((time.monotonic(), int(found[-1])))
        assert page.answer.state == "complete"
        assert page.text() == numbered(self.words).strip()

    def delays(self, liaobots: Upstream) -> Iterator[float]:
        """Seconds from the moment that each word left until it was shown."""
        sent = next(one.sent for one in liaobots.received if one.last_message == self.asked)
        seen = iter(self.seen)
        at, last = next(seen)
        for number, (left, _) in enumerate(sent, 1):
            while last < number:
                at, last = next(seen, (at, self.words))
            yield at - left


@contextmanager
def watching(
    browsers: Sequence[Browser], count: int, *, words: int, pause: float
) -> Iterator[list[Bystander]]:
    """Have so many bystanders read their answers meanwhile, and wait for their ends."""
    everybody = [Bystander(browsers[n % len(browsers)], words, pause) for n in range(count)]
    with ThreadPoolExecutor(count) as pool:
        reading = [pool.submit(one.read) for one in everybody]
        yield everybody
        for one in reading:
            one.result()
