"""Measure imports and exports: `python -m bench.transfer`.

Makes a file of ChatGPT's and one of ours with 10,000 messages, and sends each to a server
with a fresh data folder, as a browser without script does. Then everything is taken away in
all forms. Memory is the highest that the worker held since its start (VmHWM), and what it
held before, of which much is libraries. While a file is imported, another page asks for the
sign of life every 20 ms: that is how long others are held up.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

from bench.serving import Serving
from bench.table import head, quantile, row
from tests.support.server import Browser

_WORDS = [
    "the",
    "of",
    "and",
    "to",
    "in",
    "a",
    "is",
    "that",
    "for",
    "it",
    "as",
    "was",
    "with",
    "be",
    "by",
    "on",
    "not",
    "he",
    "his",
    "but",
    "at",
    "are",
    "this",
    "have",
    "from",
    "or",
    "had",
    "an",
    "they",
    "which",
    "one",
    "you",
    "were",
    "all",
    "her",
    "she",
    "there",
    "would",
    "their",
    "we",
    "him",
    "been",
    "has",
    "when",
    "who",
    "will",
    "no",
    "more",
    "if",
    "out",
    "so",
    "up",
    "said",
    "what",
    "its",
    "about",
    "than",
    "into",
    "them",
    "can",
    "only",
    "other",
    "time",
    "new",
    "some",
]
_CODE = "\n```python\ndef answer(x):\n    return x * 42  # always\n```\n"


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench.transfer", description=__doc__)
    parser.add_argument("--messages", type=int, default=10_000)
    parser.add_argument("--length", type=int, default=20, help="messages of one conversation")
    parser.add_argument("--characters", type=int, default=1_000, help="of one message")
    options = parser.parse_args()
    talks = list(_talks(options.messages, options.length, options.characters))
    print(head("what", "file MB", "look s", "import s", "held up p99 ms", "max ms", *_MEMORY))
    for name, made in (("ChatGPT", [_chatgpt(one) for one in talks]), ("Liaochat", _ours(talks))):
        _measure(name, json.dumps(made).encode())


_MEMORY = ("before MB", "peak MB", "load before")
_Talk = list[tuple[str, str]]


def _talks(messages: int, length: int, characters: int) -> Iterator[_Talk]:
    chance = random.Random(7)  # noqa: S311 - the same file each time
    for _ in range(messages // length):
        yield [
            ("user" if at % 2 == 0 else "assistant", _text(chance, characters, code=at % 2 == 1))
            for at in range(length)
        ]


def _text(chance: random.Random, characters: int, *, code: bool) -> str:
    words = " ".join(chance.choices(_WORDS, k=characters // 5))
    return words[:characters] + (_CODE if code else "")


def _chatgpt(talk: _Talk) -> dict[str, Any]:
    name = random.Random(talk[0][1]).randbytes(8).hex()  # noqa: S311 - an id
    mapping: dict[str, Any] = {"root": {"id": "root", "message": None, "parent": None}}
    parent = "root"
    for at, (role, text) in enumerate(talk):
        key = f"{name}-{at}"
        mapping[key] = {
            "id": key,
            "parent": parent,
            "children": [],
            "message": {
                "id": key,
                "author": {"role": role, "name": None, "metadata": {}},
                "create_time": 1_700_000_000 + at,
                "content": {"content_type": "text", "parts": [text]},
                "status": "finished_successfully",
                "weight": 1.0,
                "metadata": {"model_slug": "gpt-4o", "request_id": key, "timestamp_": "absolute"},
                "recipient": "all",
            },
        }
        parent = key
    return {
        "title": talk[0][1][:40],
        "create_time": 1_700_000_000.5,
        "update_time": 1_700_000_900.5,
        "mapping": mapping,
        "current_node": parent,
        "conversation_id": name,
    }


def _ours(talks: list[_Talk]) -> dict[str, Any]:
    def conversation(number: int, talk: _Talk) -> dict[str, Any]:
        messages = [
            {
                "id": f"{number}-{at}",
                "parent": f"{number}-{at - 1}" if at else None,
                "role": role,
                "state": "complete",
                "model": None if role == "user" else "liaobots/gpt-4",
                "created": f"2026-01-01T00:00:{at % 60:02}.000000Z",
                "text": text,
            }
            for at, (role, text) in enumerate(talk)
        ]
        return {
            "id": f"bench-{number}",
            "title": talk[0][1][:40],
            "head": messages[-1]["id"],
            "messages": messages,
        }

    some = [conversation(number, talk) for number, talk in enumerate(talks)]
    return {"format": "liaochat", "version": 2, "conversations": some}


def _measure(name: str, file: bytes) -> None:
    load = os.getloadavg()[0]
    with (
        tempfile.TemporaryDirectory(prefix="liaochat-bench-") as folder,
        Serving(Path(folder)) as server,
        Browser(server, link=server.link) as browser,
    ):
        before = _high_water(server)
        began = time.monotonic()
        preview = _settled(browser, _upload(browser, file))
        looked = time.monotonic() - began
        began = time.monotonic()
        with _held_up(server) as delays:
            report = _settled(browser, browser.post(f"{_path(preview)}/begin"))
        imported = time.monotonic() - began
        assert 'data-state="done"' in report.text, report.text  # noqa: S101 - else no figure
        figures = [
            f"{len(file) / 1e6:.1f}",
            f"{looked:.2f}",
            f"{imported:.2f}",
            f"{quantile(delays, 0.99) * 1000:.0f}",
            f"{max(delays) * 1000:.0f}",
            f"{before:.0f}",
            f"{_high_water(server):.0f}",
            f"{load:.1f}",
        ]
        print(row(f"import: {name}", *figures))
        for kind in ("json", "md.zip", "html.zip"):
            began = time.monotonic()
            size = _download(browser, f"/export.{kind}")
            taken = time.monotonic() - began
            print(
                row(
                    f"export.{kind}",
                    f"{size / 1e6:.1f}",
                    "",
                    f"{taken:.2f}",
                    "",
                    "",
                    "",
                    f"{_high_water(server):.0f}",
                    "",
                )
            )


def _upload(browser: Browser, file: bytes) -> requests.Response:
    return browser.http.post(
        f"{browser.server.url}/import", files={"file": ("bench.json", file)}, timeout=120
    )


def _download(browser: Browser, path: str) -> int:
    with browser.http.get(browser.server.url + path, stream=True, timeout=600) as answer:
        answer.raise_for_status()
        return sum(len(piece) for piece in answer.iter_content(65_536))


def _settled(browser: Browser, answer: requests.Response) -> requests.Response:
    while "data-live" in answer.text:
        time.sleep(0.05)
        answer = browser.get(_path(answer))
    return answer


def _path(answer: requests.Response) -> str:
    found = re.search(r"/import/[0-9a-f]{32}", answer.url)
    assert found, answer.text  # noqa: S101 - else there is nothing to measure
    return found[0]


@contextmanager
def _held_up(server: Serving) -> Iterator[list[float]]:
    """Ask for the sign of life again and again, and note how long each answer took."""
    delays: list[float] = []
    over = threading.Event()

    def ask() -> None:
        with requests.Session() as http:
            http.trust_env = False
            while not over.wait(0.02):
                began = time.monotonic()
                http.get(f"{server.url}/healthz", timeout=60)
                delays.append(time.monotonic() - began)

    thread = threading.Thread(target=ask, name="bench-life")
    thread.start()
    try:
        yield delays
    finally:
        over.set()
        thread.join()


def _high_water(server: Serving) -> float:
    """The most memory that the worker held so far, in MB."""
    (worker,) = server.workers()
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{worker}/status").read_text("ascii"))
    assert found  # noqa: S101 - Linux says so
    return int(found[1]) * 1024 / 1e6


if __name__ == "__main__":
    main()
