"""What providers said that they offer, and what the models that answered are called."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from webapp.store.tables import model_lists, model_names


def listed(
    connection: Connection, provider: str, hosts: Sequence[str]
) -> Sequence[tuple[str, str]]:
    """Read the ids and names that a provider listed last at these addresses."""
    found = connection.execute(
        select(model_lists.c.models).where(
            model_lists.c.provider == provider, model_lists.c.hosts == json.dumps(list(hosts))
        )
    ).scalar_one_or_none()
    return [] if found is None else [(model_id, name) for model_id, name in json.loads(found)]


def keep_listed(
    connection: Connection,
    provider: str,
    hosts: Sequence[str],
    models: Iterable[tuple[str, str]],
    *,
    now: datetime,
) -> None:
    """Keep what a provider lists, in the place of what it listed before."""
    values = {
        "hosts": json.dumps(list(hosts)),
        "models": json.dumps(list(models)),
        "listed_at": now,
    }
    this = model_lists.c.provider == provider
    if not connection.execute(update(model_lists).where(this).values(**values)).rowcount:
        connection.execute(insert(model_lists).values(provider=provider, **values))


def names(connection: Connection) -> Mapping[str, str]:
    """Read what models that answered are called, by their keys."""
    rows = connection.execute(select(model_names.c.model, model_names.c.name))
    return {row.model: row.name for row in rows}


def keep_name(connection: Connection, model: str, name: str) -> None:
    this = model_names.c.model == model
    if not connection.execute(update(model_names).where(this).values(name=name)).rowcount:
        connection.execute(insert(model_names).values(model=model, name=name))
