"""Titles by a model, where the owner turned that on: each costs its asker one short request."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from webapp.chat.limits import fit
from webapp.chat.storing import title_of
from webapp.chat.tokens import count
from webapp.clock import Clock
from webapp.errors import LiaochatError, UnknownModel
from webapp.providers.base import (
    AuthCode,
    Cancellation,
    Model,
    Payer,
    Provider,
    Question,
    Turn,
    Used,
)
from webapp.store import conversations, messages
from webapp.store.database import Database
from webapp.store.generations import Sent
from webapp.store.text import one_line
from webapp.team import quotas
from webapp.team.usage import account_of, count_answered, count_asked, take_back

_PATIENCE = 30.0
_LONGEST = 300
_EXCERPT = 1000
_LINE = 200
_ORNAMENT = " \t\"'“”‘’«»*_#`.:"
_SYSTEM = (
    "You name conversations. Answer with a title of at most six words, in the language of "
    "the conversation, and with nothing else: no quotation marks, no full stop."
)

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Untitled:
    """A conversation whose first answer is being written, and what titles it until then."""

    user_id: str
    conversation_id: str
    answer_id: str
    title: str
    auth_code: AuthCode | None
    payer: Payer = "own"


class Titler:
    """Asks a model for the title of a conversation once its first answer is complete.

    Which one `model` says; without one it does nothing.
    That is done once for a conversation and never again, on a thread of its own which
    nobody waits for. What fails leaves the title as it is.
    """

    def __init__(
        self,
        *,
        database: Database,
        clock: Clock,
        providers: Mapping[str, Provider],
        model: Callable[[], Model | None],
        on_titled: Callable[[str, str], None],
    ) -> None:
        self._database = database
        self._clock = clock
        self._providers = providers
        self._model = model
        self._on_titled = on_titled
        self._lock = threading.Lock()  # guards the three below
        self._untitled: dict[str, Untitled] = {}
        self._running: set[Cancellation] = set()
        self._closing = False

    def expect(self, generation_id: str, untitled: Untitled) -> None:
        """Make a title when this generation is over."""
        if self._model() is not None:
            with self._lock:
                self._untitled[generation_id] = untitled

    def ended(self, generation_id: str) -> None:
        """Begin with what waited for this generation. Does not wait."""
        cancellation = Cancellation()
        with self._lock:
            untitled = self._untitled.pop(generation_id, None)
            if untitled is None or self._closing:
                return
            self._running.add(cancellation)
        threading.Thread(
            target=self._run,
            args=(untitled, cancellation),
            name=f"title-{generation_id[:8]}",
            daemon=True,
        ).start()

    def close(self) -> None:
        """Give up what is under way, and begin no more. Does not wait."""
        with self._lock:
            self._closing = True
            running = list(self._running)
        for cancellation in running:
            cancellation.cancel()

    def _run(self, untitled: Untitled, cancellation: Cancellation) -> None:
        deadline = threading.Timer(_PATIENCE, cancellation.cancel)
        deadline.daemon = True
        deadline.start()
        try:
            model = self._model()
            if model is not None and (untitled.auth_code or not model.needs_auth_code):
                self._entitle(untitled, model, cancellation)
        except LiaochatError as error:
            _logger.warning("no title was made: %s", error.code)
        except Exception as error:  # noqa: BLE001 - the top of a thread; its text is not for logs
            _logger.error("no title was made: %s", type(error).__name__)  # noqa: TRY400
        finally:
            deadline.cancel()
            with self._lock:
                self._running.discard(cancellation)

    def _entitle(self, untitled: Untitled, model: Model, cancellation: Cancellation) -> None:
        user_id, conversation_id = untitled.user_id, untitled.conversation_id
        with self._database.reading() as connection:
            said = messages.path(connection, user_id, untitled.answer_id, last=2)
            conversation = conversations.find(connection, user_id, conversation_id)
        complete = bool(said) and said[-1].state == "complete"
        if not complete or conversation is None or conversation.title_given:
            return
        asked = "\n\n".join(one.content[:_EXCERPT] for one in said)
        question = Question(
            conversation_id=conversation_id,
            model=model,
            system=_SYSTEM,
            turns=(Turn("user", f"Name this conversation:\n\n{asked}"),),
            auth_code=untitled.auth_code if model.needs_auth_code else None,
        )
        title = cleaned(self._ask(untitled, question, cancellation))
        if not title or self._closing:
            return
        with self._database.writing() as connection:
            now = conversations.find(connection, user_id, conversation_id)
            titled = (
                now is not None
                and now.title == untitled.title
                and conversations.entitle(connection, user_id, conversation_id, title)
            )
        if titled:
            self._on_titled(user_id, conversation_id)

    def _ask(self, untitled: Untitled, question: Question, cancellation: Cancellation) -> str:
        """Read the answer, as far as a title may go; nothing where it was given up.

        It counts as used by who asked in the conversation, but it is no message of theirs.
        """
        payer = untitled.payer if question.model.needs_auth_code else "none"
        user_id, now = untitled.user_id, self._clock.now()
        account = account_of(user_id, question.model.key, payer, now)
        sent = _sent(question, payer)
        with self._database.writing() as connection:
            if payer == "team":
                quotas.check(connection, user_id, messages=0, characters=sent.characters, now=now)
            count_asked(connection, account, sent, messages=0)
        text, unpaid = "", False
        used: Used | None = None
        try:
            provider = self._providers.get(question.model.provider)
            if provider is None:
                raise UnknownModel
            for piece in provider.stream(question, cancellation):
                text += piece if isinstance(piece, str) else ""
                used = piece if isinstance(piece, Used) else used
                if len(text) > _LONGEST:
                    cancellation.cancel()
                    return text
        except LiaochatError as error:
            unpaid = error.unpaid and not text
            raise
        finally:
            tokens = count(text)
            with self._database.writing() as connection:
                if unpaid:
                    take_back(connection, account, sent, messages=0)
                else:
                    count_answered(
                        connection, account, sent, characters=len(text), tokens=tokens, used=used
                    )
        return "" if cancellation.cancelled else text


def _sent(question: Question, payer: Payer) -> Sent:
    texts = [turn.content for turn in question.turns]
    tokens = fit(count(question.system), [count(one) for one in texts], 0).tokens
    return Sent(len(question.system) + sum(map(len, texts)), tokens, payer)


def cleaned(text: str) -> str:
    """Make a title of what a model said: its first line, without ornament, 60 characters."""
    line = next((line for line in text.splitlines() if line.strip(_ORNAMENT)), "")
    return title_of(one_line(line, _LINE).strip(_ORNAMENT))
