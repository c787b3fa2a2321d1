"""What a model is given: the system text, and what of the conversation it has room for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, cast

from sqlalchemy import Connection

from webapp.chat.limits import Fit, fit, room
from webapp.chat.seeing import CHARACTERS, Read, Sight
from webapp.chat.tokens import count
from webapp.errors import RequestTooLong
from webapp.providers.base import Model, Turn
from webapp.store import files, images, messages
from webapp.store.images import NamedImage
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
        """What it takes of a quota of characters: an image as much as a page or two."""
        said = sum(len(turn.content) + CHARACTERS * len(turn.images) for turn in self.turns)
        return len(self.system) + said


def compose(
    connection: Connection,
    user_id: str,
    model: Model,
    *,
    system: str,
    head_id: str | None,
    read: Read,
    question: str = "",
    pictures: Sequence[NamedImage] = (),
    going_on_from: str = "",
) -> Request:
    """Put together what is asked after the branch that ends at `head_id`.

    That is a new question with its pictures, or the one at its end again; or the rest of its
    answer, which begins with `going_on_from`. `read` reads the images that go along. Raises
    `RequestTooLong` where not even that fits.
    """
    new = bool(question or pictures)
    ahead = [question] if new else [going_on_from, _GO_ON] if going_on_from else []
    weight = weigh(
        connection,
        user_id,
        model,
        system=system,
        head_id=head_id,
        ahead=ahead,
        pictures=pictures,
        # Where no question is new, the one that stands there is needed.
        needed=len(ahead) + (not new),
    )
    if not weight.possible:
        raise RequestTooLong(model=model.name, room=room(model.token_limit) or 0)
    sent = messages.path(connection, user_id, head_id, last=weight.sent)
    sight = Sight(model)
    if new:
        behind = [Turn("user", *sight.show(question, pictures, read))]
    else:
        behind = [Turn("assistant", going_on_from), Turn("user", _GO_ON)][: len(ahead)]
    asked = (*turns(sent, sight, read), *behind)
    if weight.fit is not None:
        own = weight.ahead[0] if new else None
        return Request(system, asked, own, weight.counts, weight.fit.tokens)
    own, kept, total = _counted(system, sent, ahead, pictures, Sight(model))
    return Request(system, asked, own if new else None, kept, total)


def _counted(
    system: str,
    sent: Sequence[Message],
    ahead: Sequence[str],
    pictures: Sequence[NamedImage],
    sight: Sight,
) -> tuple[int | None, Mapping[str, int], int]:
    """Count all that goes to a model of which no limit is known, each message once.

    Returns what the first text `ahead` counts as, what the messages do that were not counted
    yet, and all of it.
    """
    behind = [count(text) for text in ahead]
    shown = sight.tokens(pictures)
    weights = [behind[0] + shown, *behind[1:]] if behind else []
    fresh = {one.id: count(one.content) for one in sent if one.tokens is None}
    known = [
        (fresh[one.id] if one.tokens is None else one.tokens) + sight.tokens(one.images)
        for one in reversed(sent)
    ]
    total = fit(count(system), [*known, *weights], 0).tokens
    kept = {one.id: fresh[one.id] for one in sent if one.id in fresh and one.state != "running"}
    return behind[0] if behind else None, kept, total


def weigh(
    connection: Connection,
    user_id: str,
    model: Model,
    *,
    system: str,
    head_id: str | None,
    ahead: Sequence[str],
    needed: int,
    pictures: Sequence[NamedImage] = (),
) -> Weight:
    """Find out how much of a branch goes along with the texts `ahead`, and their pictures.

    What was counted once is read from the rows. The rest is counted from the newest back
    and only as far as the model has room, which bounds the work.
    """
    most = room(model.token_limit)
    if most is None:
        return Weight(None)
    branch = messages.counts(connection, user_id, head_id)
    sent = images.of_same(connection, user_id, head_id) if head_id is not None else {}
    sight = Sight(model)
    base = count(system, up_to=most)
    behind = [count(text, up_to=most) for text in ahead]
    shown = sight.tokens(pictures)
    total = base + sum(behind) + shown
    fresh: dict[str, int] = {}
    tail: list[int] = []
    for one in reversed(branch):
        tokens = one.tokens
        if tokens is None:
            tokens = count(_content(connection, user_id, one.id), up_to=most)
            if tokens <= most and one.state != "running":
                fresh[one.id] = tokens
        tail.insert(0, tokens + sight.tokens(sent.get(one.id, ())))
        total += tail[0]
        if total > most:
            break
    weights = [behind[0] + shown, *behind[1:]] if behind else []
    fitted = fit(base, [*tail, *weights], model.token_limit, needed=needed)
    unsent = len(branch) - len(tail) + fitted.first
    return Weight(
        fitted,
        sent=len(branch) - unsent,
        unsent=unsent,
        first_id=branch[unsent].id if 0 < unsent < len(branch) else None,
        counts=fresh,
        ahead=[one if one <= most else None for one in behind],
    )


def turns(branch: Sequence[Message], sight: Sight, read: Read) -> tuple[Turn, ...]:
    """Turn a branch into what was said, oldest first. An answer that never began was not."""
    said = []
    for message in reversed(branch):  # the newest images go along first
        content, shown = sight.show(message.content, message.images, read)
        if content or shown:
            role = cast("Literal['user', 'assistant']", message.role)
            said.append(Turn(role, content, shown))
    return tuple(reversed(said))


def _content(connection: Connection, user_id: str, message_id: str) -> str:
    message = messages.find(connection, user_id, message_id)
    sent = files.of_messages(connection, user_id, [message_id]).get(message_id, ())
    return "" if message is None else content_of(message.text, sent)
