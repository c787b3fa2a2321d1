"""What the pages of templates and presets show, and the new chat's ways to begin."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from webapp.chat.variables import Piece, pieces, variables
from webapp.store.presets import Preset
from webapp.store.prompts import Prompt
from webapp.web.model_views import ModelView
from webapp.web.services import Services
from webapp.web.views import PresetView

ON_A_NEW_CHAT = 8


@dataclass(frozen=True, slots=True)
class PromptView:
    """An entry. `line` is the first of its text; `owner` is empty for one's own."""

    id: str
    name: str
    url: str
    line: str
    owner: str
    shared: bool


@dataclass(frozen=True, slots=True)
class FormView:
    """The page of one template or preset.

    Without an id it is a new one. `owner` is empty for one's own; what is somebody
    else's is only shown. `seen` is the version that the form was filled from, and `now`,
    where that has changed since, the text as it stands.
    """

    name: str
    text: str
    shared: bool
    id: str = ""
    owner: str = ""
    seen: str = ""
    now: str | None = None
    error: str = ""
    models: Sequence[ModelView] = ()
    model: str = ""


@dataclass(frozen=True, slots=True)
class FillView:
    """A template to be filled in: what is asked for, and the text in pieces."""

    name: str
    variables: Sequence[str]
    pieces: Sequence[Piece]


def prompt_view(prompt: Prompt, user_id: str) -> PromptView:
    return PromptView(
        id=prompt.id,
        name=prompt.name,
        url=f"/prompts/{prompt.id}",
        line=first_line(prompt.text),
        owner="" if prompt.owner_id == user_id else prompt.owner,
        shared=prompt.shared,
    )


def preset_view(own: Services, preset: Preset, user_id: str) -> PresetView:
    return PresetView(
        id=preset.id,
        name=preset.name,
        url=f"/presets/{preset.id}",
        line=first_line(preset.system_text),
        owner="" if preset.owner_id == user_id else preset.owner,
        shared=preset.shared,
        model=own.presenter.model_name(preset.model),
        offered=own.find_offered(preset.model) is not None,
    )


def fill_view(prompt: Prompt) -> FillView:
    return FillView(prompt.name, variables(prompt.text), pieces(prompt.text))


def presets_to_begin_with(own: Services, user_id: str) -> Sequence[PresetView]:
    """The presets that a new chat offers: one's own before the team's, and not all of many."""
    found = own.presets.visible(user_id, limit=ON_A_NEW_CHAT)
    views = [preset_view(own, preset, user_id) for preset in found]
    return [view for view in views if view.offered]


def first_line(text: str) -> str:
    return (text.strip().splitlines() or [""])[0]
