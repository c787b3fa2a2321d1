"""By which of its two doors Liaobots is asked: the classic one, or the official API of 2026."""

from __future__ import annotations

from typing import TYPE_CHECKING

from webapp.providers.address import parse_address
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
            [f"{host}/v1" for host in official_hosts(settings.liaobots_url)],
            name=Liaobots.name,
            title=Liaobots.title,
            connect_timeout=settings.connect_timeout,
            first_timeout=settings.first_text_timeout,
            read_timeout=settings.idle_timeout,
            total_timeout=settings.answer_timeout,
            answer_limit=settings.answer_limit,
        )
    return Liaobots(
        settings.liaobots_url or CLASSIC_HOST,
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
        hosts = official_hosts(settings.liaobots_url)
        return OfficialCredits(hosts, connect_timeout=settings.connect_timeout)
    return ClassicCredits(
        settings.liaobots_url or CLASSIC_HOST, connect_timeout=settings.connect_timeout
    )


def official_hosts(url: str) -> tuple[str, ...]:
    """List the bases of the official API; an address may have been given with its `/v1`."""
    if not url:
        return OFFICIAL_HOSTS
    address = parse_address(url, whose="Liaobots", mend="Correct LIAOCHAT_LIAOBOTS_URL.")
    return (address.url.removesuffix("/v1"),)
