"""Statements about messages, made once.

SQLAlchemy finds what it has compiled by a key that it works out anew for each new
statement, and making and keying one takes longer than the database needs to do it.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    Select,
    String,
    bindparam,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)

from webapp.store.tables import generations, messages

MessageRow = tuple[
    str,
    str,
    str | None,
    str,
    str,
    str,
    str | None,
    str | None,
    int | None,
    str | None,
    int | None,
    str | None,
]


def select_messages(
    owner_id: str | ColumnElement[str], *conditions: ColumnElement[bool]
) -> Select[MessageRow]:
    return (
        select(
            messages.c.id,
            messages.c.conversation_id,
            messages.c.parent_id,
            messages.c.role,
            messages.c.state,
            messages.c.text,
            messages.c.model,
            messages.c.failure,
            messages.c.tokens,
            messages.c.host,
            messages.c.thought_seconds,
            generations.c.id.label("generation_id"),
        )
        .outerjoin(generations, generations.c.message_id == messages.c.id)
        .where(messages.c.owner_id == owner_id, *conditions)
    )


def _branch(head: ColumnElement[str], owner: ColumnElement[str]) -> CTE:
    """The ids of a branch, each with how far `back` from its head it stands."""
    step = (
        select(messages.c.id, messages.c.parent_id, literal(0).label("back"))
        .where(messages.c.id == head, messages.c.owner_id == owner)
        .cte("branch", recursive=True)
    )
    parent = messages.alias("parent")
    return step.union_all(
        select(parent.c.id, parent.c.parent_id, step.c.back + 1).join(
            step, step.c.parent_id == parent.c.id
        )
    )


def below(owner_id: str, message_id: str) -> CTE:
    """All messages of the tree under a message, and itself."""
    root = (
        select(messages.c.id, literal(0).label("depth"))
        .where(messages.c.id == message_id, messages.c.owner_id == owner_id)
        .cte("below", recursive=True)
    )
    child = messages.alias("child")
    return root.union_all(
        select(child.c.id, root.c.depth + 1).join(root, child.c.parent_id == root.c.id)
    )


OWNER = bindparam("owner_id", type_=String)
_MINE = messages.c.owner_id == OWNER
ADD = insert(messages)
END_ANSWER = (
    update(messages)
    .where(messages.c.id == bindparam("message_id"))
    .values(
        state=bindparam("new_state"),
        text=bindparam("new_text"),
        failure=bindparam("new_failure"),
        tokens=bindparam("new_tokens"),
        host=bindparam("new_host"),
        thought_seconds=bindparam("new_thought_seconds"),
        thoughts=bindparam("new_thoughts"),
    )
)
KEEP_COUNT = (
    update(messages)
    .where(messages.c.id == bindparam("message_id"), messages.c.owner_id == bindparam("of_owner"))
    .values(tokens=bindparam("count"))
)
FIND = select_messages(OWNER, messages.c.id == bindparam("message_id"))
SOME = select_messages(OWNER, messages.c.id.in_(bindparam("ids", expanding=True)))
OF_CLIENT = select_messages(OWNER, messages.c.client_id == bindparam("client_id"))
CHILDREN = select_messages(OWNER, messages.c.parent_id == bindparam("parent_id")).order_by(
    messages.c.created_at
)
_TO_HEAD = _branch(bindparam("head_id", type_=String), OWNER)


def _along(statement: Select[Any]) -> Select[Any]:
    """Select from the messages of a branch, from its root on."""
    return statement.join(_TO_HEAD, _TO_HEAD.c.id == messages.c.id).order_by(_TO_HEAD.c.back.desc())


PATH: Select[MessageRow] = _along(select_messages(OWNER))
NEWEST = PATH.where(_TO_HEAD.c.back < bindparam("most"))
COUNTS = _along(select(messages.c.id, messages.c.tokens, messages.c.state).where(_MINE))
PLACES = _along(
    select(messages.c.id, messages.c.state, func.length(messages.c.text).label("length")).where(
        _MINE
    )
)
_PARENTS = messages.c.parent_id.in_(bindparam("parents", expanding=True))
_SIBLINGS = (
    select(messages.c.id, messages.c.parent_id)
    .where(_MINE, messages.c.conversation_id == bindparam("conversation_id"))
    .order_by(messages.c.created_at, messages.c.id)
)
SIBLINGS = _SIBLINGS.where(_PARENTS)
SIBLINGS_AT_ROOT = _SIBLINGS.where(or_(_PARENTS, messages.c.parent_id.is_(None)))
