"""Presets: their forms, and beginning a new chat with one."""

from __future__ import annotations

from dataclasses import replace

from flask import Blueprint, Response, make_response, render_template, request

from webapp.chat.presets import PresetDraft, version_of
from webapp.errors import UnknownModel
from webapp.providers.base import Model
from webapp.store import sessions
from webapp.store.presets import Preset
from webapp.web import kept_forms
from webapp.web.errors import status_of
from webapp.web.parts import go_to
from webapp.web.prompt_views import FormView
from webapp.web.prompts import render_overview
from webapp.web.services import services
from webapp.web.session_views import model_groups
from webapp.web.sessions import current_session, model_of

blueprint = Blueprint("presets", __name__)


blueprint.before_request(kept_forms.take_a_whole_text)


@blueprint.post("/presets/<preset_id>/use")
def use(preset_id: str) -> Response:
    """Choose the preset's model for this browser session, and begin a chat with its text."""
    own, session = services(), current_session()
    preset = own.presets.find(session.user.id, preset_id)
    if own.find_offered(preset.model) is None:
        error = UnknownModel()
        return make_response(render_overview(error), status_of(error))
    with own.database.writing() as connection:
        sessions.choose_model(connection, session.id_hash, preset.model)
    return go_to(f"/?preset={preset.id}")


@blueprint.get("/presets/new")
def new() -> str:
    """Show a form with the session's model, or one filled with a copy of a preset."""
    own, session = services(), current_session()
    form = FormView("", "", shared=False, model=_key(model_of(own, session)))
    if copied := request.args.get("from"):
        preset = own.presets.find(session.user.id, copied)
        form = FormView(preset.name, preset.system_text, shared=False, model=preset.model)
    return _page(form)


@blueprint.get("/c/<conversation_id>/preset")
def like(conversation_id: str) -> str:
    """Show a form filled with a conversation's model and its instructions."""
    own, session = services(), current_session()
    draft = own.presets.like(session.user.id, conversation_id)
    return _page(_written(replace(draft, model=draft.model or _key(model_of(own, session)))))


@blueprint.get("/presets/<preset_id>")
def preset(preset_id: str) -> str:
    own, user_id = services(), current_session().user.id
    return _page(_form(own.presets.find(user_id, preset_id), user_id))


@blueprint.post("/presets")
def create() -> Response:
    own, user_id, draft = services(), current_session().user.id, _draft()
    return kept_forms.save(lambda: own.presets.add(user_id, draft), _written(draft), _page)


@blueprint.post("/presets/<preset_id>")
def change(preset_id: str) -> Response:
    own, user_id, draft = services(), current_session().user.id, _draft()
    seen = request.form.get("seen", "")
    return kept_forms.save(
        lambda: own.presets.change(user_id, preset_id, draft, seen=seen),
        replace(_written(draft), id=preset_id, seen=seen),
        _page,
        now=lambda: _form(own.presets.find(user_id, preset_id), user_id),
    )


@blueprint.post("/presets/<preset_id>/delete")
def delete(preset_id: str) -> Response:
    own, user_id = services(), current_session().user.id
    return kept_forms.delete(
        lambda: own.presets.remove(user_id, preset_id, seen=request.form.get("seen", "")),
        _page,
        now=lambda: _form(own.presets.find(user_id, preset_id), user_id),
    )


def _draft() -> PresetDraft:
    form = request.form
    return PresetDraft(
        form.get("name", ""), form.get("model", ""), form.get("text", ""), shared="shared" in form
    )


def _written(draft: PresetDraft) -> FormView:
    return FormView(draft.name, draft.system_text, shared=draft.shared, model=draft.model)


def _form(preset: Preset, user_id: str) -> FormView:
    return FormView(
        preset.name,
        preset.system_text,
        shared=preset.shared,
        id=preset.id,
        owner="" if preset.owner_id == user_id else preset.owner,
        seen=version_of(preset),
        model=preset.model,
    )


def _page(form: FormView) -> str:
    own = services()
    groups = model_groups(own, own.find_offered(form.model))
    models = [view for group in groups for view in group.models]
    return render_template("preset.html", form=replace(form, models=models))


def _key(model: Model | None) -> str:
    return "" if model is None else model.key
