"""Drafts: what is being written, and what of its conversation would be sent with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy.exc import IntegrityError

from webapp.chat.asking import INSTRUCTIONS_LIMIT
from webapp.chat.context import DEFAULT_SYSTEM_TEXT, weigh
from webapp.chat.finding import find_conversation
from webapp.chat.limits import KEPT_FOR_ANSWER, room
from webapp.chat.parameters import dump, load, parse
from webapp.clock import Clock
from webapp.errors import InstructionsTooLong, NotFound, NotSignedIn
from webapp.providers.base import Model, Parameters
from webapp.store import draft_images, drafts, files, images, instructions, messages, parameters
from webapp.store.database import Database
from webapp.store.images import NamedImage
from webapp.store.messages import content_of


@dataclass(frozen=True, slots=True)
class Written:
    """What stands in a box, and where: in a conversation, or in a new chat (None).

    `system_text` is what a new chat's model would be told first; None for the default.
    """

    conversation_id: str | None
    text: str
    system_text: str | None = None


@dataclass(frozen=True, slots=True)
class Gauge:
    """What a message that is sent now would take with it. A limit of 0 is unknown.

    `length` counts the characters of the message with its files. `tokens` is the whole
    request with what is kept for its answer; None where nothing was counted. `unsent` are
    the ids of the messages that stay behind, oldest first, and `first_id` is the one after
    them, if any. Nothing could be sent where it is not `possible`. Where the model takes
    text alone, `blind_to` says of which images it is not shown: `own` ones, which cannot be
    sent to it, or those `before`.
    """

    length: int = 0
    max_length: int = 0
    tokens: int | None = None
    token_limit: int = 0
    room: int | None = None
    unsent: Sequence[str] = ()
    first_id: str | None = None
    possible: bool = True
    blind_to: Literal["", "own", "before"] = ""


class Drafts:
    """Keeps drafts for browser sessions, instructions and parameters for conversations."""

    def __init__(self, *, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def find(self, session_hash: str, conversation_id: str | None) -> str:
        with self._database.reading() as connection:
            return drafts.find(connection, session_hash, conversation_id or "")

    def keep(
        self, user_id: str, session_hash: str, draft: Written, *, was: str | None = None
    ) -> None:
        """Keep a draft. In an unknown conversation it is `NotFound`.

        An empty one is none: it takes away what is kept, or only that which it `was`. Of a
        session that has just ended it is `NotSignedIn`.
        """
        place = draft.conversation_id or ""
        with self._database.reading() as connection:
            if place:
                find_conversation(connection, user_id, place)
            if drafts.find(connection, session_hash, place) == draft.text:
                return
        now = self._clock.now()
        try:
            with self._database.writing() as connection:
                if was is not None and not draft.text:
                    drafts.forget(connection, session_hash, place, was)
                else:
                    drafts.keep(connection, session_hash, place, draft.text, now=now)
        except IntegrityError as error:
            raise NotSignedIn from error

    def gauge(self, user_id: str, session_hash: str, model: Model | None, draft: Written) -> Gauge:
        """Measure a draft with the files beside it and the conversation before it.

        Counting may take a while where much was never counted: call it under no lock.
        """
        with self._database.reading() as connection:
            head_id, system = None, draft.system_text
            if draft.conversation_id is not None:
                found = find_conversation(connection, user_id, draft.conversation_id)
                head_id = found.head_id
                system = instructions.find(connection, user_id, found.id)
            waiting = files.waiting(connection, session_hash, draft.conversation_id or "")
            beside = files.drafted(connection, user_id, [one.id for one in waiting])
            content = content_of(draft.text, [beside[one.id] for one in waiting])
            pictures = draft_images.waiting(connection, session_hash, draft.conversation_id or "")
            if model is None or not (head_id or content or pictures):
                return Gauge(length=len(content))
            weight = weigh(
                connection,
                user_id,
                model,
                system=system or DEFAULT_SYSTEM_TEXT,
                head_id=head_id,
                ahead=[content],
                pictures=[NamedImage(one.name, one.image) for one in pictures],
                needed=1,
            )
            blind_to: Literal["", "own", "before"] = ""
            if not model.sees and pictures:
                blind_to = "own"
            elif not model.sees and head_id and images.of_same(connection, user_id, head_id):
                blind_to = "before"
            unsent = []
            if weight.unsent and weight.possible:
                branch = messages.counts(connection, user_id, head_id)
                unsent = [one.id for one in branch[: weight.unsent]]
        if weight.counts:
            with self._database.writing() as connection:
                messages.keep_counts(connection, user_id, weight.counts)
        return Gauge(
            length=len(content),
            max_length=model.max_length,
            tokens=None if weight.fit is None else weight.fit.tokens + KEPT_FOR_ANSWER,
            token_limit=model.token_limit,
            room=room(model.token_limit),
            unsent=unsent,
            first_id=weight.first_id if unsent else None,
            possible=weight.possible,
            blind_to=blind_to,
        )

    def instructions(self, user_id: str, conversation_id: str) -> str:
        """What the model is told first in a conversation; empty for the default."""
        with self._database.reading() as connection:
            return instructions.find(connection, user_id, conversation_id) or ""

    def instruct(self, user_id: str, conversation_id: str, text: str) -> None:
        """Change what the model is told first; an empty text goes back to the default."""
        if len(text) > INSTRUCTIONS_LIMIT:
            raise InstructionsTooLong(limit=INSTRUCTIONS_LIMIT)
        with self._database.writing() as connection:
            if not instructions.keep(
                connection, user_id, conversation_id, text if text.strip() else None
            ):
                raise NotFound

    def parameters(self, user_id: str, conversation_id: str) -> Parameters:
        """What is asked of the model in a conversation."""
        with self._database.reading() as connection:
            return load(parameters.find(connection, user_id, conversation_id))

    def ask_for(self, user_id: str, conversation_id: str, written: Mapping[str, str]) -> Parameters:
        """Change what is asked of the model; raises what `parameters.parse` does."""
        asked_for = parse(written)
        with self._database.writing() as connection:
            if not parameters.keep(connection, user_id, conversation_id, dump(asked_for)):
                raise NotFound
        return asked_for
