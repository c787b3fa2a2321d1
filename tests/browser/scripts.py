"""What the scripted Liaobots is told to do where no scenario by name will do."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable

from tests.upstream import Call

Script = Callable[[Call], None]


class Gate:
    """A place where an answer waits until the test lets it go on."""

    def __init__(self) -> None:
        self._opened = threading.Event()

    def open(self) -> None:
        self._opened.set()

    def wait(self, call: Call) -> None:
        while not self._opened.is_set():
            call.pause(0.01)


def in_two_halves(first: str, gate: Gate, second: str) -> Script:
    def script(call: Call) -> None:
        call.start()
        call.piece(first)
        gate.wait(call)
        call.piece(second)
        call.end()

    return script


def saying(text: str, *, size: int = 7, pause: float = 0.001) -> Script:
    """Say this in pieces of so many characters."""

    def script(call: Call) -> None:
        call.start()
        for at in range(0, len(text), size):
            call.piece(text[at : at + size])
            call.pause(pause)
        call.end()

    return script


def in_random_pieces(text: str, chance: random.Random) -> Script:
    """Say this cut anywhere, inside characters too, now fast and now slowly."""
    content = text.encode()

    def script(call: Call) -> None:
        call.start()
        at = 0
        while at < len(content):
            size = chance.choice((1, 1, 2, 3, 5, 8, 40))
            call.piece(content[at : at + size])
            call.pause(chance.choice((0, 0, 0, 0.001, 0.01)))
            at += size
        call.end()

    return script


def thinks(thoughts: str, gate: Gate, more: str, answer: str) -> Script:
    """Think, wait at the gate, think on, and answer."""

    def script(call: Call) -> None:
        call.start()
        _think(call, thoughts)
        gate.wait(call)
        _think(call, more)
        call.say(answer)
        call.over()

    return script


def _think(call: Call, text: str) -> None:
    call.event({"choices": [{"index": 0, "delta": {"reasoning_content": text}}]})
