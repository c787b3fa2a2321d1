"""The dialect of the classic Liaobots: `POST /api/chat`, and raw text back. Pure.

The answer is UTF-8 as it comes, without a content type; failures are as that service makes
them, a model's own with the body `Error` and the reason in the reason phrase.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any

from webapp.local_server.asked import (
    BAD_REQUEST,
    CUT,
    Asked,
    Refusal,
    clean,
    find_model,
    make_question,
    message_list,
    turn_of,
)
from webapp.providers.base import Model, Piece

_PLENTY = 1_000_000
"""Nothing is paid here, so nothing is used up."""


def parse(body: Mapping[str, Any], models: Mapping[str, Model]) -> Asked:
    """Read a question in either shape: with one `model`, or with a list of `models`."""
    system = body.get("prompt", "")
    if not isinstance(system, str):
        raise Refusal(BAD_REQUEST, "“prompt” must be a text.")
    turns = []
    for message in message_list(body):
        content = message.get("content")
        if not isinstance(content, str):
            raise Refusal(BAD_REQUEST, "The content of a message must be a text.")
        turns.append(turn_of(message.get("role"), content))
    try:
        model = find_model(models, _wanted(body))
    except Refusal as refusal:
        # Here 404 would say that the service has moved.
        raise Refusal(BAD_REQUEST, refusal.sentence, code=refusal.code) from refusal
    return Asked(make_question(model, clean(system), turns))


def frames(pieces: Iterable[Piece]) -> Iterator[bytes]:
    """Write the text of an answer. The wire has no word for one that was cut at its limit."""
    with suppress(*CUT):
        for piece in pieces:
            if isinstance(piece, str):
                yield piece.encode("utf-8", "replace")


def models_document(models: Iterable[Model]) -> bytes:
    listed = [
        {
            "id": model.id,
            "name": model.name,
            "maxLength": model.max_length,
            "tokenLimit": model.token_limit,
        }
        for model in models
    ]
    return json.dumps(listed, ensure_ascii=False).encode()


def user_document() -> bytes:
    return json.dumps({"amount": _PLENTY, "balance": _PLENTY}).encode()


def credits_document() -> bytes:
    return json.dumps({"data": {"amount": _PLENTY, "balance": _PLENTY}}).encode()


def refusal_body(refusal: Refusal) -> tuple[str, bytes]:
    """Write why a request is not answered: content type and body."""
    match refusal.status:
        case 500:
            return "text/plain", b"Error"
        case 429:
            return "text/plain", b"Too many requests"
        case 401:
            return _json("401 Unauthorized")
    return _json(refusal.sentence)


def _json(message: str) -> tuple[str, bytes]:
    return "application/json", json.dumps({"message": message}, ensure_ascii=False).encode()


def _wanted(body: Mapping[str, Any]) -> object:
    model, models = body.get("model"), body.get("models")
    if isinstance(models, list) and models and isinstance(models[0], dict):
        return models[0].get("modelId")
    return model.get("id") if isinstance(model, dict) else model
