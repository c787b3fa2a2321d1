"""A thread that goes its round again and again, whatever one of them meets."""

from __future__ import annotations

import logging
import threading
from abc import ABC, abstractmethod

_logger = logging.getLogger(__name__)


class Rounds(ABC):
    """Goes a round at the start, after as many seconds as the last one said, and when told to.

    After a round that failed the next one comes `after_failure` seconds later: what one of
    them meets must not end all others.
    """

    def __init__(self, name: str, *, after_failure: float) -> None:
        self._name = name
        self._after_failure = after_failure
        self._wake = threading.Event()
        self._closing = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    @abstractmethod
    def _go_round(self) -> float | None:
        """Go once. Return when to go again; None is not before `look`."""

    @property
    def closing(self) -> bool:
        """Whether a round that takes long should end now."""
        return self._closing

    def start(self) -> None:
        self._thread.start()

    def close(self, timeout: float) -> None:
        self._closing = True
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(timeout)

    def look(self) -> None:
        """Go now, or once more when this round is over."""
        self._wake.set()

    def _run(self) -> None:
        while True:
            self._wake.clear()
            if self._closing:
                return
            try:
                wait = self._go_round()
            except Exception:
                _logger.exception("the thread “%s” met something unexpected", self._name)
                wait = self._after_failure
            self._wake.wait(wait)
