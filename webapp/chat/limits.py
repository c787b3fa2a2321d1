"""What of a conversation a model is sent: its newest messages, as many as it has room for.

The rule is the mission's: the system text, then the messages from the newest back, with
1,000 tokens kept for the answer. A limit of 0 is unknown: then all is sent.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

KEPT_FOR_ANSWER = 1000

# How chat models see a request: <|start|>role<|message|>content<|end|> for each message,
# and <|start|>assistant<|message|> at the end. Three marks and the role are four tokens.
# Source: openai-cookbook, "How to count tokens with tiktoken" (gpt-3.5-turbo, gpt-4).
PER_MESSAGE = 4
PER_REQUEST = 3


@dataclass(frozen=True, slots=True)
class Fit:
    """What fits: the messages from `first` on.

    `tokens` is what the request takes with them, `needed` what it takes with the least
    that must be sent, `room` what there is for it, None where that is unknown.
    """

    first: int
    tokens: int
    room: int | None
    needed: int

    @property
    def possible(self) -> bool:
        return self.room is None or self.needed <= self.room


def room(token_limit: int) -> int | None:
    """How many tokens a request may have beside its answer; None where that is unknown."""
    return max(token_limit - KEPT_FOR_ANSWER, 0) if token_limit else None


def fit(system: int, messages: Sequence[int], token_limit: int, *, needed: int = 1) -> Fit:
    """Fit a request into a model. All are counts of tokens without what the format adds.

    `messages` run from the oldest to the newest; the last `needed` of them are always
    sent. One of 0 tokens was never said and takes nothing.
    """
    most = room(token_limit)
    base = PER_REQUEST + _framed([system])
    always = len(messages) - needed
    tokens = least = base + _framed(messages[always:])
    first = always
    for at in range(always - 1, -1, -1):
        more = _framed([messages[at]])
        if most is not None and tokens + more > most:
            break
        tokens += more
        first = at
    return Fit(first, tokens, most, least)


def _framed(counts: Iterable[int]) -> int:
    return sum(count + PER_MESSAGE for count in counts if count)
