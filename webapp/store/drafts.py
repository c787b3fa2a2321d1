"""Drafts: what is being written in a browser session. A new chat's has the conversation ""."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from webapp.store.tables import drafts

_THIS = (
    drafts.c.session_hash == bindparam("session"),
    drafts.c.conversation == bindparam("of"),
)
_FIND = select(drafts.c.text).where(*_THIS)
_FORGET = delete(drafts).where(*_THIS)
_FORGET_TEXT = _FORGET.where(drafts.c.text == bindparam("old"))
_CHANGE = update(drafts).where(*_THIS).values(text=bindparam("new"), updated_at=bindparam("now"))


def find(connection: Connection, session_hash: str, conversation: str) -> str:
    values = {"session": session_hash, "of": conversation}
    return connection.execute(_FIND, values).scalar_one_or_none() or ""


def keep(
    connection: Connection, session_hash: str, conversation: str, text: str, *, now: datetime
) -> None:
    """Keep a draft in the place of the one before; an empty one is none."""
    this = {"session": session_hash, "of": conversation}
    if not text:
        connection.execute(_FORGET, this)
    elif not connection.execute(_CHANGE, {**this, "new": text, "now": now}).rowcount:
        values = {"session_hash": session_hash, "conversation": conversation}
        connection.execute(insert(drafts).values(**values, text=text, updated_at=now))


def forget(connection: Connection, session_hash: str, conversation: str, text: str) -> None:
    """Forget a draft if it is this text: another tab may have kept its own in its place."""
    this = {"session": session_hash, "of": conversation}
    connection.execute(_FORGET_TEXT, {**this, "old": text})
