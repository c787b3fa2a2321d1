"""Counting what is used, in the transactions that begin and end answers.

What is sent counts when it is asked, so that whatever becomes of the answer it is in the
sums that quotas are compared with; what is answered counts when it ends, with as much as
came. Both go to the day of the question.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from webapp.providers.base import Used
from webapp.store import usage
from webapp.store.generations import Sent
from webapp.store.usage import Account, Amount, day_of

_MOST_TOKENS = 10**12


def account_of(user_id: str, model_key: str, payer: str, at: datetime) -> Account:
    return Account(user_id, day_of(at), model_key, payer)


def count_asked(connection: Connection, account: Account, sent: Sent, *, messages: int = 1) -> None:
    """Count what is sent with one question; a title is none, and costs what it sends."""
    usage.add(connection, account, _amount(sent, messages))


def take_back(connection: Connection, account: Account, sent: Sent, *, messages: int = 1) -> None:
    """Count as not asked what was refused before it was paid."""
    usage.add(connection, account, -_amount(sent, messages))


def count_answered(
    connection: Connection,
    account: Account,
    sent: Sent,
    *,
    characters: int,
    tokens: int,
    used: Used | None = None,
) -> None:
    """Count what came of an answer to what was `sent`.

    What its provider counted itself is `used` in place of our own counts of tokens.
    """
    told = used or Used(0, 0)
    amount = Amount(
        answered_characters=characters,
        answered_tokens=_believed(told.output_tokens, tokens),
        sent_tokens=_believed(told.input_tokens, sent.tokens) - sent.tokens,
    )
    usage.add(connection, account, amount)


def _believed(told: int, own: int) -> int:
    """Choose a count of tokens. Who says none has not counted; the sums bear what is too much."""
    return min(told, _MOST_TOKENS) if told > 0 else own


def _amount(sent: Sent, messages: int) -> Amount:
    return Amount(messages, sent.characters, sent_tokens=sent.tokens)
