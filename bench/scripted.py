"""The scripted upstream as a process beside the server's."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from bench.processes import cost


class Scripted:
    """`bench.upstream`: `late` is known once it was stopped, and `cpu` until then."""

    def __init__(self, rate: float, seconds: float) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "bench.upstream", str(rate), str(seconds)],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None  # noqa: S101 - a pipe was asked for
        self._output = self._process.stdout
        self.url = f"http://127.0.0.1:{int(self._output.readline())}"
        self.late = 0

    @property
    def cpu(self) -> float:
        """Seconds of the processor that it took so far."""
        return cost([self._process.pid]).cpu

    def stop(self) -> None:
        if self._process.poll() is None:
            self._process.terminate()
            self.late = int(self._process.communicate(timeout=10)[0])

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()
        self._output.close()


@contextmanager
def scripted_upstream(rate: float, seconds: float) -> Iterator[Scripted]:
    """Answer each request with `rate` chunks a second for `seconds`."""
    upstream = Scripted(rate, seconds)
    try:
        yield upstream
    finally:
        upstream.kill()
