"""`liaochat serve` as a host runs it: a process of its own, with the product's own settings.

The servers of the tests log at debug level and are searched for auth codes; this one is not.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from bench.processes import Cost, children, cost
from tests.support.server import Address

_LINE = re.compile(r"Open ((http://\S+)/sign-in/\S+)")
_PATIENCE = 30


class Serving(Address):
    """A server on a free port of loopback, with a data folder of its own.

    With `plain` nothing is rendered; see `bench.plain`.
    """

    def __init__(
        self,
        data_dir: Path,
        settings: Mapping[str, str] | None = None,
        *,
        plain: bool = False,
        program: str = sys.executable,
    ) -> None:
        self.data_dir = data_dir
        environ = {
            name: value
            for name, value in os.environ.items()
            # Who sets the latter would have our modules compiled at each start. No host does.
            if not name.startswith("LIAOCHAT_") and name != "PYTHONDONTWRITEBYTECODE"
        }
        environ |= {"LIAOCHAT_DATA_DIR": str(data_dir), "LIAOCHAT_PORT": "0"}
        environ |= {f"LIAOCHAT_{k.upper()}": v for k, v in (settings or {}).items()}
        self._errors = tempfile.TemporaryFile("w+")  # noqa: SIM115 - closed by `stop`
        self.process = subprocess.Popen(
            [program, "-m", "bench.plain" if plain else "webapp", "serve"],
            env=environ,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
        )
        assert self.process.stdout is not None  # noqa: S101 - a pipe was asked for
        found = _LINE.fullmatch(self.process.stdout.readline().strip())
        if found is None:
            self.process.kill()
            raise RuntimeError(f"the server did not start: {self.log}")
        self.link, self.url = found[1], found[2]

    def workers(self) -> list[int]:
        return children(self.process.pid)

    def cost(self) -> Cost:
        """What the master and the worker cost so far, together."""
        return cost([self.process.pid, *self.workers()])

    @property
    def log(self) -> str:
        """What the server wrote to its standard error so far."""
        self._errors.seek(0)
        return self._errors.read()

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(_PATIENCE)
        finally:
            self.process.kill()
            self.process.wait()
            if self.process.stdout is not None:
                self.process.stdout.close()
            self._errors.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
