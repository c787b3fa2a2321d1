"""The tables. Types and constraints are those that SQLite and PostgreSQL share.

Indexes with a condition have PostgreSQL's in the migrations alone, which make them: named here,
all of its dialect would be loaded at each start, 2 MB and a fifteenth of the time.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
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
    UniqueConstraint,
    false,
    text,
)

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def microseconds(at: datetime) -> int:
    """Say a time as whole microseconds since 1970."""
    return (at - EPOCH) // _MICROSECOND


def from_microseconds(count: int) -> datetime:
    """Read a time again. Raises `OverflowError` for one that no calendar has."""
    return EPOCH + count * _MICROSECOND


class Timestamp(TypeDecorator[datetime]):
    """An aware UTC time, kept as whole microseconds since 1970."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:  # noqa: ARG002
        return None if value is None else microseconds(value)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:  # noqa: ANN401, ARG002
        return None if value is None else from_microseconds(value)


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
    # The name as two people may not share it: compatibility forms and case are folded.
    Column("name_key", Text, nullable=False, server_default=""),
    Column("role", String(16), nullable=False),
    # Argon2id, in PHC's string format; without one a person signs in by links alone.
    Column("password_hash", String(200)),
    # A code that all of a person's sessions use which have none of their own.
    Column("sealed_auth_code", Text),
    Column("disabled_at", Timestamp),
    # Since when somebody is being deleted: they are nobody any more, and have no name.
    Column("leaving_at", Timestamp),
    Column("created_at", Timestamp, nullable=False),
    Index("ix_users_name_key", "name_key", unique=True),
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
    # What its owner knows it by: what the browser calls itself, and where it last came from.
    Column("user_agent", String(300), nullable=False, server_default=""),
    Column("address", String(45), nullable=False, server_default=""),
    Column("created_at", Timestamp, nullable=False),
    Column("seen_at", Timestamp, nullable=False),
)

# Keys for providers, sealed with the addresses that they were entered for: of one browser
# session, and of all a person's sessions that have none of their own.
session_keys = Table(
    "session_keys",
    metadata,
    Column(
        "session_hash",
        ForeignKey("browser_sessions.id_hash", ondelete="CASCADE", onupdate="CASCADE"),
        primary_key=True,
    ),
    Column("provider", String(32), primary_key=True),
    Column("sealed", Text, nullable=False),
)

user_keys = Table(
    "user_keys",
    metadata,
    Column("user_id", ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    Column("provider", String(32), primary_key=True),
    Column("sealed", Text, nullable=False),
)

# What providers said last that they offer, as JSON, so that a restart offers it at once.
model_lists = Table(
    "model_lists",
    metadata,
    Column("provider", String(32), primary_key=True),
    # The addresses that were asked: a list of other ones is not taken.
    Column("hosts", Text, nullable=False),
    Column("models", Text, nullable=False),
    Column("listed_at", Timestamp, nullable=False),
)

# What the models that answered are called, for when they are not offered any more.
model_names = Table(
    "model_names",
    metadata,
    Column("model", String(200), primary_key=True),
    Column("name", String(200), nullable=False),
)

# A way in for one new member. Only its token's hash is kept.
invitations = Table(
    "invitations",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("token_hash", String(64), nullable=False, unique=True),
    Column("role", String(16), nullable=False),
    Column("inviter_id", ForeignKey("users.id", ondelete="SET NULL")),
    Column("member_id", ForeignKey("users.id", ondelete="SET NULL")),
    Column("created_at", Timestamp, nullable=False),
    Column("expires_at", Timestamp, nullable=False),
    Column("used_at", Timestamp),
    Column("revoked_at", Timestamp),
)

# Passwords that were tried, for a name or from an address (`subject` is a hash of it).
attempts = Table(
    "attempts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("subject", String(64), nullable=False),
    Column("at", Timestamp, nullable=False, index=True),
    Index("ix_attempts_subject_at", "subject", "at"),
)

# What an owner chose on the page, as JSON; what is not here is as the settings say.
choices = Table(
    "choices",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("value", Text, nullable=False),
    Column("changed_at", Timestamp, nullable=False),
)

# What one member may use of the team's code; NULL is as for everybody, -1 is no limit.
quotas = Table(
    "quotas",
    metadata,
    Column("user_id", ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    Column("messages_a_day", Integer),
    Column("messages_a_month", Integer),
    Column("characters_a_day", BigInteger),
    Column("characters_a_month", BigInteger),
    Column("answers_at_once", Integer),
)

# What was used, summed up by day (UTC, days since 1970). It outlives the member.
usage = Table(
    "usage",
    metadata,
    Column("user_id", String(32), primary_key=True),
    Column("day", Integer, primary_key=True, autoincrement=False),
    Column("model", String(200), primary_key=True),
    # Whose code paid: "own", "team" or "none".
    Column("payer", String(8), primary_key=True),
    Column("messages", Integer, nullable=False),
    Column("sent_characters", BigInteger, nullable=False),
    Column("answered_characters", BigInteger, nullable=False),
    Column("sent_tokens", BigInteger, nullable=False),
    Column("answered_tokens", BigInteger, nullable=False),
    Index("ix_usage_day", "day"),
)

# Who did what, when, from where; never what anybody wrote, and no secrets.
audit_log = Table(
    "audit_log",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", Timestamp, nullable=False, index=True),
    Column("actor_id", String(32)),
    Column("actor_name", String(80), nullable=False),
    Column("action", String(40), nullable=False),
    Column("subject", String(200), nullable=False),
    Column("address", String(45), nullable=False),
)

# A person's own order among conversations.
folders = Table(
    "folders",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("owner_id", ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Column("name", String(80), nullable=False),
    Column("created_at", Timestamp, nullable=False),
    UniqueConstraint("owner_id", "name"),
)

# One file of conversations that was taken in, or is being: what a crash left half done
# is found by its state and undone.
imports = Table(
    "imports",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("owner_id", ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Column("state", String(16), nullable=False),
    # What came and what was left out, as JSON.
    Column("report", Text, nullable=False),
    Column("created_at", Timestamp, nullable=False),
)


def _listed(
    name: str, *columns: str, where: str = "archived_at IS NULL AND trashed_at IS NULL"
) -> Index:
    """Order some of a user's conversations."""
    return Index(
        f"ix_conversations_{name}",
        "owner_id",
        *columns,
        sqlite_where=text(where),
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
    # No foreign keys here: SQLite cannot add one to a table without writing it anew.
    Column("folder_id", String(32), index=True),
    Column("import_id", String(32), index=True),
    # What the model is told first, where it is not the default.
    Column("system_text", Text),
    # What is asked of the model beside the question, as JSON; what is not there it decides.
    Column("parameters", Text),
    # Whether a person chose the title: no program does so after them.
    Column("title_given", Boolean, nullable=False, server_default=false()),
    # Where an imported one came from; the same is not taken in twice.
    Column("source", String(200)),
    # Each list has an index that gives its order, so that a page of it costs the same
    # wherever it begins. The lists and their conditions are in lists.py.
    Index(None, "owner_id", "updated_at", "id"),
    # The last three only so that folders are counted in the index alone.
    _listed("listed", "folder_id", "updated_at", "id", "pinned_at", "archived_at", "trashed_at"),
    _listed("pinned", "updated_at", "id", where="pinned_at IS NOT NULL"),
    _listed("archived", "archived_at", "id", where="archived_at IS NOT NULL"),
    _listed("trashed", "trashed_at", "id", where="trashed_at IS NOT NULL"),
    Index("uq_conversations_owner_id_source", "owner_id", "source", unique=True),
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
    # How many tokens it counts as when it is sent, once that was counted.
    Column("tokens", Integer),
    Column("created_at", Timestamp, nullable=False),
    # Which of its provider's hosts answered, where there are several.
    Column("host", String(200)),
    # For how long a model thought, 0 where that is unknown; NULL where there are no thoughts.
    Column("thought_seconds", Integer),
    # What it said to itself. The last column: who reads the others does not pass through it.
    Column("thoughts", Text),
    Index("uq_messages_owner_id_client_id", "owner_id", "client_id", unique=True),
    # Which models a person's answers are of, and when each was used.
    Index(
        "ix_messages_model",
        "owner_id",
        "model",
        "created_at",
        sqlite_where=text("model IS NOT NULL"),
    ),
)

# Text files that were sent with a message, in their order.
attachments = Table(
    "attachments",
    metadata,
    Column("message_id", ForeignKey("messages.id", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("name", String(200), nullable=False),
    Column("text", Text, nullable=False),
)

# Images that people sent or may send; each is a file or two in the folder of images, under
# its id. One is loose when a row that needed it has gone: it may be the last that did.
images = Table(
    "images",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("media_type", String(32), nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("size", Integer, nullable=False),
    Column("loose", Boolean, nullable=False),
    Column("created_at", Timestamp, nullable=False),
    Index("ix_images_loose", "id", sqlite_where=text("loose = 1")),
)

# Images that were sent with a message, in their order.
message_images = Table(
    "message_images",
    metadata,
    Column("message_id", ForeignKey("messages.id", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("name", String(200), nullable=False),
    Column("image_id", ForeignKey("images.id"), nullable=False, index=True),
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
    # Whose code pays: "own", "team" or "none"; and what was counted as used when it began.
    Column("payer", String(8), nullable=False, server_default="none"),
    Column("sent_characters", BigInteger, nullable=False, server_default="0"),
    Column("sent_tokens", BigInteger, nullable=False, server_default="0"),
    # How many characters of the answer were there before: of the one that it goes on with.
    Column("begins_at", Integer, nullable=False, server_default="0"),
    # When its question left; NULL while it waits for others of the same person.
    Column("begun_at", Timestamp),
    Index(
        "uq_generations_running",
        "conversation_id",
        unique=True,
        sqlite_where=text("state = 'running'"),
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

# The thoughts of a running generation as they come, with positions of their own.
thought_chunks = Table(
    "thought_chunks",
    metadata,
    Column("generation_id", ForeignKey("generations.id", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("text", Text, nullable=False),
)

# What is being written in a browser session. A new chat's draft has the conversation "".
drafts = Table(
    "drafts",
    metadata,
    Column(
        "session_hash",
        ForeignKey("browser_sessions.id_hash", ondelete="CASCADE", onupdate="CASCADE"),
        primary_key=True,
    ),
    Column("conversation", String(32), primary_key=True),
    Column("text", Text, nullable=False),
    Column("updated_at", Timestamp, nullable=False),
)

# Text files that wait beside a draft.
draft_files = Table(
    "draft_files",
    metadata,
    Column("id", String(32), primary_key=True),
    Column(
        "session_hash",
        ForeignKey("browser_sessions.id_hash", ondelete="CASCADE", onupdate="CASCADE"),
        nullable=False,
    ),
    Column("conversation", String(32), nullable=False),
    Column("name", String(200), nullable=False),
    Column("text", Text, nullable=False),
    Column("created_at", Timestamp, nullable=False),
    Index(None, "session_hash", "conversation"),
)

# Images that wait beside a draft.
draft_images = Table(
    "draft_images",
    metadata,
    Column("id", String(32), primary_key=True),
    Column(
        "session_hash",
        ForeignKey("browser_sessions.id_hash", ondelete="CASCADE", onupdate="CASCADE"),
        nullable=False,
    ),
    Column("conversation", String(32), nullable=False),
    Column("name", String(200), nullable=False),
    Column("image_id", ForeignKey("images.id"), nullable=False, index=True),
    Column("created_at", Timestamp, nullable=False),
    Index(None, "session_hash", "conversation"),
)

# Texts to be inserted with "/"; {{names}} in them are asked for.
prompts = Table(
    "prompts",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("owner_id", ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Column("name", String(80), nullable=False),
    Column("text", Text, nullable=False),
    Column("shared", Boolean, nullable=False),
    Column("created_at", Timestamp, nullable=False),
    UniqueConstraint("owner_id", "name"),
)

# A model and what it is told first, under a name.
presets = Table(
    "presets",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("owner_id", ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Column("name", String(80), nullable=False),
    Column("model", String(200), nullable=False),
    Column("system_text", Text, nullable=False),
    Column("shared", Boolean, nullable=False),
    Column("created_at", Timestamp, nullable=False),
    UniqueConstraint("owner_id", "name"),
)

# Who else may read a conversation: the team, or whoever has the link. Of the link's token
# the hash is kept to find it, and the token sealed to show it again to its maker.
shares = Table(
    "shares",
    metadata,
    Column("id", String(32), primary_key=True),
    Column(
        "conversation_id",
        ForeignKey("conversations.id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    Column("owner_id", ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Column("audience", String(16), nullable=False),
    Column("token_hash", String(64), nullable=False, unique=True),
    Column("sealed_token", Text, nullable=False),
    # The last message that a snapshot shows, and the title of then; a live share goes on
    # with the conversation.
    Column("head_id", String(32)),
    Column("title", String(200)),
    Column("created_at", Timestamp, nullable=False),
    Column("expires_at", Timestamp),
)
