"""The reaper: answers whose server is gone get an honest end."""

from __future__ import annotations

from datetime import datetime

from webapp.chat.ending import Answer, store_end
from webapp.errors import ServerRestarted
from webapp.log.base import Ending
from webapp.store import generations
from webapp.store.database import Database


def reap(database: Database, server_id: str, *, silent_since: datetime) -> int:
    """End the runs of other servers, with the text that was journaled.

    Returns how many. A run counts as orphaned when its heartbeat is not newer than
    `silent_since`; each is ended in a transaction of its own, by one process alone.
    """
    with database.reading() as connection:
        orphans = generations.orphans(connection, server_id, silent_since=silent_since)
    reaped = 0
    for orphan in orphans:
        with database.reading() as connection:
            text = generations.journaled_text(connection, orphan.id)
            thoughts = generations.journaled_thoughts(connection, orphan.id)
        # What had not begun could not fail; what came says that it had, whatever could be noted.
        failed = orphan.begun and not (text or thoughts)
        ending = Ending("failed" if failed else "interrupted", ServerRestarted().failure)
        answer = Answer.of(text, thoughts, begins_at=orphan.begins_at)
        with database.writing() as connection:
            reaped += store_end(
                connection,
                orphan.id,
                orphan.message_id,
                ending,
                answer,
                unsent=not orphan.begun,
            )
    return reaped
