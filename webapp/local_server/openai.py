"""The dialect of OpenAI: `POST /v1/chat/completions`, as events or as one document. Pure.

https://platform.openai.com/docs/api-reference/chat
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from webapp.errors import ProviderError
from webapp.local_server.asked import (
    BAD_REQUEST,
    CUT,
    SERVER_ERROR,
    Asked,
    Refusal,
    clean,
    find_model,
    make_question,
    message_list,
    turn_of,
)
from webapp.providers.base import Model, Parameters, Piece, Thought, Used

_SYSTEM = ("system", "developer")
_UNKNOWN = ("tools", "functions", "stop", "logprobs", "audio")
"""What would change the answer, and is not done here: to leave it out unsaid would be a lie."""


def parse(body: Mapping[str, Any], models: Mapping[str, Model]) -> Asked:
    model = find_model(models, body.get("model"))
    _refuse_what_is_not_done(body)
    system, turns = [], []
    for message in message_list(body):
        content, role = _content(message.get("content")), message.get("role")
        if role in _SYSTEM:
            system.append(clean(content))
        else:
            turns.append(turn_of(role, content))
    parameters = Parameters(
        temperature=_number(body, "temperature", 0, 2),
        top_p=_number(body, "top_p", 0, 1),
        max_tokens=_whole(body, "max_completion_tokens", 1) or _whole(body, "max_tokens", 1),
        seed=_whole(body, "seed", -(2**63)),
    )
    options = body.get("stream_options")
    return Asked(
        make_question(model, "\n\n".join(system), turns, parameters=parameters),
        stream=body.get("stream") is True,
        usage=isinstance(options, dict) and options.get("include_usage") is True,
    )


def frames(pieces: Iterable[Piece], asked: Asked, *, now: float) -> Iterator[bytes]:
    """Write an answer as events. A failure in the middle is one, too, and the last."""
    head = _head(asked, "chat.completion.chunk", now)
    role: dict[str, str] = {"role": "assistant"}
    used, reason = None, "stop"
    try:
        for piece in pieces:
            match piece:
                case str():
                    yield _event({**head, "choices": [_choice({**role, "content": piece})]})
                case Thought():
                    thought = {**role, "reasoning_content": piece.text}
                    yield _event({**head, "choices": [_choice(thought)]})
                case Used():
                    used = piece
            role = {} if isinstance(piece, str | Thought) else role
    except CUT:
        reason = "length"
    except ProviderError as error:
        if role:
            raise
        yield _event(_error(Refusal(SERVER_ERROR, str(error), code=error.code)))
        return
    yield _event({**head, "choices": [_choice(role, reason)]})
    if asked.usage and used is not None:
        yield _event({**head, "choices": [], "usage": _usage(used)})
    yield b"data: [DONE]\n\n"


def document(pieces: Iterable[Piece], asked: Asked, *, now: float) -> bytes:
    """Write an answer as one document."""
    used, reason = None, "stop"
    texts: list[str] = []
    thoughts: list[str] = []
    try:
        for piece in pieces:
            match piece:
                case str():
                    texts.append(piece)
                case Thought():
                    thoughts.append(piece.text)
                case Used():
                    used = piece
    except CUT:
        reason = "length"
    message = {"role": "assistant", "content": "".join(texts)}
    if thoughts:
        message["reasoning_content"] = "".join(thoughts)
    whole = {
        **_head(asked, "chat.completion", now),
        "choices": [{"index": 0, "message": message, "finish_reason": reason}],
    }
    return _dump(whole if used is None else {**whole, "usage": _usage(used)})


def models_document(models: Iterable[Model], *, now: float) -> bytes:
    return _dump({"object": "list", "data": [_model(model, now) for model in models]})


def model_document(model: Model, *, now: float) -> bytes:
    return _dump(_model(model, now))


def refusal_body(refusal: Refusal) -> tuple[str, bytes]:
    """Write why a request is not answered: content type and body."""
    return "application/json", _dump(_error(refusal))


def _refuse_what_is_not_done(body: Mapping[str, Any]) -> None:
    for name in _UNKNOWN:
        if body.get(name):
            raise Refusal(BAD_REQUEST, f"“{name}” is not done here. Leave it out.")
    if body.get("n") not in (None, 1):
        raise Refusal(BAD_REQUEST, "There is one answer to a question here: “n” must be 1.")
    form = body.get("response_format")
    if form is not None and form != {"type": "text"}:
        raise Refusal(BAD_REQUEST, "Answers are text here: leave “response_format” out.")


def _content(content: object) -> str:
    """Read a content, which may be a list of parts that are all texts."""
    parts = content if isinstance(content, list) else [{"type": "text", "text": content}]
    texts = [part.get("text") for part in parts if isinstance(part, dict)]
    kinds = {part.get("type") for part in parts if isinstance(part, dict)}
    if len(texts) != len(parts) or kinds - {"text"} or not all(isinstance(t, str) for t in texts):
        raise Refusal(
            BAD_REQUEST, "The content of a message must be a text: these models take no more."
        )
    return "\n\n".join(str(text) for text in texts)


def _number(body: Mapping[str, Any], name: str, low: float, high: float) -> float | None:
    value = body.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise Refusal(BAD_REQUEST, f"“{name}” must be a number from {low} to {high}.")
    return float(value)


def _whole(body: Mapping[str, Any], name: str, low: int) -> int | None:
    value = body.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or value < low:
        raise Refusal(BAD_REQUEST, f"“{name}” must be a whole number, {low} at least.")
    return value


def _head(asked: Asked, kind: str, now: float) -> dict[str, Any]:
    return {
        "id": f"chatcmpl-{uuid.uuid4().hex}",
        "object": kind,
        "created": int(now),
        "model": asked.question.model.id,
    }


def _choice(delta: Mapping[str, str], reason: str | None = None) -> dict[str, Any]:
    return {"index": 0, "delta": delta, "finish_reason": reason}


def _usage(used: Used) -> dict[str, int]:
    return {
        "prompt_tokens": used.input_tokens,
        "completion_tokens": used.output_tokens,
        "total_tokens": used.input_tokens + used.output_tokens,
    }


def _model(model: Model, now: float) -> dict[str, Any]:
    return {
        "id": model.id,
        "object": "model",
        "created": int(now),
        "owned_by": "liaochat",
        "name": model.name,
        "context_length": model.token_limit,
    }


def _error(refusal: Refusal) -> dict[str, Any]:
    theirs = refusal.status < SERVER_ERROR
    kind = "invalid_request_error" if theirs else "server_error"
    return {"error": {"message": refusal.sentence, "type": kind, "code": refusal.code or None}}


def _event(value: Mapping[str, Any]) -> bytes:
    return b"data: " + _dump(value) + b"\n\n"


def _dump(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")
