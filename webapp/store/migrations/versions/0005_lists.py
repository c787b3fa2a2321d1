"""Indexes that give the lists of conversations their order."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005_lists"
down_revision = "0004_search"
branch_labels = None
depends_on = None

_LISTS = {
    "listed": (
        ["folder_id", "updated_at", "id", "pinned_at", "archived_at", "trashed_at"],
        "archived_at IS NULL AND trashed_at IS NULL",
    ),
    "pinned": (["updated_at", "id"], "pinned_at IS NOT NULL"),
    "archived": (["archived_at", "id"], "archived_at IS NOT NULL"),
    "trashed": (["trashed_at", "id"], "trashed_at IS NOT NULL"),
}


def upgrade() -> None:
    op.drop_index(op.f("ix_conversations_owner_id_updated_at"), table_name="conversations")
    op.create_index(
        op.f("ix_conversations_owner_id_updated_at_id"),
        "conversations",
        ["owner_id", "updated_at", "id"],
    )
    for name, (columns, condition) in _LISTS.items():
        op.create_index(
            f"ix_conversations_{name}",
            "conversations",
            ["owner_id", *columns],
            sqlite_where=sa.text(condition),
            postgresql_where=sa.text(condition),
        )
