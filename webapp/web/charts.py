"""Small charts of bars, drawn by the server: numbers over days or months."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import ceil

_WIDTH, _HEIGHT = 720, 120


@dataclass(frozen=True, slots=True)
class Step:
    """One bar to be drawn: the day or month that it is of, how high, and what it shows."""

    name: str
    number: int | Decimal
    text: str


@dataclass(frozen=True, slots=True)
class BarView:
    """A bar of a chart, in the units of its picture; `text` says what it shows."""

    x: int
    y: int
    width: int
    height: int
    text: str


@dataclass(frozen=True, slots=True)
class ChartView:
    """A chart: `text` says it in words, `first` and `last` are the ends, `unit` is between."""

    width: int
    height: int
    text: str
    bars: Sequence[BarView]
    first: str
    last: str
    unit: str


def draw(steps: Sequence[Step], *, text: str, unit: str) -> ChartView:
    """Draw numbers as bars; of nothing, or less, there is none to be seen."""
    most = max(step.number for step in steps)
    room = _WIDTH // len(steps)
    bars = []
    for place, step in enumerate(steps):
        height = ceil(max(step.number, 0) * _HEIGHT / most) if most > 0 else 0
        bars.append(BarView(place * room, _HEIGHT - height, room - 2, height, step.text))
    return ChartView(room * len(steps), _HEIGHT, text, bars, steps[0].name, steps[-1].name, unit)


def highest(steps: Sequence[Step]) -> Step:
    """Find the step with the highest bar, the first of several."""
    return max(steps, key=lambda step: step.number)
