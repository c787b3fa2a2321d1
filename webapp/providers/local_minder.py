"""The life of the process that runs the model: started on first use, again when it has died."""

from __future__ import annotations

import json
import logging
import os
import secrets
import subprocess
import sys
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from webapp.providers.base import Cancellation

_PROGRAM = Path(__file__).with_name("local_process.py")
_START_TIMEOUT = 120.0
_END_TIMEOUT = 0.5
_LAST_LINES = 20

_log = logging.getLogger(__name__)


class NotRunningError(Exception):
    """The process could not be started, or ended. Why is in the log."""


@dataclass
class _Life:
    """One process, from its start to its end."""

    key: str
    process: subprocess.Popen[bytes] | None = None
    port: int = 0
    over: bool = False
    wanted: bool = True
    lines: deque[str] = field(default_factory=lambda: deque(maxlen=_LAST_LINES))
    thread: threading.Thread | None = None


class LocalProcess:
    """Runs `local_process.py` and knows where it listens. All threads may ask at once.

    `context` counts tokens in each of `slots` answers at once.
    """

    def __init__(self, model: Path, *, context: int, slots: int) -> None:
        self._settings = {
            "model": str(model),
            "context": context,
            "slots": slots,
            "threads": max((os.cpu_count() or 2) - 1, 1),
        }
        # Guards `_life` and what is in it; whoever waits for a start waits on it.
        self._changed = threading.Condition()
        self._life: _Life | None = None
        self._closed = False

    def address(self, cancellation: Cancellation) -> tuple[str, str]:
        """Return base URL and key, once the model is loaded; empty ones when cancelled.

        Raise `NotRunningError` if the process ends or takes too long before that.
        """
        cancellation.attach(self._wake)
        until = time.monotonic() + _START_TIMEOUT
        with self._changed:
            if self._closed:
                raise NotRunningError
            if self._life is None or self._life.over:
                self._life = self._start()
            life = self._life
            while not (life.port or life.over or cancellation.cancelled):
                if not self._changed.wait(max(until - time.monotonic(), 0)):
                    raise NotRunningError
            if cancellation.cancelled:
                return "", ""
            if life.over:
                raise NotRunningError
            return f"http://127.0.0.1:{life.port}", life.key

    def has_ended(self) -> bool:
        """Tell whether the process that was used last is over, or is about to be."""
        with self._changed:
            life = self._life
            return self._changed.wait_for(lambda: life is None or life.over, _END_TIMEOUT)

    @property
    def pid(self) -> int | None:
        """The process, if there is one."""
        with self._changed:
            life = self._life
            return None if life is None or life.over or not life.process else life.process.pid

    def close(self) -> None:
        """End the process: politely by closing its input, then not."""
        with self._changed:
            self._closed = True
            life = self._life
            if life is None or life.thread is None:
                return
            life.wanted = False
            if life.process is not None and life.process.stdin is not None:
                life.process.stdin.close()
        life.thread.join(_END_TIMEOUT)
        if life.thread.is_alive() and life.process is not None:
            life.process.kill()
            life.thread.join(_END_TIMEOUT)

    def _wake(self) -> None:
        with self._changed:
            self._changed.notify_all()

    def _start(self) -> _Life:
        life = _Life(key=secrets.token_urlsafe(24))
        life.thread = threading.Thread(
            target=self._mind, args=(life,), name="local model", daemon=True
        )
        life.thread.start()
        return life

    def _mind(self, life: _Life) -> None:
        """Start the process, listen to what it says, and tell when it has ended."""
        try:
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
                    settings = json.dumps({**self._settings, "key": life.key})
                    process.stdin.write(settings.encode() + b"\n")
                    process.stdin.flush()
                else:
                    process.stdin.close()
            for line in process.stdout:
                self._hear(life, line.decode("utf-8", "replace").strip())

    def _hear(self, life: _Life, line: str) -> None:
        word, _, port = line.partition(" ")
        if word == "listening" and port.isdecimal():
            with self._changed:
                life.port = int(port)
                self._changed.notify_all()
        else:
            life.lines.append(line[:500])


def _environment() -> dict[str, str]:
    """Leave our own settings out: what reads a stranger's model file needs no secret of ours."""
    return {name: text for name, text in os.environ.items() if not name.startswith("LIAOCHAT_")}
