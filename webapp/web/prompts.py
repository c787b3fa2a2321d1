"""Prompt templates: their page, their forms, and what the composer inserts."""

from __future__ import annotations

from dataclasses import replace

from flask import Blueprint, Response, make_response, render_template, request

from webapp.chat.prompts import PromptDraft, version_of
from webapp.errors import LiaochatError
from webapp.store.prompts import Prompt
from webapp.web import kept_forms
from webapp.web.i18n import sentence
from webapp.web.parts import go_to, part, wants_part
from webapp.web.prompt_views import FormView, fill_view, preset_view, prompt_view
from webapp.web.services import services
from webapp.web.sessions import current_session

blueprint = Blueprint("prompts", __name__)


blueprint.before_request(kept_forms.take_a_whole_text)


@blueprint.get("/prompts")
def overview() -> str:
    return render_overview()


def render_overview(refused: LiaochatError | None = None) -> str:
    """Draw the page of all templates and presets; `refused` is said at its top."""
    own, user_id = services(), current_session().user.id
    return render_template(
        "prompts.html",
        notice="" if refused is None else sentence(refused),
        prompts=[prompt_view(one, user_id) for one in own.prompts.visible(user_id)],
        presets=[preset_view(own, one, user_id) for one in own.presets.visible(user_id)],
    )


@blueprint.get("/prompts/menu")
def menu() -> Response:
    """Give the templates that the words after a slash mean."""
    own, user_id = services(), current_session().user.id
    if not wants_part():
        return go_to("/prompts")
    offered = own.prompts.offered(user_id, request.args.get("q", ""))
    views = [prompt_view(one, user_id) for one in offered]
    return part(render_template("_prompt_menu.html", prompts=views))


@blueprint.get("/prompts/new")
def new() -> str:
    """Show an empty form, or one filled with a copy of a template."""
    own, user_id = services(), current_session().user.id
    form = FormView("", "", shared=False)
    if copied := request.args.get("from"):
        prompt = own.prompts.find(user_id, copied)
        form = FormView(prompt.name, prompt.text, shared=False)
    return _page(form)


@blueprint.get("/prompts/<prompt_id>")
def prompt(prompt_id: str) -> Response:
    """Show a template: as a form to its owner, and to the composer to be filled in."""
    own, user_id = services(), current_session().user.id
    found = own.prompts.find(user_id, prompt_id)
    if wants_part():
        return part(render_template("_prompt_fill.html", prompt=fill_view(found)))
    return make_response(_page(_form(found, user_id)))


@blueprint.post("/prompts")
def create() -> Response:
    own, user_id, draft = services(), current_session().user.id, _draft()
    return kept_forms.save(lambda: own.prompts.add(user_id, draft), _written(draft), _page)


@blueprint.post("/prompts/<prompt_id>")
def change(prompt_id: str) -> Response:
    own, user_id, draft = services(), current_session().user.id, _draft()
    seen = request.form.get("seen", "")
    return kept_forms.save(
        lambda: own.prompts.change(user_id, prompt_id, draft, seen=seen),
        replace(_written(draft), id=prompt_id, seen=seen),
        _page,
        now=lambda: _form(own.prompts.find(user_id, prompt_id), user_id),
    )


@blueprint.post("/prompts/<prompt_id>/delete")
def delete(prompt_id: str) -> Response:
    own, user_id = services(), current_session().user.id
    return kept_forms.delete(
        lambda: own.prompts.remove(user_id, prompt_id, seen=request.form.get("seen", "")),
        _page,
        now=lambda: _form(own.prompts.find(user_id, prompt_id), user_id),
    )


def _draft() -> PromptDraft:
    form = request.form
    return PromptDraft(form.get("name", ""), form.get("text", ""), shared="shared" in form)


def _form(prompt: Prompt, user_id: str) -> FormView:
    return FormView(
        prompt.name,
        prompt.text,
        shared=prompt.shared,
        id=prompt.id,
        owner="" if prompt.owner_id == user_id else prompt.owner,
        seen=version_of(prompt),
    )


def _written(draft: PromptDraft) -> FormView:
    return FormView(draft.name, draft.text, shared=draft.shared)


def _page(form: FormView) -> str:
    return render_template("prompt.html", form=form)
