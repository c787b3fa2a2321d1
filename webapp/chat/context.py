"""What a model is given: the system text and the branch of the conversation."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, cast

from webapp.providers.base import Turn
from webapp.store.messages import Message

DEFAULT_SYSTEM_TEXT = (
    "You are ChatGPT, a large language model trained by OpenAI. "
    "Follow the user's instructions carefully. Respond using markdown."
)


_GO_ON = "Continue exactly where you stopped. Repeat nothing."


def turns(branch: Iterable[Message], *, going_on_from: str = "") -> tuple[Turn, ...]:
    """Turn a branch into what was said, oldest first. An answer that never began was not.

    With `going_on_from` the model is given that unfinished answer, and asked for the rest.
    """
    said = [
        Turn(cast("Literal['user', 'assistant']", message.role), message.text)
        for message in branch
        if message.text
    ]
    if going_on_from:
        said += [Turn("assistant", going_on_from), Turn("user", _GO_ON)]
    return tuple(said)
