"""The body of a Chat Completions request. Pure.

https://platform.openai.com/docs/api-reference/chat/create
"""

from __future__ import annotations

import dataclasses
from base64 import b64encode
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from webapp.providers.base import Question, Turn


@dataclass(frozen=True, slots=True)
class Dialect:
    """In what the servers of this one API differ."""

    usage: bool = True
    """It takes `stream_options`, and counts the tokens then."""

    limit_name: str = "max_tokens"
    """How it calls the most tokens of an answer."""

    def mended(self, refusal: str) -> Dialect | None:
        """Find the words in which to ask again what was refused with 400; None if there are none.

        Such a request was turned away before anything was generated, so nothing is paid
        twice. Only a refusal that names the very field is taken so, and each field once.
        """
        if self.usage and "stream_options" in refusal:
            return dataclasses.replace(self, usage=False)
        if self.limit_name == "max_tokens" and "max_completion_tokens" in refusal:
            return dataclasses.replace(self, limit_name="max_completion_tokens")
        return None


def request_body(question: Question, dialect: Dialect) -> dict[str, Any]:
    system = [{"role": "system", "content": question.system}] if question.system else []
    body: dict[str, Any] = {
        "model": question.model.id,
        "messages": [*system, *map(_message, question.turns)],
        "stream": True,
    }
    if dialect.usage:
        body["stream_options"] = {"include_usage": True}
    for name, value in dataclasses.asdict(question.parameters).items():
        if value is not None:
            body[dialect.limit_name if name == "max_tokens" else name] = value
    return body


def _message(turn: Turn) -> dict[str, Any]:
    if not turn.images:
        return {"role": turn.role, "content": turn.content}
    parts: list[dict[str, Any]] = [{"type": "text", "text": turn.content}] if turn.content else []
    for image in turn.images:
        url = f"data:{image.media_type};base64,{b64encode(image.content).decode('ascii')}"
        parts.append({"type": "image_url", "image_url": {"url": url}})
    return {"role": turn.role, "content": parts}
