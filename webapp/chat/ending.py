"""The end of an answer, as it is stored and counted: once, whoever ends it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from sqlalchemy import Connection

from webapp.chat.tokens import count
from webapp.errors import by_code
from webapp.log.base import Ending
from webapp.store import generations, messages
from webapp.team.usage import account_of, count_answered, take_back


@dataclass(frozen=True, slots=True)
class Answer:
    """The text of an answer that ended: its `tokens`, and what of it is new."""

    text: str
    tokens: int
    new_characters: int
    new_tokens: int

    @classmethod
    def of(cls, text: str, *, begins_at: int) -> Self:
        """Count a text that goes on behind `begins_at`. Call it in no transaction."""
        tokens = count(text)
        new = text[begins_at:]
        return cls(text, tokens, len(new), count(new) if begins_at else tokens)


def store_end(
    connection: Connection,
    generation_id: str,
    message_id: str,
    ending: Ending,
    answer: Answer,
    *,
    unsent: bool = False,
) -> bool:
    """Store text and state and count what came. False says that somebody else has ended it.

    A question that was refused before anything was paid, or never left, counts as not asked.
    """
    ended = generations.end(connection, generation_id)
    if ended is None:
        return False
    messages.end_answer(
        connection,
        message_id,
        state=ending.state,
        text=answer.text,
        failure=ending.failure,
        tokens=answer.tokens,
    )
    account = account_of(ended.user_id, ended.model, ended.sent.payer, ended.started_at)
    if answer.new_characters:
        characters, tokens = answer.new_characters, answer.new_tokens
        count_answered(connection, account, characters=characters, tokens=tokens)
    elif unsent or (ending.failure is not None and by_code(ending.failure.code).unpaid):
        take_back(connection, account, ended.sent)
    return True
