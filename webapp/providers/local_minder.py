"""The life of the process that runs a model: started on first use, again when it has died."""

from __future__ import annotations

import json
import logging
import os
import secrets
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from webapp import cores

if TYPE_CHECKING:
    from collections.abc import Iterator

    from webapp.providers.base import Cancellation
    from webapp.providers.local_files import LocalFile

_PROGRAM = Path(__file__).with_name("local_process.py")
_START_TIMEOUT = 120.0
_END_TIMEOUT = 0.5
_LAST_LINES = 20
_NO_MEMORY = ("failed to allocate", "insufficient memory", "unable to allocate", "bad_alloc")

_log = logging.getLogger(__name__)


class NotRunningError(Exception):
    """The process could not be started, or ended. Why is in the log."""


class NoMemoryError(NotRunningError):
    """It asked for more memory than there is."""


@dataclass
class _Life:
    """One process, from its start to its end. `before` is the one that has to end first."""

    file: LocalFile
    key: str
    before: _Life | None = None
    process: subprocess.Popen[bytes] | None = None
    port: int = 0
    over: bool = False
    wanted: bool = True
    lines: deque[str] = field(default_factory=lambda: deque(maxlen=_LAST_LINES))
    thread: threading.Thread | None = None

    @property
    def starved(self) -> bool:
        killed = self.process is not None and self.process.returncode == -signal.SIGKILL
        return killed or any(sign in line for line in self.lines for sign in _NO_MEMORY)


class LocalProcess:
    """Runs `local_process.py`, for one model at a time. All threads may ask at once.

    It answers `slots` questions at once. When nobody has used it for `idle` seconds it is
    ended; with 0 it stays.
    """

    def __init__(self, *, slots: int, idle: float = 0) -> None:
        self._slots = slots
        self._idle = idle
        # Guards all below, and what is in `_life`; whoever waits for a start waits on it.
        self._changed = threading.Condition()
        self._life: _Life | None = None
        self._users = 0
        self._timer: threading.Timer | None = None
        self._closed = False

    @contextmanager
    def used(self) -> Iterator[None]:
        """Keep the process while it is used, and for a while afterwards."""
        with self._changed:
            self._users += 1
            self._stop_timer()
        try:
            yield
        finally:
            with self._changed:
                self._users -= 1
                if not self._users and self._idle and not self._closed:
                    self._timer = threading.Timer(self._idle, self._let_go)
                    self._timer.name, self._timer.daemon = "idle local model", True
                    self._timer.start()

    def address(self, file: LocalFile, cancellation: Cancellation) -> tuple[str, str]:
        """Return base URL and key, once the model is loaded; empty ones when cancelled.

        A process with another model is ended first: only who has their turn may ask. Raise
        `NotRunningError` if the process ends or takes too long before that.
        """
        cancellation.attach(self._wake)
        until = time.monotonic() + _START_TIMEOUT
        with self._changed:
            if self._closed:
                raise NotRunningError
            life = self._life
            if life is None or life.over or not life.wanted or life.file != file:
                life = self._life = self._start(file, before=life)
            while not (life.port or life.over or cancellation.cancelled):
                if not self._changed.wait(max(until - time.monotonic(), 0)):
                    raise NotRunningError
            if cancellation.cancelled:
                return "", ""
            if life.over:
                raise NoMemoryError if life.wanted and life.starved else NotRunningError
            return f"http://127.0.0.1:{life.port}", life.key

    def has_ended(self) -> bool:
        """Tell whether the process that was used last is over, or is about to be."""
        with self._changed:
            life = self._life
            return self._changed.wait_for(lambda: life is None or life.over, _END_TIMEOUT)

    @property
    def running(self) -> tuple[LocalFile, int] | None:
        """The model that is loaded, or is being loaded, and the id of its process."""
        with self._changed:
            life = self._life
            if life is None or life.over or life.process is None:
                return None
            return life.file, life.process.pid

    def close(self) -> None:
        """End the process: politely by closing its input, then not."""
        with self._changed:
            self._closed = True
            timer = self._stop_timer()
            life = self._life
            if life is not None:
                _dismiss(life)
        for thread in (timer, None if life is None else life.thread):
            if thread is not None:
                thread.join(_END_TIMEOUT)
        if life is not None:
            _see_off(life)

    def _let_go(self) -> None:
        with self._changed:
            if threading.current_thread() is self._timer and self._life is not None:
                _dismiss(self._life)  # it stays, so that the next one begins when it is gone

    def _stop_timer(self) -> threading.Timer | None:
        timer, self._timer = self._timer, None
        if timer is not None:
            timer.cancel()
        return timer

    def _wake(self) -> None:
        with self._changed:
            self._changed.notify_all()

    def _start(self, file: LocalFile, *, before: _Life | None) -> _Life:
        if before is not None:
            _dismiss(before)
        life = _Life(file, key=secrets.token_urlsafe(24), before=before)
        life.thread = threading.Thread(
            target=self._mind, args=(life,), name="local model", daemon=True
        )
        life.thread.start()
        return life

    def _mind(self, life: _Life) -> None:
        """Start the process, listen to what it says, and tell when it has ended."""
        try:
            if life.before is not None:
                _see_off(life.before)
                life.before = None
            if life.wanted:
                self._run(life)
        except OSError as error:
            life.lines.append(str(error))
        finally:
            with self._changed:
                life.over = True
                self._changed.notify_all()
        if life.wanted:
            code = life.process.returncode if life.process else None
            _log.error("the local model ended with %s: %s", code, " | ".join(life.lines))

    def _run(self, life: _Life) -> None:
        with cores.anywhere():
            process = subprocess.Popen(  # noqa: S603  our own interpreter and our own file
                # -P: its folder holds modules whose names are not meant for everybody.
                [sys.executable, "-P", str(_PROGRAM)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                env=_environment(),
                start_new_session=True,  # a Ctrl-C is for the server, which then ends this
            )
        with process:  # at its end: the pipes are closed, and the process is waited for
            if process.stdin is None or process.stdout is None:
                raise OSError("no pipes")
            with self._changed:
                life.process = process
                if life.wanted:
                    process.stdin.write(self._settings(life).encode() + b"\n")
                    process.stdin.flush()
                else:
                    process.stdin.close()
            for line in process.stdout:
                self._hear(life, line.decode("utf-8", "replace").strip())

    def _settings(self, life: _Life) -> str:
        return json.dumps(
            {
                "model": str(life.file.path),
                "context": life.file.model.token_limit,
                "slots": self._slots,
                "threads": max((os.cpu_count() or 2) - 1, 1),
                "key": life.key,
            }
        )

    def _hear(self, life: _Life, line: str) -> None:
        word, _, port = line.partition(" ")
        if word == "listening" and port.isdecimal():
            with self._changed:
                life.port = int(port)
                self._changed.notify_all()
        else:
            life.lines.append(line[:500])


def _dismiss(life: _Life) -> None:
    """Have a process end. Whoever calls holds the lock."""
    life.wanted = False
    if life.process is not None and life.process.stdin is not None:
        life.process.stdin.close()


def _see_off(life: _Life) -> None:
    """Wait for the end of a dismissed process, not for long."""
    if life.thread is None:
        return
    life.thread.join(_END_TIMEOUT)
    if life.thread.is_alive():
        if life.process is not None:
            life.process.kill()
        life.thread.join(2 * _END_TIMEOUT)  # it may be waiting for the one before it


def _environment() -> dict[str, str]:
    """Leave our own settings out: what reads a stranger's model file needs no secret of ours."""
    return {name: text for name, text in os.environ.items() if not name.startswith("LIAOCHAT_")}
