"""More doors to a model: keys of providers, what is told beside an answer, images."""

from __future__ import annotations

revision = "0007_doors"
down_revision = "0006_team"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _add_keys()
    _add_answers()
    _add_images()


def _add_keys() -> None:
    """Keys that are kept for providers, beside the auth code of Liaobots."""


def _add_answers() -> None:
    """What is told beside an answer, and what a conversation asks of its model."""


def _add_images() -> None:
    """Images beside drafts and messages."""
