"""The parts of the site: what stands before all requests, and a blueprint for each subject."""

from __future__ import annotations

from flask import Flask

from webapp.web import (
    account,
    conversation_forms,
    diagnosis,
    drafting,
    errors,
    events,
    exports,
    files,
    folder_forms,
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
    usage,
    websocket,
)


def init_app(app: Flask) -> None:
    for part in (errors, security, websocket):
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
        search.blueprint,
        session_forms.blueprint,
        sign_in.blueprint,
        account.blueprint,
        invited.blueprint,
        exports.blueprint,
        imports.blueprint,
        static_files.blueprint,
        usage.blueprint,
    ):
        app.register_blueprint(blueprint)
