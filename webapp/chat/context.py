"""What a model is given: the system text, and what of the conversation it has room for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, cast

from sqlalchemy import Connection

from webapp.chat.limits import Fit, fit, room
from webapp.chat.tokens import count
from webapp.errors import RequestTooLong
from webapp.providers.base import Model, Turn
from webapp.store import files, messages
from webapp.store.messages import Message, content_of

DEFAULT_SYSTEM_TEXT = (
    "You are ChatGPT, a large language model trained by OpenAI. "
    "Follow the user's instructions carefully. Respond using markdown."
)

_GO_ON = "Continue exactly where you stopped. Repeat nothing."


@dataclass(frozen=True, slots=True)
class Weight:
    """What a request takes with it of a branch, and how many tokens that is.

    Of a model whose limit is unknown nothing is counted: there is no `fit`, and all goes
    along (`sent` is None). Else `sent` messages of the branch do, and `unsent` stay behind;
    `first_id` is the first that goes, None where all do or none does. `counts` are those
    that were not stored yet, by id; `ahead` those of the texts behind the branch, None where
    there are more than fit.
    """

    fit: Fit | None
    sent: int | None = None
    unsent: int = 0
    first_id: str | None = None
    counts: Mapping[str, int] = field(default_factory=dict)
    ahead: Sequence[int | None] = ()

    @property
    def possible(self) -> bool:
        return self.fit is None or self.fit.possible


@dataclass(frozen=True, slots=True)
class Request:
    """What a model will be asked; `tokens` is what the new question counts as, if counted.

    All of it is `total_tokens`, as a model counts them.
    """

    system: str
    turns: tuple[Turn, ...]
    tokens: int | None
    counts: Mapping[str, int]
    total_tokens: int

    @property
    def characters(self) -> int:
        return len(self.system) + sum(len(turn.content) for turn in self.turns)


def compose(
    connection: Connection,
    user_id: str,
    model: Model,
    *,
    system: str,
    head_id: str | None,
    question: str = "",
    going_on_from: str = "",
) -> Request:
    """Put together what is asked after the branch that ends at `head_id`.

    That is a new question, or the one at its end again; or the rest of its answer, which
    begins with `going_on_from`. Raises `RequestTooLong` where not even that fits.
    """
    behind = [Turn("user", question)] if question else []
    if going_on_from:
        behind = [Turn("assistant", going_on_from), Turn("user", _GO_ON)]
    weight = weigh(
        connection,
        user_id,
        model,
        system=system,
        head_id=head_id,
        ahead=[turn.content for turn in behind],
        # Where no question is new, the one that stands there is needed.
        needed=len(behind) + (not question),
    )
    if not weight.possible:
        raise RequestTooLong(model=model.name, room=room(model.token_limit) or 0)
    sent = messages.path(connection, user_id, head_id, last=weight.sent)
    if weight.fit is None:
        return _uncounted(system, sent, behind, question=question)
    tokens = weight.ahead[0] if question and weight.ahead else None
    asked = (*turns(sent), *behind)
    return Request(system, asked, tokens, weight.counts, weight.fit.tokens)


def _uncounted(
    system: str, sent: Sequence[Message], behind: Sequence[Turn], *, question: str
) -> Request:
    """Count all that goes to a model of which no limit is known, each message once."""
    fresh = {one.id: count(one.content) for one in sent if one.tokens is None}
    ahead = [count(turn.content) for turn in behind]
    known = [fresh[one.id] if one.tokens is None else one.tokens for one in sent]
    total = fit(count(system), [*known, *ahead], 0).tokens
    kept = {one.id: fresh[one.id] for one in sent if one.id in fresh and one.state != "running"}
    return Request(system, (*turns(sent), *behind), ahead[0] if question else None, kept, total)


def weigh(
    connection: Connection,
    user_id: str,
    model: Model,
    *,
    system: str,
    head_id: str | None,
    ahead: Sequence[str],
    needed: int,
) -> Weight:
    """Find out how much of a branch goes along with the texts `ahead`.

    What was counted once is read from the rows. The rest is counted from the newest back
    and only as far as the model has room, which bounds the work.
    """
    most = room(model.token_limit)
    if most is None:
        return Weight(None)
    branch = messages.counts(connection, user_id, head_id)
    base = count(system, up_to=most)
    behind = [count(text, up_to=most) for text in ahead]
    total = base + sum(behind)
    fresh: dict[str, int] = {}
    tail: list[int] = []
    for one in reversed(branch):
        tokens = one.tokens
        if tokens is None:
            tokens = count(_content(connection, user_id, one.id), up_to=most)
            if tokens <= most and one.state != "running":
                fresh[one.id] = tokens
        tail.insert(0, tokens)
        total += tokens
        if total > most:
            break
    fitted = fit(base, [*tail, *behind], model.token_limit, needed=needed)
    unsent = len(branch) - len(tail) + fitted.first
    return Weight(
        fitted,
        sent=len(branch) - unsent,
        unsent=unsent,
        first_id=branch[unsent].id if 0 < unsent < len(branch) else None,
        counts=fresh,
        ahead=[one if one <= most else None for one in behind],
    )


def turns(branch: Iterable[Message]) -> tuple[Turn, ...]:
    """Turn a branch into what was said, oldest first. An answer that never began was not."""
    return tuple(
        Turn(cast("Literal['user', 'assistant']", message.role), content)
        for message in branch
        if (content := message.content)
    )


def _content(connection: Connection, user_id: str, message_id: str) -> str:
    message = messages.find(connection, user_id, message_id)
    sent = files.of_messages(connection, user_id, [message_id]).get(message_id, ())
    return "" if message is None else content_of(message.text, sent)
