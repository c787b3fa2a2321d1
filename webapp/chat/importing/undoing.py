"""Undoing an import: all that it made goes, in portions that others hardly wait for."""

from __future__ import annotations

from webapp.chat.importing.report import Report
from webapp.store import imports
from webapp.store.database import Database
from webapp.store.imports import Import


def undo(database: Database, one: Import, report: Report) -> None:
    """Take away what an import made, and strike it from the report."""
    more = True
    while more:
        with database.writing() as connection:
            more = imports.undo_some(connection, one.owner_id, one)
    with database.writing() as connection:
        imports.undo_made(
            connection,
            one.owner_id,
            folder_ids=report.made_folders,
            prompt_ids=report.made_prompts,
            preset_ids=report.made_presets,
        )
    report.made_folders, report.made_prompts, report.made_presets = [], [], []
