"""When models answered a person: what a search for a model looks at first.

An index holds each answer's model and time, so that a model which never answered is known to
be nowhere, one which answered seldom gives its few messages, and any other the days between
its first answer and its last one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, bindparam, text

from webapp.store.tables import EPOCH, Timestamp

FEW = 2000
"""So many entries are looked at one by one in less time than most searches take."""

_EVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Answered:
    """The times of the first and the last answer; the numbers of all entries if they are few."""

    first: datetime
    last: datetime
    few: Sequence[int] | None


def answered(
    connection: Connection,
    owner_id: str,
    pattern: str,
    *,
    since: datetime | None = None,
    before: datetime | None = None,
) -> Answered | None:
    """Tell when the models answered whose keys are LIKE the pattern; None where they never did."""
    span = {"owner": owner_id, "since": since or EPOCH, "before": before or _EVER}
    rows = connection.execute(_MODELS, {**span, "pattern": pattern})
    used = [row for row in rows if row.first is not None]
    if not used:
        return None
    each = [{**span, "model": row.model, "limit": FEW + 1} for row in used]
    few: list[int] | None = None
    if sum(connection.execute(_COUNT, one).scalar_one() for one in each) <= FEW:
        few = [number for one in each for number in connection.execute(_NUMBERS, one).scalars()]
    return Answered(min(row.first for row in used), max(row.last for row in used), few)


_SPAN = (bindparam("since", type_=Timestamp), bindparam("before", type_=Timestamp))
_OF_MODEL = """
    messages.owner_id = :owner AND messages.model = {model}
    AND messages.created_at >= :since AND messages.created_at < :before
"""

# From one model to the next one in the index, however many answers each has.
_MODELS = (
    text(
        f"""
        WITH RECURSIVE used (model) AS (
            SELECT min(model) FROM messages WHERE owner_id = :owner AND model IS NOT NULL
            UNION ALL
            SELECT (SELECT min(model) FROM messages WHERE owner_id = :owner AND model > used.model)
            FROM used WHERE used.model IS NOT NULL
        )
        SELECT used.model AS model,
            (SELECT min(created_at) FROM messages WHERE {_OF_MODEL.format(model="used.model")})
                AS first,
            (SELECT max(created_at) FROM messages WHERE {_OF_MODEL.format(model="used.model")})
                AS last
        FROM used WHERE used.model LIKE :pattern ESCAPE '\\'
        """  # noqa: S608 - put together from our own constants
    )
    .bindparams(*_SPAN)
    .columns(first=Timestamp, last=Timestamp)
)
_COUNT = text(
    f"SELECT count(*) FROM (SELECT 1 FROM messages WHERE {_OF_MODEL.format(model=':model')}"  # noqa: S608
    " LIMIT :limit)"
).bindparams(*_SPAN)
_NUMBERS = text(
    f"""
    SELECT number FROM messages
    CROSS JOIN search_entries ON search_entries.message_id = messages.id
    WHERE {_OF_MODEL.format(model=":model")}
    """  # noqa: S608
).bindparams(*_SPAN)
