"""What the product does: ask, stop, and read conversations. Each call names its user."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType

from sqlalchemy.exc import IntegrityError

from webapp.chat.asking import Ask, Asked, Asker, check, compose_for, find_place, parameters_for
from webapp.chat.finding import find_conversation
from webapp.chat.run import Run
from webapp.chat.runner import Runner
from webapp.chat.seeing import Read
from webapp.chat.storing import find_asked, store
from webapp.chat.titles import Titler, Untitled
from webapp.chat.window import Window, read_around, read_before, read_behind, read_end
from webapp.clock import Clock
from webapp.errors import AccountDisabled, AlreadyAnswering, BranchMoved, NotFound, QuotaUsedUp
from webapp.lanes import Lane, Place
from webapp.log.base import GenerationLog
from webapp.providers.base import AuthCode, Model, Payer, Question
from webapp.store import branches, conversations, generations, members, messages, thoughts
from webapp.store.conversations import Conversation
from webapp.store.database import Database
from webapp.store.generations import Sent
from webapp.store.messages import Message
from webapp.team import quotas
from webapp.team.usage import account_of, count_asked


class ChatService:
    def __init__(
        self,
        *,
        database: Database,
        log: GenerationLog,
        runner: Runner,
        clock: Clock,
        server_id: str,
        titler: Titler | None = None,
        team_code: Callable[[str], AuthCode | None] = lambda _: None,
        remember: Callable[[Model], None] = lambda _: None,
        read_image: Read = lambda _: None,
        slots: Mapping[str, int] = MappingProxyType({}),
    ) -> None:
        """`team_code` finds the team's for a provider, for an answer that had to wait.

        A model that is asked is told to `remember`. `read_image` reads an image that goes
        along; one that is not there is only named. `slots` says of providers by name how many
        answers of one of their models run at once, of all users together, and of one model at
        a time; others take any number.
        """
        self._database = database
        self._log = log
        self._runner = runner
        self._clock = clock
        self._server_id = server_id
        self._titler = titler
        self._team_code = team_code
        self._remember = remember
        self._read_image = read_image
        self._slots = slots

    def ask(self, asker: Asker, ask: Ask) -> Asked:
        """Store what is asked and begin its answer, in one transaction: one call, one payment.

        A `client_id` that was stored before gives what was stored and asks nothing again.
        Raises a `Refused` when nothing was stored. Whose account is closed meanwhile asks
        nothing more: before it is stored it is refused, and behind that it is stopped.
        """
        user_id, now = asker.user_id, self._clock.now()
        with self._database.reading() as connection:
            known = find_asked(connection, user_id, ask.client_id)
            if known is not None:
                return known
            place = find_place(connection, user_id, ask)
            model = check(asker, ask, place)
            request = compose_for(connection, user_id, model, ask, place, read=self._read_image)
            parameters = parameters_for(connection, user_id, model, ask, place)
            payer: Payer = asker.payer if model.needs_auth_code else "none"
            at_once = quotas.at_once(connection, user_id) if payer == "team" else None
        lane = self._lane(user_id, model, at_once)
        sent = Sent(request.characters, request.total_tokens, payer)
        self._remember(model)
        try:
            with self._database.writing() as connection:
                if members.is_disabled(connection, user_id):
                    raise AccountDisabled
                stored = store(connection, asker, ask, model=model, tokens=request.tokens, now=now)
                conversation_id = stored.conversation.id
                generation_id = generations.begin(
                    connection,
                    conversation_id,
                    stored.answer_id,
                    server_id=self._server_id,
                    now=now,
                    sent=sent,
                    begins_at=len(place.begins_with),
                    waits=lane is not None,
                )
                if payer == "team":
                    quotas.check(
                        connection, user_id, messages=1, characters=sent.characters, now=now
                    )
                account = account_of(user_id, model.key, payer, now)
                count_asked(connection, account, sent)
                messages.keep_counts(connection, user_id, request.counts)
        except (AlreadyAnswering, BranchMoved, QuotaUsedUp, IntegrityError) as error:
            # Of two threads with the same message the second one ends here: at the unique
            # index over client ids, or because the conversation has gone on by the first, or
            # the first has taken the last of a quota.
            with self._database.reading() as connection:
                known = find_asked(connection, user_id, ask.client_id)
            if known is not None:
                return known
            # The unique index over running generations: a second process was faster.
            raise (AlreadyAnswering() if isinstance(error, IntegrityError) else error) from error

        if self._titler is not None and stored.title is not None:
            untitled = Untitled(
                user_id,
                conversation_id,
                stored.answer_id,
                stored.title,
                asker.for_title.code,
                asker.for_title.payer,
            )
            self._titler.expect(generation_id, untitled)
        waits = at_once is not None
        self._runner.begin(
            Run(
                generation_id=generation_id,
                message_id=stored.answer_id,
                question=Question(
                    conversation_id=conversation_id,
                    model=model,
                    system=request.system,
                    turns=request.turns,
                    auth_code=asker.auth_code if model.needs_auth_code and not waits else None,
                    parameters=parameters,
                ),
                begins_with=place.begins_with,
                payer=payer,
                lane=lane,
                asker_id=user_id,
                code_then=partial(self._team_code, model.provider) if waits else None,
            )
        )
        with self._database.reading() as connection:
            closed = members.is_disabled(connection, user_id)
        if closed:  # between the transaction and the run, so that `stop_all` did not find it
            self._runner.stop(generation_id)
        return stored.answered_by(generation_id)

    @property
    def saving_late(self) -> bool:
        """Whether what comes of answers waits to be saved for longer than it should."""
        return self._runner.saving_late

    def stop(self, user_id: str, message_id: str) -> str:
        """End a running answer and return its conversation's id.

        An answer that has ended stays as it is; an unknown one is `NotFound`.
        """
        with self._database.reading() as connection:
            message = messages.find(connection, user_id, message_id)
        if message is None or message.generation_id is None:
            raise NotFound
        self._runner.stop(message.generation_id)
        return message.conversation_id

    def _lane(self, user_id: str, model: Model, at_once: int | None) -> Lane | None:
        """Find where an answer waits: for the asker's own, or for everybody's at its provider."""
        if at_once is not None:
            return Lane(f"user {user_id}", at_once)
        slots = self._slots.get(model.provider)
        if slots is None:
            return None
        return Lane(f"provider {model.provider}", slots, kind=model.id, shared=True)

    def ahead(self, message: Message) -> Place | None:
        """Count the answers that come before one; None where it need not wait for any ever."""
        return None if message.generation_id is None else self._runner.ahead(message.generation_id)

    def stop_all(self, user_id: str) -> None:
        """End all answers of a user, those that run and those that wait to."""
        with self._database.reading() as connection:
            running = generations.running_of(connection, user_id)
        self._runner.stop(*running)

    def window(self, user_id: str, conversation_id: str, *, at: str | None = None) -> Window:
        """Read the end of the branch that is shown, or what stands round a message of it."""
        with self._database.reading() as connection:
            conversation = find_conversation(connection, user_id, conversation_id)
            around = at and read_around(connection, user_id, conversation, at)
            return around or read_end(connection, user_id, conversation)

    def window_before(self, user_id: str, conversation_id: str, message_id: str) -> Window:
        with self._database.reading() as connection:
            conversation = find_conversation(connection, user_id, conversation_id)
            window = read_before(connection, user_id, conversation, message_id)
        if window is None:
            raise NotFound
        return window

    def window_behind(
        self,
        user_id: str,
        conversation_id: str,
        message_id: str | None,
        *,
        state: str | None = None,
        part: bool = False,
    ) -> Window | None:
        """Read what stands behind a message, as `read_behind` says."""
        with self._database.reading() as connection:
            conversation = find_conversation(connection, user_id, conversation_id)
            return read_behind(
                connection, user_id, conversation, message_id, state=state, part=part
            )

    def of_client(self, user_id: str, client_id: str) -> Message | None:
        """Find the message that a page sent under this id, if it was stored."""
        with self._database.reading() as connection:
            return messages.of_client(connection, user_id, client_id)

    def message(self, user_id: str, message_id: str) -> Message | None:
        with self._database.reading() as connection:
            found = branches.read(connection, user_id, [message_id])
        return found[0] if found else None

    def text_so_far(self, message: Message) -> str:
        """Read what has come of an answer: from the log while it runs, else as it is stored."""
        if message.state == "running" and message.generation_id is not None:
            reading = self._log.read(message.generation_id, 0)
            if reading is not None:
                return reading.text
        return message.text

    def thoughts(self, user_id: str, message_id: str) -> tuple[Message, str]:
        """Find an answer, and read what has been thought before it so far. Or `NotFound`."""
        with self._database.reading() as connection:
            message = messages.find(connection, user_id, message_id)
            stored = thoughts.find(connection, user_id, message_id)
        if message is None:
            raise NotFound
        if message.state == "running" and message.generation_id is not None:
            reading = self._log.read(message.generation_id, 0)
            return message, stored if reading is None else reading.thoughts
        return message, stored

    def conversation(self, user_id: str, conversation_id: str) -> Conversation | None:
        with self._database.reading() as connection:
            return conversations.find(connection, user_id, conversation_id)
