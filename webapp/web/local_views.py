"""The models on this machine as the owner sees them: how large they are, and what is loaded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from webapp.providers.local import Local
from webapp.providers.local_files import megabytes
from webapp.web.i18n import gettext


@dataclass(frozen=True, slots=True)
class LocalModelView:
    name: str
    file: str
    size: str
    tokens: str
    memory: str


def local_views(local: Local | None) -> Sequence[LocalModelView]:
    """Show each model. `memory` says what the process of the one that is loaded holds now."""
    if local is None:
        return ()
    standing = local.standing()
    return [
        LocalModelView(
            name=one.model.name,
            file=one.path.name,
            size=megabytes(one.size),
            tokens=f"{one.model.token_limit:,}",
            memory=_memory(standing.resident)
            if standing is not None and standing.file == one
            else gettext("not loaded"),
        )
        for one in local.files
    ]


def _memory(resident: int | None) -> str:
    return gettext("loaded") if resident is None else megabytes(resident)
