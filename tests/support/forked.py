"""Processes of the server, forked from one that has imported it: that is four fifths of a start.

`tests/test_life.py` and `tests/security/test_secrets.py` start theirs as a host does.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import TextIO

from tests.support import canary

_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["webapp.cli", "webapp.server", "webapp.app", "tests.support.canary"])


class Forked:
    """What `subprocess.Popen` would be of `liaochat`, as far as it is used here."""

    def __init__(self, arguments: Sequence[str], environ: Mapping[str, str]) -> None:
        streams = [_FORKS.Pipe(duplex=False) for _ in range(2)]
        ends = [end for _, end in streams]
        self._process = _FORKS.Process(target=_run, args=(arguments, dict(environ), *ends))
        self._process.start()
        for end in ends:
            end.close()
        self.stdout, self.stderr = (_opened(stream) for stream, _ in streams)

    @property
    def pid(self) -> int:
        assert self._process.pid is not None
        return self._process.pid

    def poll(self) -> int | None:
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        self._process.join(timeout)
        if (status := self.poll()) is None:
            raise subprocess.TimeoutExpired("liaochat", timeout or 0)
        return status

    def send_signal(self, number: int) -> None:
        with suppress(ProcessLookupError):  # it has ended, and that was not told yet
            if self.poll() is None:
                os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def communicate(self, timeout: float | None = None) -> tuple[str, str]:
        self.wait(timeout)
        return self.stdout.read(), self.stderr.read()


def _opened(stream: Connection) -> TextIO:
    with stream:
        return os.fdopen(os.dup(stream.fileno()), encoding="utf-8")


def _run(
    arguments: Sequence[str], environ: Mapping[str, str], out: Connection, err: Connection
) -> None:
    os.environ.clear()
    os.environ.update(environ)
    for stream, number in ((out, 1), (err, 2)):
        os.dup2(stream.fileno(), number)
        stream.close()
    sys.argv = ["liaochat", *arguments]
    logging.getLogger().handlers.clear()
    canary.listen()
    from webapp.cli import main  # noqa: PLC0415 - here already

    sys.exit(main())
