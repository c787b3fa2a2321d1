"""How often an answer that grows is shown: as it comes, and not faster than it can be seen."""

from __future__ import annotations

FRAME = 0.016
"""Seconds between two patches of one answer, at least."""

FAST = 40
"""Characters in a patch from which on nobody reads along: ten tokens at once. What comes so
fast is shown in steps of three frames, 20 a second, which is a third of the work for all."""

COST_FACTOR = 10
"""An answer is rendered at most a tenth of the time, whatever it is sent."""


def pause(characters: int, cost: float) -> float:
    """Tell how many seconds an answer rests after a patch of so much text and work."""
    return max(FRAME if characters < FAST else 3 * FRAME, COST_FACTOR * cost)
