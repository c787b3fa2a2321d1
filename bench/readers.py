"""All pages of a run in one process of their own: `python -m bench.readers`, see `Readers`.

It opens its sockets, says `open`, waits for a line, asks on all of them, and reads until the
answers have ended. What it found is one line of JSON. Its own cost is a part of it: who
measures must not be what is measured.
"""

from __future__ import annotations

import json
import os
import resource
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from websocket import create_connection

from bench.stamps import Tally, tally, total
from bench.table import quantile
from bench.viewers import Copied, Reader, Viewer, close, watch

IN_TIME = 1.0
"""Seconds after which a chunk is called late."""

_OPENED = 20
"""How many pages are opened between two looks at those that are open."""

_QUESTION = (
    b"POST /answer HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    b"Content-Length: 2\r\n\r\n{}"
)


@dataclass(frozen=True, slots=True)
class Plan:
    """What to open. `cookies` has one for each answer; without any, `/answer` is asked itself.

    Of the first `keep` answers all frames are kept and compared with the `chunks` that were
    sent. `over` spreads the questions over so many seconds, and after `patience` it is over.
    """

    url: str
    answers: int
    chunks: int
    watchers: int
    over: float
    keep: int
    patience: float
    cookies: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """What pages saw of all answers. Times are in milliseconds, `cpu` in seconds."""

    p50: float
    p95: float
    p99: float
    max: float
    in_time: float
    first: float
    first_max: float
    frames: int
    size: int
    missing: int
    tally: Tally
    cpu: float
    messages: Sequence[str]


class Readers:
    """The process, seen from outside."""

    def __init__(self, plan: Plan) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "bench.readers"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._say(json.dumps(asdict(plan)))
        self._hear()

    def ask(self) -> None:
        self._say("ask")

    def found(self) -> Found:
        """Wait until all is over."""
        found: dict[str, Any] = json.loads(self._hear())
        return Found(**{**found, "tally": Tally(**found["tally"])})

    def close(self) -> None:
        self._process.kill()
        self._process.communicate()

    def _say(self, line: str) -> None:
        assert self._process.stdin is not None  # noqa: S101 - a pipe was asked for
        print(line, file=self._process.stdin, flush=True)

    def _hear(self) -> str:
        assert self._process.stdout is not None  # noqa: S101 - a pipe was asked for
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the readers broke off")
        return line


@contextmanager
def reading(plan: Plan) -> Iterator[Readers]:
    readers = Readers(plan)
    try:
        yield readers
    finally:
        readers.close()


def allow_many_files() -> None:
    """Take as many open files as there may be: every socket is one."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def main() -> None:
    plan = Plan(**json.loads(sys.stdin.readline()))
    allow_many_files()
    askers, others = _pages(plan) if plan.cookies else _copies(plan)
    print("open", flush=True)
    sys.stdin.readline()
    began = time.process_time()
    started = time.monotonic()
    for number, one in enumerate(askers):
        if plan.over:
            watch([*askers, *others], deadline=started + plan.over * number / plan.answers)
        _ask(one)
    for one in [] if plan.cookies else others:
        _ask(one)
    watch([*askers, *others], deadline=started + plan.patience)
    cpu = time.process_time() - began
    print(json.dumps(asdict(_found(plan, askers, others, cpu))), flush=True)
    close([*askers, *others])
    os._exit(0)


def _pages(plan: Plan) -> tuple[list[Viewer], list[Viewer]]:
    """Open the pages that will ask, and those that will look on."""
    askers: list[Viewer] = []
    others: list[Viewer] = []
    for number, cookie in enumerate(plan.cookies):
        keep = number < plan.keep
        asker = Viewer(_socket(plan.url, cookie), keep=keep)
        looking = [
            Viewer(_socket(plan.url, cookie), watching=True, keep=keep)
            for _ in range(plan.watchers - 1)
        ]
        asker.on_accepted = partial(_join, looking)
        askers.append(asker)
        others += looking
        if number % _OPENED == 0:  # pings are answered meanwhile: many take long to open
            watch([*askers, *others], deadline=time.monotonic() + 0.01)
    return askers, others


def _socket(url: str, cookie: str) -> Any:  # noqa: ANN401 - websocket-client says nothing of it
    address = url.replace("http", "ws", 1) + "/socket"
    return create_connection(address, origin=url, cookie=cookie, timeout=60)


def _join(looking: Sequence[Viewer], conversation: str) -> None:
    for one in looking:
        one.send({"type": "watch", "conversation": conversation, "last": None, "state": None})


def _copies(plan: Plan) -> tuple[list[Copied], list[Copied]]:
    """Open as many bare connections: who copies has each answer once for each who reads it."""
    where = urlsplit(plan.url)
    opened = [
        Copied(socket.create_connection((where.hostname, where.port or 80)))
        for _ in range(plan.answers * plan.watchers)
    ]
    return opened[: plan.answers], opened[plan.answers :]


def _ask(one: Reader) -> None:
    if isinstance(one, Viewer):
        question: Mapping[str, Any] = {
            "type": "send",
            "client_id": str(uuid.uuid4()),
            "conversation": None,
            "parent": None,
            "text": "What is it?",
        }
        one.send(dict(question))
    else:
        one.sent = time.monotonic()
        one.inner.sendall(_QUESTION)


def _found(plan: Plan, askers: Sequence[Reader], others: Sequence[Reader], cpu: float) -> Found:
    everyone = [*askers, *others]
    delays = sorted(1000 * delay for one in everyone for delay in one.delays)
    first = [1000 * (one.first - one.sent) for one in askers if one.first]
    kept = [one for one in everyone if isinstance(one, Viewer) and one.frames]
    return Found(
        p50=quantile(delays, 0.5),
        p95=quantile(delays, 0.95),
        p99=quantile(delays, 0.99),
        max=delays[-1],
        in_time=100 * sum(delay <= 1000 * IN_TIME for delay in delays) / len(delays),
        first=quantile(first, 0.5),
        first_max=max(first),
        frames=sum(one.count for one in everyone if isinstance(one, Viewer)),
        size=sum(one.size for one in everyone),
        missing=sum(plan.chunks - one.next for one in everyone),
        tally=total(tally(one.page_text(), plan.chunks) for one in kept),
        cpu=cpu,
        messages=[one.message for one in askers if isinstance(one, Viewer)],
    )


if __name__ == "__main__":
    main()
