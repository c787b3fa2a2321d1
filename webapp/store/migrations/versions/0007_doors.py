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
    """Keys that are kept for providers, beside the auth code of Liaobots; and what they offer."""
    op.create_table(
        "session_keys",
        sa.Column("session_hash", sa.String(length=64), nullable=False),
        sa.Column("provider", sa.String(length=32), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["session_hash"],
            ["browser_sessions.id_hash"],
            name=op.f("fk_session_keys_session_hash"),
            ondelete="CASCADE",
            onupdate="CASCADE",
        ),
        sa.PrimaryKeyConstraint("session_hash", "provider", name=op.f("pk_session_keys")),
    )
    op.create_table(
        "user_keys",
        sa.Column("user_id", sa.String(length=32), nullable=False),
        sa.Column("provider", sa.String(length=32), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_user_keys_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "provider", name=op.f("pk_user_keys")),
    )
    op.create_table(
        "model_lists",
        sa.Column("provider", sa.String(length=32), nullable=False),
        sa.Column("hosts", sa.Text(), nullable=False),
        sa.Column("models", sa.Text(), nullable=False),
        sa.Column("listed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("provider", name=op.f("pk_model_lists")),
    )
    op.create_table(
        "model_names",
        sa.Column("model", sa.String(length=200), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("model", name=op.f("pk_model_names")),
    )


def _add_answers() -> None:
    """What is told beside an answer, and what a conversation asks of its model."""
    op.add_column("generations", sa.Column("begun_at", sa.BigInteger()))
    # Of what a kill left behind before the upgrade nobody knows who waited: it counts as asked.
    op.execute("UPDATE generations SET begun_at = started_at WHERE state = 'running'")
    op.add_column("messages", sa.Column("host", sa.String(length=200)))
    op.add_column("messages", sa.Column("thought_seconds", sa.Integer()))
    # The last column: who reads all the others does not pass through it.
    op.add_column("messages", sa.Column("thoughts", sa.Text()))
    op.add_column("conversations", sa.Column("parameters", sa.Text()))
    op.create_table(
        "thought_chunks",
        sa.Column("generation_id", sa.String(length=32), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["generation_id"],
            ["generations.id"],
            name=op.f("fk_thought_chunks_generation_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("generation_id", "position", name=op.f("pk_thought_chunks")),
    )


def _add_images() -> None:
    """Images beside drafts and messages."""
