"""Being signed in by a proxy in front, which names the user in a header of each request."""

from __future__ import annotations

from flask import Request

from webapp.config import PREFIX, Settings
from webapp.errors import ConfigurationError
from webapp.store.text import one_line
from webapp.team.accounts import NAME_LIMIT
from webapp.web.proxies import is_trusted


def check(settings: Settings) -> None:
    """Raise `ConfigurationError` where nobody could be believed to name users."""
    if settings.user_header and not settings.trusted_proxies:
        raise ConfigurationError(
            reason=f"{PREFIX}USER_HEADER is set, and {PREFIX}TRUSTED_PROXIES is not: anybody could "
            "say who they are. Set it to the address of the proxy that signs users in."
        )


def named_user(request: Request, settings: Settings) -> str:
    """Tell whom a trusted proxy names; "" where none does.

    A comma says that the header was there twice, once perhaps as the browser sent it, and a
    name that would have to be changed might become another's.
    """
    if not settings.user_header or not is_trusted(request, settings.trusted_proxies):
        return ""
    name = request.headers.get(settings.user_header, "").strip()
    try:
        name = name.encode("latin-1").decode()
    except UnicodeError:
        return ""
    return name if "," not in name and name == one_line(name, NAME_LIMIT) else ""
