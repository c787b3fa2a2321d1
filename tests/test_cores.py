"""All threads on one core, or on all; what is started besides keeps all of them."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from webapp import cores

_ALL = os.sched_getaffinity(0)

pytestmark = pytest.mark.skipif(len(_ALL) == 1, reason="there is one core")


@pytest.fixture(autouse=True)
def _everywhere_again() -> Iterator[None]:
    yield
    cores.scatter()


def where() -> list[set[int]]:
    """Tell on which cores each thread of this process may run."""
    return [os.sched_getaffinity(int(task.name)) for task in Path("/proc/self/task").iterdir()]


def test_all_threads_gather_on_one_core_and_scatter_again() -> None:
    over = threading.Event()
    threads = [threading.Thread(target=over.wait) for _ in range(20)]
    for thread in threads:
        thread.start()
    usual = sys.getswitchinterval()

    cores.gather()
    gathered = where()
    late = threading.Thread(target=over.wait)
    late.start()
    with_late = where()
    patience = sys.getswitchinterval()
    cores.scatter()
    scattered = where()

    over.set()
    for thread in (*threads, late):
        thread.join()
    assert len(gathered) > len(threads)
    assert len({*map(frozenset, gathered)}) == 1
    assert len(gathered[0]) == 1
    assert with_late == [gathered[0]] * len(with_late), "a new thread follows"
    assert patience > usual == sys.getswitchinterval()
    assert scattered == [_ALL] * len(scattered)


def test_a_process_that_is_started_meanwhile_has_all_cores() -> None:
    program = "import os; print(sorted(os.sched_getaffinity(0)))"
    cores.gather()
    own = os.sched_getaffinity(0)

    with cores.anywhere():
        said = subprocess.check_output([sys.executable, "-c", program], text=True)

    assert said.strip() == str(sorted(_ALL))
    assert os.sched_getaffinity(0) == own
    assert len(own) == 1
