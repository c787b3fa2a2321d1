"""A rehearsal of the first question: in a transaction that is taken back, before anybody asks.

A statement is put into words once, which takes longer than to execute it. There are some thirty
between a question and the end of its answer, and the first one after a start waited for them all.
"""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import Connection

from webapp.chat.asking import Asked, Asker, Send
from webapp.chat.ending import Answer, store_end
from webapp.chat.storing import find_asked, store
from webapp.log.base import Ending
from webapp.providers.base import Model
from webapp.store import conversations, files, folders, generations, images, members, messages
from webapp.store.branches import FILE_SHOWN
from webapp.store.database import Database
from webapp.store.generations import Chunk, Sent
from webapp.store.users import ensure_owner
from webapp.team.usage import account_of, count_asked

_MODEL = Model("rehearsal", "rehearsal", "Rehearsal")
_ANSWER = "A word."


def rehearse(database: Database, *, now: datetime) -> Asked:
    """Ask and answer, keep nothing of it, and return it. Raises `CannotSave`.

    The connections that read and the one that writes each have words of their own.
    """
    with database.writing() as connection:
        user_id = ensure_owner(connection, now=now).id
        asked = _ask(connection, user_id, now)
        _read(connection, user_id, asked)
        connection.rollback()
    with database.reading() as connection:
        _read(connection, user_id, asked)
    return asked


def _ask(connection: Connection, user_id: str, now: datetime) -> Asked:
    asker = Asker(user_id, _MODEL, None)
    send = Send(str(uuid.uuid4()), None, None, "A question?")
    sent = Sent(1, 1)
    stored = store(connection, asker, send, model=_MODEL, tokens=1, now=now)
    answer_id = stored.answer_id
    generation_id = generations.begin(
        connection, stored.conversation.id, answer_id, server_id="", now=now, sent=sent
    )
    count_asked(connection, account_of(user_id, _MODEL.key, sent.payer, now), sent)
    first, second = Chunk(generation_id, 0, "A", thoughts="so"), Chunk(generation_id, 1, " word.")
    generations.write_journal(connection, [first])
    generations.write_journal(connection, [second, Chunk(generation_id, 7, " Or two.")])
    generations.beat(connection, "", now=now)
    answer = Answer(_ANSWER, "", 2, len(_ANSWER), 2)
    store_end(connection, generation_id, answer_id, Ending("complete"), answer)
    return stored.answered_by(generation_id)


def _read(connection: Connection, user_id: str, asked: Asked) -> None:
    """Read what pages are told. Of what was taken back there is nothing to be found."""
    ids = [one.id for one in asked.new]
    find_asked(connection, user_id, "")
    members.is_disabled(connection, user_id)
    conversations.find(connection, user_id, asked.conversation.id)
    messages.find(connection, user_id, ids[0])
    messages.some(connection, user_id, ids)
    messages.siblings_of(connection, user_id, asked.new[:1])
    messages.siblings_of(connection, user_id, asked.new[1:])
    files.of_messages(connection, user_id, ids, most=FILE_SHOWN)
    images.of_messages(connection, user_id, ids)
    folders.all_of(connection, user_id)
