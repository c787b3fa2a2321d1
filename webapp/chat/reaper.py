"""The reaper: answers whose server is gone get an honest end."""

from __future__ import annotations

from datetime import datetime

from webapp.errors import ServerRestarted
from webapp.store import generations, messages
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
        with database.writing() as connection:
            text = generations.journaled_text(connection, orphan.id)
            if generations.end(connection, orphan.id):
                messages.end_answer(
                    connection,
                    orphan.message_id,
                    state="interrupted" if text else "failed",
                    text=text,
                    failure=ServerRestarted().failure,
                )
                reaped += 1
    return reaped
