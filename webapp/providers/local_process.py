"""llama.cpp in a process of its own: `LocalProcess` starts it, nobody else.

It takes its settings as one line of JSON on its standard input, so that the key is in
no list of processes, and says `listening PORT` when the model is loaded. It lives as
long as its standard input is open: when the server dies, however it dies, the system
closes the pipe and this ends too. It stands alone, without an import from webapp.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

_CONTROL_GROUPS = Path("/sys/fs/cgroup")


def main() -> None:
    settings: dict[str, Any] = json.loads(sys.stdin.readline())
    threading.Thread(target=_end_with_input, name="end with input", daemon=True).start()
    _bound_memory()
    server = _serve(settings)
    sys.stdout.write(f"listening {server.listening_address.rpartition(':')[2]}\n")
    sys.stdout.flush()
    threading.Event().wait()


def _serve(settings: dict[str, Any]) -> Any:  # noqa: ANN401  xllamacpp has no types
    import xllamacpp  # noqa: PLC0415  100 MB, and a failure to load is to be told like others

    params = xllamacpp.CommonParams()
    params.model.path = settings["model"]
    params.api_keys = [settings["key"]]
    params.port = 0
    # Each slot has a context of its own. Eight bits instead of sixteen for what it remembers
    # would halve 23 kB a token, and read long prompts 40 % slower.
    params.n_parallel = settings["slots"]
    params.n_ctx = settings["slots"] * settings["context"]
    params.n_batch = 512
    params.cache_ram_mib = 0
    params.n_ctx_checkpoints = 0
    params.fit_params = False
    params.warmup = False
    # Threads that spin at a barrier (`poll`) and are more than the free cores made two
    # answers at once fifty times slower than one: 0.9 tokens a second.
    for cpu in (params.cpuparams, params.cpuparams_batch):
        cpu.n_threads = settings["threads"]
        cpu.poll = 0
    params.n_threads_http = settings["slots"] + 2
    params.ui = False
    params.endpoint_slots = False
    params.verbosity = 1
    return xllamacpp.Server(params)


def _bound_memory() -> None:
    """Have a model that is too large fail when it is loaded, and spare the server.

    Linux promises memory that is not there, and when it is used ends whom it likes: this
    process, then. The model file itself is mapped and does not count.
    """
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000", "ascii")
    with suppress(OSError, ValueError):
        soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
        limits = [one for one in (_free_memory(), _group_memory(), soft, hard) if one > 0]
        if limits:
            resource.setrlimit(resource.RLIMIT_DATA, (min(limits), hard))


def _free_memory() -> int:
    """Read how many bytes this machine has left (proc(5), MemAvailable); 0 if unknown."""
    with suppress(OSError):
        for line in Path("/proc/meminfo").read_text("ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    return 0


def _group_memory() -> int:
    """Read how many bytes a container or a service may have (cgroups(7), version 2)."""
    with suppress(OSError, ValueError):
        group = Path("/proc/self/cgroup").read_text("utf-8").strip().removeprefix("0::/")
        return int((_CONTROL_GROUPS / group / "memory.max").read_text("ascii"))
    return 0


def _end_with_input() -> None:
    while os.read(sys.stdin.fileno(), 4096):
        pass
    os._exit(0)  # there is nothing to save, and llama.cpp takes its time


if __name__ == "__main__":
    main()
