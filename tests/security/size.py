"""How long the tests are that can be: short in the suite, whole in `make soak`."""

from __future__ import annotations

import os

VARIABLE = "LIAOCHAT_TEST_LONG"


def size(short: int, whole: int) -> int:
    return whole if os.environ.get(VARIABLE) == "1" else short
