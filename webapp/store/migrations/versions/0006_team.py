"""Passwords, invitations, what was tried; choices of the owner, quotas, usage, the audit log."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from webapp.store.text import name_key

revision = "0006_team"
down_revision = "0005_lists"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Columns are added and none is changed: SQLite would make a new table of a changed one,
    # and dropping the old one takes all conversations with it.
    op.add_column("users", sa.Column("name_key", sa.Text(), nullable=False, server_default=""))
    op.add_column("users", sa.Column("password_hash", sa.String(length=200)))
    op.add_column("users", sa.Column("sealed_auth_code", sa.Text()))
    op.add_column("users", sa.Column("disabled_at", sa.BigInteger()))
    op.add_column("users", sa.Column("leaving_at", sa.BigInteger()))
    _fill_name_keys()
    op.create_index(op.f("ix_users_name_key"), "users", ["name_key"], unique=True)
    for name, length in (("user_agent", 300), ("address", 45)):
        column = sa.Column(name, sa.String(length=length), nullable=False, server_default="")
        op.add_column("browser_sessions", column)
    payer = sa.Column("payer", sa.String(length=8), nullable=False, server_default="none")
    op.add_column("generations", payer)
    for name in ("sent_characters", "sent_tokens"):
        op.add_column(
            "generations", sa.Column(name, sa.BigInteger(), nullable=False, server_default="0")
        )
    begins_at = sa.Column("begins_at", sa.Integer(), nullable=False, server_default="0")
    op.add_column("generations", begins_at)
    op.add_column("shares", sa.Column("title", sa.String(length=200)))
    op.execute(
        "UPDATE shares SET title = (SELECT title FROM conversations WHERE id = conversation_id)"
        " WHERE head_id IS NOT NULL"
    )
    op.create_table(
        "invitations",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("inviter_id", sa.String(length=32)),
        sa.Column("member_id", sa.String(length=32)),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger()),
        sa.Column("revoked_at", sa.BigInteger()),
        sa.ForeignKeyConstraint(
            ["inviter_id"],
            ["users.id"],
            name=op.f("fk_invitations_inviter_id"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["users.id"], name=op.f("fk_invitations_member_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitations")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_invitations_token_hash")),
    )
    op.create_table(
        "attempts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempts")),
    )
    op.create_index(op.f("ix_attempts_at"), "attempts", ["at"])
    op.create_index(op.f("ix_attempts_subject_at"), "attempts", ["subject", "at"])
    op.create_table(
        "choices",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_choices")),
    )
    op.create_table(
        "quotas",
        sa.Column("user_id", sa.String(length=32), nullable=False),
        sa.Column("messages_a_day", sa.Integer()),
        sa.Column("messages_a_month", sa.Integer()),
        sa.Column("characters_a_day", sa.BigInteger()),
        sa.Column("characters_a_month", sa.BigInteger()),
        sa.Column("answers_at_once", sa.Integer()),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_quotas_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_quotas")),
    )
    op.create_table(
        "usage",
        sa.Column("user_id", sa.String(length=32), nullable=False),
        sa.Column("day", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("model", sa.String(length=200), nullable=False),
        sa.Column("payer", sa.String(length=8), nullable=False),
        sa.Column("messages", sa.Integer(), nullable=False),
        sa.Column("sent_characters", sa.BigInteger(), nullable=False),
        sa.Column("answered_characters", sa.BigInteger(), nullable=False),
        sa.Column("sent_tokens", sa.BigInteger(), nullable=False),
        sa.Column("answered_tokens", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("user_id", "day", "model", "payer", name=op.f("pk_usage")),
    )
    op.create_index(op.f("ix_usage_day"), "usage", ["day"])
    op.create_table(
        "audit_log",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor_id", sa.String(length=32)),
        sa.Column("actor_name", sa.String(length=80), nullable=False),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("address", sa.String(length=45), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_log")),
    )
    op.create_index(op.f("ix_audit_log_at"), "audit_log", ["at"])
    has_model = sa.text("model IS NOT NULL")
    op.create_index(
        "ix_messages_model",
        "messages",
        ["owner_id", "model", "created_at"],
        sqlite_where=has_model,
        postgresql_where=has_model,
    )


def _fill_name_keys() -> None:
    """Two names that differ in case alone keep a number behind the second one's key."""
    connection, taken = op.get_bind(), set[str]()
    for user_id, name in connection.execute(
        sa.text("SELECT id, name FROM users ORDER BY created_at")
    ).all():
        key = name_key(name)
        while key in taken:
            key += " 2"
        taken.add(key)
        connection.execute(
            sa.text("UPDATE users SET name_key = :key WHERE id = :id"), {"key": key, "id": user_id}
        )
