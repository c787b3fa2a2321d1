"""Figures as rows of Markdown."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Sequence


def quantile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least `share` of all do not exceed; NaN of nothing."""
    ordered = sorted(values)
    return ordered[max(math.ceil(share * len(ordered)) - 1, 0)] if ordered else math.nan


def row(*cells: object) -> str:
    return "| " + " | ".join(str(cell) for cell in cells) + " |"


def head(*cells: str) -> str:
    return row(*cells) + "\n" + row(*("---" for _ in cells))


def spread(values: Sequence[float], form: Callable[[float], str]) -> str:
    """Minimum, median and maximum of several runs; of one run its value."""
    if len(values) == 1:
        return form(values[0])
    return " / ".join(form(one) for one in (min(values), statistics.median(values), max(values)))
