"""Waiting for what a generation log holds, without polling."""

from __future__ import annotations

import threading
from collections.abc import Callable

from webapp.log.base import Ending, GenerationLog, Reading


class LogWatch:
    """Listens to a log; every wait has a deadline."""

    def __init__(self, log: GenerationLog) -> None:
        self._log = log
        self._news = threading.Condition()
        log.listen(self._hear)

    def text(self, generation_id: str, text: str) -> None:
        """Wait until this text has come."""
        self._wait(lambda: text in self._read(generation_id).text, f"no “{text}” came")

    def thoughts(self, generation_id: str, text: str) -> None:
        """Wait until this has been thought."""
        self._wait(lambda: text in self._read(generation_id).thoughts, f"nobody thought “{text}”")

    def ending(self, generation_id: str) -> Ending:
        self._wait(lambda: self._read(generation_id).ending is not None, "no ending came")
        ending = self._read(generation_id).ending
        assert ending is not None
        return ending

    def _read(self, generation_id: str) -> Reading:
        return self._log.read(generation_id, 0) or Reading("", None)

    def _wait(self, condition: Callable[[], bool], complaint: str) -> None:
        with self._news:
            assert self._news.wait_for(condition, 15), complaint

    def _hear(self, _generation_id: str) -> None:
        with self._news:
            self._news.notify_all()
