"""Conversations can be pinned, archived, and put into the trash."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002_shelves"
down_revision = "0001_first_tables"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("pinned_at", "archived_at", "trashed_at"):
        op.add_column("conversations", sa.Column(name, sa.BigInteger(), nullable=True))
