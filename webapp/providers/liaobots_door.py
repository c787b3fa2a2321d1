"""By which of its two doors Liaobots is asked: the classic one, or the official API of 2026."""

from __future__ import annotations

from typing import TYPE_CHECKING

from webapp.errors import ConfigurationError
from webapp.providers.address import is_this_machine, parse_address
from webapp.providers.credit_doors import ClassicCredits, OfficialCredits
from webapp.providers.liaobots import Liaobots
from webapp.providers.openai import OpenAI

if TYPE_CHECKING:
    from webapp.config import Settings
    from webapp.providers.base import Provider
    from webapp.providers.credits import Credits

CLASSIC_HOST = "https://liaobots.com"
OFFICIAL_HOSTS = (
    "https://ai.liaobots.work",
    "https://ai.liaobots1.work",
    "https://ai.liaobots2.work",
    "https://ai.liaobots3.work",
)
"""The first, and its backups. All have the same paths."""


def open_liaobots(settings: Settings) -> Provider:
    """Make the provider that auth codes are used with.

    An address in the settings is the only one that is asked, by either door; without one
    these are the hosts that the service itself names.
    """
    if settings.liaobots_door == "official":
        return OpenAI(
            [f"{host}/v1" for host in official_hosts(settings)],
            name=Liaobots.name,
            title=Liaobots.title,
            connect_timeout=settings.connect_timeout,
            first_timeout=settings.first_text_timeout,
            read_timeout=settings.idle_timeout,
            total_timeout=settings.answer_timeout,
            answer_limit=settings.answer_limit,
        )
    return Liaobots(
        classic_host(settings),
        request_shape=settings.liaobots_request_shape,
        connect_timeout=settings.connect_timeout,
        first_timeout=settings.first_text_timeout,
        read_timeout=settings.idle_timeout,
        total_timeout=settings.answer_timeout,
        answer_limit=settings.answer_limit,
    )


def open_credits(settings: Settings) -> Credits:
    """Make what asks by the same door, and the same hosts, what is left on auth codes."""
    if settings.liaobots_door == "official":
        hosts = official_hosts(settings)
        return OfficialCredits(hosts, connect_timeout=settings.connect_timeout)
    return ClassicCredits(classic_host(settings), connect_timeout=settings.connect_timeout)


def classic_host(settings: Settings) -> str:
    return _own_address(settings) or CLASSIC_HOST


def official_hosts(settings: Settings) -> tuple[str, ...]:
    """List the bases of the official API; an address may have been given with its `/v1`."""
    own = _own_address(settings)
    return (own.removesuffix("/v1"),) if own else OFFICIAL_HOSTS


def _own_address(settings: Settings) -> str:
    """Give the address in the settings, if there is one. Raises `ConfigurationError`."""
    if not settings.liaobots_url:
        return ""
    address = parse_address(
        settings.liaobots_url, whose="Liaobots", mend="Correct LIAOCHAT_LIAOBOTS_URL."
    )
    allowed = settings.liaobots_allow_http or is_this_machine(address.host)
    if not (address.secure or allowed):
        raise ConfigurationError(
            reason="LIAOCHAT_LIAOBOTS_URL is plain http to a host that is not this machine: "
            "whoever is on the way reads the questions and the auth codes. Use https, or set "
            "LIAOCHAT_LIAOBOTS_ALLOW_HTTP=on where you trust the network."
        )
    return address.url
