"""What every dialect makes of a request: a question, or a refusal with a sentence."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from webapp.errors import AnswerTooLong, OutOfTokens, ProviderError, QuestionTooLong
from webapp.providers.base import Model, Parameters, Question, Turn
from webapp.providers.wire import storable

BAD_REQUEST, UNAUTHORIZED, FORBIDDEN, NOT_FOUND = 400, 401, 403, 404
TOO_MANY_REQUESTS, SERVER_ERROR = 429, 500
CUT = (AnswerTooLong, OutOfTokens)
"""An answer that ended so is whole as far as it goes: both dialects take it as one."""

_MOST_TURNS = 10_000
_NONE = Parameters()


class Refusal(Exception):
    """A request that is not answered. `code` is a word for machines."""

    def __init__(self, status: int, sentence: str, *, code: str = "") -> None:
        self.status = status
        self.sentence = sentence
        self.code = code
        super().__init__(sentence)


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, and the form in which its answer is wanted."""

    question: Question
    stream: bool = True
    usage: bool = False


def parse_body(body: bytes) -> dict[str, Any]:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise Refusal(BAD_REQUEST, "The body must be one JSON object, in UTF-8.")
    return document


def make_question(
    model: Model, system: str, turns: Sequence[Turn], *, parameters: Parameters = _NONE
) -> Question:
    if not turns:
        raise Refusal(BAD_REQUEST, "There is no message to answer in “messages”.")
    return Question(str(uuid.uuid4()), model, system, tuple(turns), parameters=parameters)


def find_model(models: Mapping[str, Model], wanted: object) -> Model:
    if not isinstance(wanted, str) or not wanted:
        raise Refusal(BAD_REQUEST, "The request names no model.")
    model = models.get(wanted)
    if model is None:
        raise Refusal(
            NOT_FOUND,
            f"There is no model “{clean(wanted[:100])}” here; there are: {', '.join(models)}.",
            code="model_not_found",
        )
    return model


def message_list(body: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """Read the messages, each still as an object with anything in it."""
    messages = body.get("messages")
    if not isinstance(messages, list) or not all(isinstance(one, dict) for one in messages):
        raise Refusal(BAD_REQUEST, "“messages” must be a list of objects with role and content.")
    if len(messages) > _MOST_TURNS:
        raise Refusal(BAD_REQUEST, f"“messages” may have {_MOST_TURNS} entries at most.")
    return messages


def turn_of(role: object, content: str) -> Turn:
    if role not in ("user", "assistant"):
        raise Refusal(BAD_REQUEST, "The role of a message must be user or assistant.")
    return Turn(role, clean(content))


def clean(text: str) -> str:
    """Make text of what JSON may hold: halves of surrogate pairs and NUL are not."""
    return storable(text.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))


def refusal_of(error: ProviderError) -> Refusal:
    """Tell what kept an answer from beginning."""
    if isinstance(error, QuestionTooLong):
        return Refusal(BAD_REQUEST, str(error), code="context_length_exceeded")
    return Refusal(SERVER_ERROR, str(error), code=error.code)
