"""Imports: what is taken in from a file, and how it is undone. Each call names the owner."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, Row, Select, delete, exists, insert, select, update

from webapp.store.tables import (
    attachments,
    conversations,
    folders,
    imports,
    messages,
    presets,
    prompts,
)

State = Literal["reading", "ready", "running", "done", "failed", "cancelled"]

UNFINISHED: tuple[State, ...] = ("reading", "ready", "running")

_AT_ONCE = 20


@dataclass(frozen=True, slots=True)
class Import:
    """One file. `report` is what was found in it and what became of that."""

    id: str
    owner_id: str
    state: State
    report: Mapping[str, Any]
    created_at: datetime


def begin(
    connection: Connection,
    owner_id: str,
    import_id: str,
    report: Mapping[str, Any],
    *,
    now: datetime,
) -> None:
    connection.execute(
        insert(imports).values(
            id=import_id,
            owner_id=owner_id,
            state="reading",
            report=_dump(report),
            created_at=now,
        )
    )


def change(
    connection: Connection, owner_id: str, import_id: str, state: State, report: Mapping[str, Any]
) -> None:
    connection.execute(
        update(imports)
        .where(imports.c.id == import_id, imports.c.owner_id == owner_id)
        .values(state=state, report=_dump(report))
    )


def find(connection: Connection, owner_id: str, import_id: str) -> Import | None:
    row = connection.execute(
        _imports().where(imports.c.id == import_id, imports.c.owner_id == owner_id)
    ).one_or_none()
    return None if row is None else _import(row)


def recent(connection: Connection, owner_id: str, *, limit: int) -> Sequence[Import]:
    """List a user's imports, the last one first."""
    rows = connection.execute(
        _imports()
        .where(imports.c.owner_id == owner_id)
        .order_by(imports.c.created_at.desc(), imports.c.id)
        .limit(limit)
    )
    return [_import(row) for row in rows]


def forget_before(connection: Connection, owner_id: str, at: datetime) -> None:
    """Drop the reports of imports that ended, up to a time. What they brought stays."""
    connection.execute(
        delete(imports).where(
            imports.c.owner_id == owner_id,
            imports.c.created_at <= at,
            imports.c.state.not_in(UNFINISHED),
        )
    )


def unfinished(connection: Connection) -> Sequence[Import]:
    """List what a run of the server left behind, of all users."""
    return [
        _import(row)
        for row in connection.execute(_imports().where(imports.c.state.in_(UNFINISHED)))
    ]


def sources(connection: Connection, owner_id: str) -> set[str]:
    """Tell where a user's conversations came from; those made here count as ours."""
    rows = connection.execute(
        select(conversations.c.id, conversations.c.source).where(
            conversations.c.owner_id == owner_id
        )
    )
    found: set[str] = set()
    for conversation_id, source in rows:
        found.add(f"liaochat:{conversation_id}")
        if source is not None:
            found.add(source)
    return found


def add_conversation(
    connection: Connection, owner_id: str, import_id: str, values: Mapping[str, object]
) -> None:
    connection.execute(
        insert(conversations).values(owner_id=owner_id, import_id=import_id, **values)
    )


def add_messages(
    connection: Connection,
    owner_id: str,
    conversation_id: str,
    rows: Iterable[Mapping[str, object]],
    files: Sequence[Mapping[str, object]],
) -> None:
    """Write messages, parents first, and the files that were sent with them."""
    own = {"owner_id": owner_id, "conversation_id": conversation_id}
    connection.execute(insert(messages), [{**row, **own} for row in rows])
    if files:
        connection.execute(insert(attachments), files)


def show(connection: Connection, owner_id: str, conversation_id: str, head_id: str | None) -> None:
    """Show the branch that a conversation showed, once all of it is there."""
    connection.execute(
        update(conversations)
        .where(conversations.c.id == conversation_id, conversations.c.owner_id == owner_id)
        .values(head_id=head_id)
    )


def undo_some(connection: Connection, owner_id: str, one: Import) -> bool:
    """Take back some of what an import brought; True while there is more.

    A conversation that its owner went on with meanwhile is theirs, and stays.
    """
    brought = (conversations.c.owner_id == owner_id, conversations.c.import_id == one.id)
    gone_on = exists().where(
        messages.c.conversation_id == conversations.c.id, messages.c.created_at > one.created_at
    )
    connection.execute(update(conversations).where(*brought, gone_on).values(import_id=None))
    some = select(conversations.c.id).where(*brought).limit(_AT_ONCE)
    ids = [row.id for row in connection.execute(some)]
    connection.execute(
        delete(conversations).where(
            conversations.c.owner_id == owner_id, conversations.c.id.in_(ids)
        )
    )
    return bool(ids)


def undo_made(
    connection: Connection,
    owner_id: str,
    *,
    folder_ids: Sequence[str],
    prompt_ids: Sequence[str],
    preset_ids: Sequence[str],
) -> None:
    """Take back the folders that an import made, where they are empty, and what is kept by name."""
    filled = exists().where(
        conversations.c.owner_id == owner_id, conversations.c.folder_id == folders.c.id
    )
    connection.execute(
        delete(folders).where(folders.c.owner_id == owner_id, folders.c.id.in_(folder_ids), ~filled)
    )
    for table, ids in ((prompts, prompt_ids), (presets, preset_ids)):
        connection.execute(delete(table).where(table.c.owner_id == owner_id, table.c.id.in_(ids)))


_Row = tuple[str, str, str, str, datetime]


def _imports() -> Select[_Row]:
    return select(
        imports.c.id,
        imports.c.owner_id,
        imports.c.state,
        imports.c.report,
        imports.c.created_at,
    )


def _import(row: Row[_Row]) -> Import:
    return Import(row.id, row.owner_id, row.state, json.loads(row.report), row.created_at)


def _dump(report: Mapping[str, Any]) -> str:
    return json.dumps(report, ensure_ascii=False)
