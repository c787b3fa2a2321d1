"""The parts of the site: what stands before all requests, and a blueprint for each subject."""

from __future__ import annotations

from flask import Flask

from webapp.chat.files import LARGEST_UPLOAD
from webapp.config import Settings
from webapp.web import (
    account,
    addresses,
    audit_page,
    compiled_templates,
    compressed,
    conversation_forms,
    credit,
    diagnosis,
    drafting,
    errors,
    events,
    exports,
    files,
    folder_forms,
    i18n,
    imports,
    invited,
    lists,
    message_forms,
    pages,
    presets,
    prompts,
    quotas,
    reading,
    search,
    security,
    session_forms,
    shares,
    sign_in,
    static_files,
    team,
    team_keys,
    team_settings,
    usage,
    websocket,
)
from webapp.web.assets import Assets, asset_dir


def make_app(settings: Settings, assets: Assets) -> Flask:
    """Make the application with what all its pages draw upon, and without its parts."""
    templates = asset_dir("templates")
    app = Flask("webapp", template_folder=str(templates), static_folder=None)
    # For all forms but messages, which take more when their sender is known.
    app.config["MAX_CONTENT_LENGTH"] = 16 * 1024
    app.config["MAX_FORM_MEMORY_SIZE"] = 16 * 1024
    i18n.init_app(app)
    addresses.init_app(app, settings)
    app.jinja_env.globals["asset"] = lambda name: (
        f"{addresses.base()}/static/{assets.digest}/{name}"
    )
    app.jinja_env.globals["largest_file"] = LARGEST_UPLOAD
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = False
    compiled_templates.init_app(app, templates)
    return app


def init_app(app: Flask) -> None:
    for part in (compressed, errors, security, websocket):
        part.init_app(app)
    for blueprint in (
        pages.blueprint,
        message_forms.blueprint,
        files.blueprint,
        diagnosis.blueprint,
        drafting.blueprint,
        events.blueprint,
        conversation_forms.blueprint,
        folder_forms.blueprint,
        lists.blueprint,
        shares.blueprint,
        reading.blueprint,
        prompts.blueprint,
        presets.blueprint,
        quotas.blueprint,
        credit.blueprint,
        search.blueprint,
        session_forms.blueprint,
        sign_in.blueprint,
        account.blueprint,
        invited.blueprint,
        exports.blueprint,
        imports.blueprint,
        static_files.blueprint,
        usage.blueprint,
        team.blueprint,
        team_keys.blueprint,
        team_settings.blueprint,
        audit_page.blueprint,
    ):
        app.register_blueprint(blueprint)
