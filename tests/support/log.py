"""Waiting for what a generation log holds, without polling."""

from __future__ import annotations

import threading
from collections.abc import Callable

from webapp.log.base import Ending, GenerationLog


class LogWatch:
    """Listens to a log; every wait has a deadline."""

    def __init__(self, log: GenerationLog) -> None:
        self._log = log
        self._news = threading.Condition()
        log.listen(self._hear)

    def text(self, generation_id: str, text: str) -> None:
        """Wait until this text has come."""
        self._wait(lambda: text in self._read(generation_id)[0], f"no “{text}” came")

    def ending(self, generation_id: str) -> Ending:
        self._wait(lambda: self._read(generation_id)[1] is not None, "no ending came")
        ending = self._read(generation_id)[1]
        assert ending is not None
        return ending

    def _read(self, generation_id: str) -> tuple[str, Ending | None]:
        reading = self._log.read(generation_id, 0)
        return ("", None) if reading is None else (reading.text, reading.ending)

    def _wait(self, condition: Callable[[], bool], complaint: str) -> None:
        with self._news:
            assert self._news.wait_for(condition, 15), complaint

    def _hear(self, _generation_id: str) -> None:
        with self._news:
            self._news.notify_all()
