"""The scripted upstream as a process beside the server's."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.processes import cost


class Scripted:
    """`bench.upstream`: `late` is known once it was stopped, and `cpu` until then."""

    def __init__(self, *arguments: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "bench.upstream", *arguments],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None  # noqa: S101 - a pipe was asked for
        self._output = self._process.stdout
        self.url = f"http://127.0.0.1:{int(self._output.readline())}"
        self.late = 0
        """Chunks that left over 5 ms after they were due: the upstream itself was starved."""

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
    """Answer each request with `rate` numbered chunks a second for `seconds`."""
    with _running(str(rate), str(seconds)) as upstream:
        yield upstream


@contextmanager
def saying_upstream(rate: float, text: Path, *, size: int) -> Iterator[Scripted]:
    """Answer each request with a text, `size` characters in a chunk, `rate` chunks a second."""
    with _running(str(rate), "--text", str(text), "--size", str(size)) as upstream:
        yield upstream


@contextmanager
def _running(*arguments: str) -> Iterator[Scripted]:
    upstream = Scripted(*arguments)
    try:
        yield upstream
    finally:
        upstream.kill()
