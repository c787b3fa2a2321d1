# ruff: noqa: S608 - the statements are put together from our own constants
"""The index that messages are searched in, and what keeps it true.

Trigrams find what stands in the middle of a word, and words of scripts that have no spaces.
`detail=none` keeps which message holds a trigram and not where: a third of the size, and a
search compares the few texts that are left. The texts themselves are not kept twice: the
index reads them through `search_texts`. Triggers, because they hold for whoever writes.

The order of the numbers is what makes a search cheap: the owner, then the hour, then whoever
came first in it, so that the newest messages of one person come out first and nothing has to
be sorted. Where an hour is full (256), its sixteen hours, eleven days, half year are filled
up at their ends. They are numbers of our own because SQLite may renumber its rows.
"""

from __future__ import annotations

from alembic import op

revision = "0004_search"
down_revision = "0003_library"
branch_labels = None
depends_on = None

_HOUR = 3_600_000_000

# Lines are joined, so that a phrase is found across their ends. The spaces make the
# first and the last letters parts of trigrams that begin or end a word.
_INDEXED = "' ' || replace({text}, char(10), ' ') || '  '"

_TABLES = (
    """
    CREATE TABLE search_owners (
        number INTEGER PRIMARY KEY,
        owner_id VARCHAR(32) NOT NULL UNIQUE REFERENCES users (id) ON DELETE CASCADE
    )
    """,
    """
    CREATE TABLE search_entries (
        number INTEGER PRIMARY KEY,
        message_id VARCHAR(32) NOT NULL UNIQUE
    )
    """,
    f"""
    CREATE VIEW search_texts AS
    SELECT entry.number AS number, {_INDEXED.format(text="messages.text")} AS text
    FROM search_entries AS entry JOIN messages ON messages.id = entry.message_id
    """,
    """
    CREATE VIRTUAL TABLE search_index USING fts5 (
        text, content='search_texts', content_rowid='number', tokenize='trigram', detail=none
    )
    """,
    "CREATE VIRTUAL TABLE search_terms USING fts5vocab (search_index, row)",
)


def _free(width: int) -> str:
    """Give the number behind the last one of a span, or NULL where the span is full."""
    return f"""
        (SELECT nullif(coalesce(max(entry.number) + 1, place.first), place.first + {width})
         FROM search_entries AS entry
         WHERE entry.number >= place.first AND entry.number < place.first + {width})
    """


_ADD_OWNER = """
    INSERT INTO search_owners (owner_id) VALUES (new.owner_id) ON CONFLICT DO NOTHING;
"""
_ADD_ENTRY = f"""
    INSERT INTO search_entries (number, message_id)
    SELECT coalesce(
        {_free(1 << 8)}, {_free(1 << 12)}, {_free(1 << 16)}, {_free(1 << 20)},
        (SELECT max(entry.number) + 1 FROM search_entries AS entry
         WHERE entry.number < (place.owner + 1) << 40)
    ), new.id
    FROM (
        SELECT number AS owner, (number << 40) + (max(new.created_at / {_HOUR}, 0) << 8) AS first
        FROM search_owners WHERE owner_id = new.owner_id
    ) AS place
    WHERE NOT EXISTS (SELECT 1 FROM search_entries WHERE message_id = new.id);
"""
_ADD_TEXT = f"""
    INSERT INTO search_index (rowid, text)
    SELECT number, {_INDEXED.format(text="new.text")}
    FROM search_entries WHERE message_id = new.id;
"""
_DROP_TEXT = f"""
    INSERT INTO search_index (search_index, rowid, text)
    SELECT 'delete', number, {_INDEXED.format(text="old.text")}
    FROM search_entries WHERE message_id = old.id;
    DELETE FROM search_entries WHERE message_id = old.id;
"""

# An answer under way has no text yet and no place in the index.
_TRIGGERS = (
    f"""
    CREATE TRIGGER search_message_added AFTER INSERT ON messages WHEN new.text <> ''
    BEGIN {_ADD_OWNER} {_ADD_ENTRY} {_ADD_TEXT} END
    """,
    f"""
    CREATE TRIGGER search_message_deleted AFTER DELETE ON messages
    BEGIN {_DROP_TEXT} END
    """,
    f"""
    CREATE TRIGGER search_message_emptied AFTER UPDATE OF text ON messages
    WHEN new.text <> old.text AND new.text = ''
    BEGIN {_DROP_TEXT} END
    """,
    f"""
    CREATE TRIGGER search_message_changed AFTER UPDATE OF text ON messages
    WHEN new.text <> old.text AND new.text <> ''
    BEGIN {_DROP_TEXT} {_ADD_OWNER} {_ADD_ENTRY} {_ADD_TEXT} END
    """,
)

# What is there already is numbered in the order of time, each as soon as its hour comes
# and the one before it is past: n + the largest of (hour - n) so far.
_FILL = (
    "INSERT INTO search_owners (owner_id) SELECT DISTINCT owner_id FROM messages",
    f"""
    INSERT INTO search_entries (number, message_id)
    SELECT place + max(first - place) OVER (PARTITION BY owner ORDER BY place), id
    FROM (
        SELECT messages.id AS id, search_owners.number AS owner,
            (search_owners.number << 40) + (max(messages.created_at / {_HOUR}, 0) << 8) AS first,
            row_number() OVER (
                PARTITION BY messages.owner_id ORDER BY messages.created_at, messages.rowid
            ) AS place
        FROM messages JOIN search_owners ON search_owners.owner_id = messages.owner_id
        WHERE messages.text <> ''
    )
    """,
    """
    INSERT INTO search_index (rowid, text)
    SELECT number, text FROM search_texts ORDER BY number
    """,
)


def upgrade() -> None:
    for statement in (*_TABLES, *_FILL, *_TRIGGERS):
        op.execute(statement)
