"""A desk: a thread for what may take long, one job after the other."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable

Job = Callable[[], object]

_logger = logging.getLogger(__name__)


class Desk:
    """Does what is put on it. A job that fails is logged, and the next one is done."""

    def __init__(self, name: str) -> None:
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def put(self, job: Job) -> None:
        self._jobs.put(job)

    def close(self, timeout: float) -> None:
        """Have what lies there done, and wait for so many seconds at most."""
        self._jobs.put(None)
        if self._thread.is_alive():
            self._thread.join(timeout)

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            guarded(job)


def guarded(job: Job) -> None:
    """Do something that must not end the thread that does it."""
    try:
        job()
    except Exception:
        _logger.exception("the publisher or its desk met something unexpected")
