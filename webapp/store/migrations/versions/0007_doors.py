"""More doors to a model: keys of providers, what is told beside an answer, images."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

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
    op.add_column("generations", sa.Column("begun_at", sa.BigInteger()))
    # Of what a kill left behind before the upgrade nobody knows who waited: it counts as asked.
    op.execute("UPDATE generations SET begun_at = started_at WHERE state = 'running'")


def _add_images() -> None:
    """Images beside drafts and messages."""
