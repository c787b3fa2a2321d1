"""The end of an answer, as it is stored and counted: once, whoever ends it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from sqlalchemy import Connection

from webapp.chat.tokens import count
from webapp.errors import (
    AuthCodeRefused,
    CreditUsedUp,
    KeyRefused,
    KeySpent,
    LiaochatError,
    ServerKeyRefused,
    ServerKeySpent,
    TeamCodeRefused,
    TeamCreditUsedUp,
    by_code,
)
from webapp.log.base import Ending
from webapp.providers.base import Used
from webapp.store import generations, messages
from webapp.store.thoughts import Beside
from webapp.team.usage import account_of, count_answered, take_back


@dataclass(frozen=True, slots=True)
class Answer:
    """The text of an answer that ended, its `tokens`, and what is new of it and its thoughts.

    None says that the tokens were not counted.
    """

    text: str
    thoughts: str
    tokens: int | None
    new_characters: int
    new_tokens: int

    @classmethod
    def of(cls, text: str, thoughts: str = "", *, begins_at: int) -> Self:
        """Count a text that goes on behind `begins_at`. Call it in no transaction."""
        tokens = count(text)
        new = text[begins_at:]
        new_tokens = count(new) if begins_at else tokens
        characters = len(new) + len(thoughts)
        return cls(text, thoughts, tokens, characters, new_tokens + count(thoughts))

    @classmethod
    def uncounted(cls, text: str, thoughts: str, *, begins_at: int) -> Self:
        """Make one whose tokens are unknown: of the text they can be counted later."""
        return cls(text, thoughts, None, len(text) - begins_at + len(thoughts), 0)


@dataclass(frozen=True, slots=True)
class Told:
    """What was told beside an answer while it came: by which host, and what that counted.

    It is 0 where it is unknown for how long there were thoughts.
    """

    host: str | None = None
    thought_seconds: int = 0
    used: Used | None = None


NOTHING_TOLD = Told()


def store_end(
    connection: Connection,
    generation_id: str,
    message_id: str,
    ending: Ending,
    answer: Answer,
    *,
    told: Told = NOTHING_TOLD,
    unsent: bool = False,
) -> bool:
    """Store text and state and count what came. False says that somebody else has ended it.

    A question that was refused before anything was paid, or never left, counts as not asked.
    What the provider counted itself takes the place of our own count.
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
        beside=Beside(
            told.host,
            answer.thoughts or None,
            told.thought_seconds if answer.thoughts else None,
        ),
    )
    account = account_of(ended.user_id, ended.model, ended.sent.payer, ended.started_at)
    if answer.new_characters or told.used:
        count_answered(
            connection,
            account,
            ended.sent,
            characters=answer.new_characters,
            tokens=answer.new_tokens,
            used=told.used,
        )
    elif unsent or (ending.failure is not None and by_code(ending.failure.code).unpaid):
        take_back(connection, account, ended.sent)
    return True


def of_team(error: LiaochatError) -> LiaochatError:
    """Say what is wrong with the team's code or key to one who cannot enter another."""
    match error:
        case KeyRefused():
            return ServerKeyRefused(**error.values)
        case KeySpent():
            return ServerKeySpent(**error.values)
        case AuthCodeRefused():
            return TeamCodeRefused()
        case CreditUsedUp():
            return TeamCreditUsedUp()
    return error
