"""Presets: a model and what it is told first, under a name. Shared and owned as templates are."""

from __future__ import annotations

from dataclasses import dataclass

from webapp.store.kept import Kept
from webapp.store.tables import presets


@dataclass(frozen=True, slots=True)
class Preset:
    """`system_text` is whole where one preset was asked for, and its beginning in a list."""

    id: str
    owner_id: str
    owner: str
    name: str
    model: str
    system_text: str
    shared: bool


PRESETS = Kept(presets, Preset, text="system_text")
