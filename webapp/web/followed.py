"""What the publisher follows."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Followed:
    """An answer under way, and whose it is."""

    generation_id: str
    message_id: str
    conversation_id: str
    user_id: str
    model: str | None
