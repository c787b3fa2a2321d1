"""What processes cost, as Linux counts it under /proc."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

_TICK = os.sysconf("SC_CLK_TCK")
_FIELD = re.compile(r"^(Rss|Pss|Threads):\s+(\d+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Cost:
    """The sum over some processes. `rss` counts what they share once for each, `pss` once.

    `cpu` is in seconds, `rss` and `pss` are in bytes.
    """

    cpu: float
    rss: int
    pss: int
    threads: int


def children(pid: int) -> list[int]:
    """Tell the processes that the main thread of this one has started."""
    return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def cost(pids: Iterable[int]) -> Cost:
    cpu, sums = 0.0, {"Rss": 0, "Pss": 0, "Threads": 0}
    for pid in pids:
        process = Path(f"/proc/{pid}")
        behind_name = (process / "stat").read_text("utf-8").rpartition(")")[2].split()
        cpu += (int(behind_name[11]) + int(behind_name[12])) / _TICK
        for file in ("smaps_rollup", "status"):
            for name, number in _FIELD.findall((process / file).read_text("utf-8")):
                sums[name] += int(number)
    return Cost(cpu, sums["Rss"] * 1024, sums["Pss"] * 1024, sums["Threads"])
