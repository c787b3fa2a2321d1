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
    op.create_table(
        "images",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("media_type", sa.String(length=32), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("loose", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_images")),
    )
    op.create_index(
        "ix_images_loose",
        "images",
        ["id"],
        sqlite_where=sa.text("loose = 1"),
        postgresql_where=sa.text("loose"),
    )
    op.create_table(
        "message_images",
        sa.Column("message_id", sa.String(length=32), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("image_id", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["message_id"],
            ["messages.id"],
            name=op.f("fk_message_images_message_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["image_id"], ["images.id"], name=op.f("fk_message_images_image_id")
        ),
        sa.PrimaryKeyConstraint("message_id", "position", name=op.f("pk_message_images")),
    )
    op.create_index(op.f("ix_message_images_image_id"), "message_images", ["image_id"])
    op.create_table(
        "draft_images",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("session_hash", sa.String(length=64), nullable=False),
        sa.Column("conversation", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("image_id", sa.String(length=32), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["session_hash"],
            ["browser_sessions.id_hash"],
            name=op.f("fk_draft_images_session_hash"),
            onupdate="CASCADE",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["image_id"], ["images.id"], name=op.f("fk_draft_images_image_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_draft_images")),
    )
    op.create_index(op.f("ix_draft_images_image_id"), "draft_images", ["image_id"])
    op.create_index(
        op.f("ix_draft_images_session_hash_conversation"),
        "draft_images",
        ["session_hash", "conversation"],
    )
    # Whoever deletes a row, and be it with a conversation, leaves a mark at its image.
    loosen = "UPDATE images SET loose = 1 WHERE id = old.image_id"
    for table in ("message_images", "draft_images"):
        op.execute(f"CREATE TRIGGER {table}_deleted AFTER DELETE ON {table} BEGIN {loosen}; END")
