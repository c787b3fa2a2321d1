"""The tables. Types and constraints are those that SQLite and PostgreSQL share."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    text,
)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Timestamp(TypeDecorator[datetime]):
    """An aware UTC time, kept as whole microseconds since 1970."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:  # noqa: ARG002
        return None if value is None else (value - _EPOCH) // _MICROSECOND

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:  # noqa: ANN401, ARG002
        return None if value is None else _EPOCH + value * _MICROSECOND


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

users = Table(
    "users",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("name", String(80), nullable=False, unique=True),
    Column("role", String(16), nullable=False),
    Column("created_at", Timestamp, nullable=False),
)

# A one-time sign-in link. Only its token's hash is kept.
sign_in_links = Table(
    "sign_in_links",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("user_id", ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Column("expires_at", Timestamp, nullable=False),
)

# One signed-in browser. Only the hash of the cookie's id is kept; the auth code is sealed.
browser_sessions = Table(
    "browser_sessions",
    metadata,
    Column("id_hash", String(64), primary_key=True),
    Column("user_id", ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("model", String(200)),
    Column("sealed_auth_code", Text),
    Column("created_at", Timestamp, nullable=False),
    Column("seen_at", Timestamp, nullable=False),
)

conversations = Table(
    "conversations",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("owner_id", ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Column("title", String(200), nullable=False),
    # The last message of the path that is shown. No foreign key: the two tables would
    # need each other, and the message is always written in the same transaction.
    Column("head_id", String(32)),
    Column("created_at", Timestamp, nullable=False),
    Column("updated_at", Timestamp, nullable=False),
    Column("pinned_at", Timestamp),
    Column("archived_at", Timestamp),
    Column("trashed_at", Timestamp),
    Index(None, "owner_id", "updated_at"),
)

# A tree: a message's parent is the message before it. Rows are never rewritten by a client.
messages = Table(
    "messages",
    metadata,
    Column("id", String(32), primary_key=True),
    Column(
        "conversation_id",
        ForeignKey("conversations.id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    Column("owner_id", ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    # Does not cascade: SQLite would recurse once a message and give up at a thousand.
    Column("parent_id", ForeignKey("messages.id"), index=True),
    # The id that the page gave a person's message: sending it twice stores it once.
    Column("client_id", String(36)),
    Column("role", String(16), nullable=False),
    Column("state", String(16), nullable=False),
    Column("model", String(200)),
    Column("text", Text, nullable=False),
    # Why an answer did not end well: {"code": …, "values": {…}} as JSON.
    Column("failure", Text),
    Column("created_at", Timestamp, nullable=False),
    Index("uq_messages_owner_id_client_id", "owner_id", "client_id", unique=True),
)

# One run of a provider for one answer.
generations = Table(
    "generations",
    metadata,
    Column("id", String(32), primary_key=True),
    Column(
        "message_id", ForeignKey("messages.id", ondelete="CASCADE"), nullable=False, unique=True
    ),
    Column("conversation_id", ForeignKey("conversations.id", ondelete="CASCADE"), nullable=False),
    Column("state", String(16), nullable=False),
    # The run of the server that answers; another one ends it only when the heartbeat stops.
    Column("server_id", String(32), nullable=False),
    Column("started_at", Timestamp, nullable=False),
    Column("heartbeat_at", Timestamp, nullable=False),
    Index(
        "uq_generations_running",
        "conversation_id",
        unique=True,
        sqlite_where=text("state = 'running'"),
        postgresql_where=text("state = 'running'"),
    ),
    Index(None, "state", "heartbeat_at"),
)

# The text of a running generation as it comes. `position` counts code points.
journal_chunks = Table(
    "journal_chunks",
    metadata,
    Column("generation_id", ForeignKey("generations.id", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("text", Text, nullable=False),
)
