"""Parameters of a model: read from what a person wrote, held to their bounds, sent where taken."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import get_args

from webapp.errors import BadParameter, BadWholeParameter, UnknownEffort
from webapp.providers.base import Effort, Model, Parameters


@dataclass(frozen=True, slots=True)
class Bounds:
    """Which numbers a parameter takes, and its name for people."""

    name: str
    least: int
    most: int
    whole: bool = False

    def hold(self, value: object) -> bool:
        number = isinstance(value, int | float) and not isinstance(value, bool)
        fits = number and self.least <= value <= self.most  # type: ignore[operator]
        return fits and (not self.whole or isinstance(value, int))


BOUNDS: Mapping[str, Bounds] = {
    "temperature": Bounds("Temperature", 0, 2),
    "top_p": Bounds("Top-p", 0, 1),
    "max_tokens": Bounds("Longest answer", 1, 1_000_000, whole=True),
    # As far as all servers go: llama.cpp keeps 32 bits of it.
    "seed": Bounds("Seed", 0, 2**32 - 1, whole=True),
}
EFFORTS: tuple[str, ...] = get_args(Effort)


def parse(written: Mapping[str, str]) -> Parameters:
    """Read what was written into the fields; what is empty or not there the model decides.

    Raises `BadParameter` for what is no number or not within bounds, and `UnknownEffort`.
    """
    found: dict[str, object] = {}
    for name, bounds in BOUNDS.items():
        text = written.get(name, "").strip()
        if text:
            found[name] = _number(text, bounds)
    effort = written.get("reasoning_effort", "").strip()
    if effort:
        if effort not in EFFORTS:
            raise UnknownEffort
        found["reasoning_effort"] = effort
    return load(found)


def load(kept: Mapping[str, object]) -> Parameters:
    """Read what was kept, or came from elsewhere: what is out of bounds is left out."""
    found = {name: kept[name] for name in BOUNDS if BOUNDS[name].hold(kept.get(name))}
    effort = kept.get("reasoning_effort")
    if isinstance(effort, str) and effort in EFFORTS:
        found["reasoning_effort"] = effort
    return Parameters(**found)  # type: ignore[arg-type]


def dump(parameters: Parameters) -> dict[str, object]:
    """Give those that the model does not decide itself, by name."""
    return {name: value for name, value in asdict(parameters).items() if value is not None}


def taken(parameters: Parameters, model: Model) -> Parameters:
    """Leave those alone that a model takes."""
    others = dump(parameters).keys() - model.parameters
    return replace(parameters, **dict.fromkeys(others))


def written(parameters: Parameters) -> dict[str, str]:
    """Write all of them as their fields have them; what the model decides is empty."""
    return {
        name: "" if value is None else str(value).removesuffix(".0")
        for name, value in asdict(parameters).items()
    }


def _number(text: str, bounds: Bounds) -> int | float:
    value: int | float | None = None
    with contextlib.suppress(ValueError):
        value = int(text) if bounds.whole else float(text)
    if not bounds.hold(value):
        raise (BadWholeParameter if bounds.whole else BadParameter)(
            name=bounds.name, least=f"{bounds.least:,}", most=f"{bounds.most:,}"
        )
    assert value is not None  # noqa: S101 - it is within bounds
    return value
