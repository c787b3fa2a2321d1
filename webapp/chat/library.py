"""The library: what a person does with conversations besides asking."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import timedelta

from webapp.chat.asking import find_idle
from webapp.chat.finding import find_conversation
from webapp.chat.names import name_of
from webapp.clock import Clock
from webapp.errors import AlreadyAnswering, NotFound, WentOn
from webapp.store import branches, conversations, instructions, lists, messages, parameters, shares
from webapp.store.conversations import TITLE_LIMIT, Conversation, Mark
from webapp.store.database import Database
from webapp.store.messages import Message

IN_TRASH = timedelta(days=30)
"""How long the trash keeps a conversation."""

_PORTION = 100
"""Messages that are written or deleted in one transaction."""


class Library:
    """Arranges conversations and their branches. Each call names its user."""

    def __init__(self, *, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def show(self, user_id: str, message_id: str) -> Message:
        """Show the branch through a message, up to where it was last continued."""
        with self._database.writing() as connection:
            message = messages.find(connection, user_id, message_id)
            if message is None:
                raise NotFound
            head_id = messages.newest_below(connection, user_id, message_id)
            conversations.move_head(connection, user_id, message.conversation_id, head_id)
        return message

    def delete(self, user_id: str, message_id: str, *, last: str | None) -> Message:
        """Delete a message and all that follows it, and show what stands beside or before it.

        `last` is the last message of the conversation that was seen: what came since is not
        deleted unseen, but `WentOn` raised. `AlreadyAnswering` while an answer runs in it.
        """
        with self._database.writing() as connection:
            message, conversation = find_idle(connection, user_id, message_id)
            if conversation.head_id != last:
                raise WentOn
            siblings = messages.siblings_of(connection, user_id, [message])[message.parent_id]
            messages.remove(connection, user_id, message_id)
            shares.retreat(connection, user_id, conversation.id, message.parent_id)
            gone = conversation.head_id is None or (
                messages.find(connection, user_id, conversation.head_id) is None
            )
            if gone:
                beside = _beside(message.id, siblings)
                head_id = message.parent_id
                if beside is not None:
                    head_id = messages.newest_below(connection, user_id, beside)
                conversations.move_head(connection, user_id, conversation.id, head_id)
        return message

    def branch(self, user_id: str, message_id: str) -> Conversation:
        """Begin a conversation with a copy of what was said up to a message."""
        now = self._clock.now()
        with self._database.reading() as connection:
            path = messages.path(connection, user_id, message_id)
            if not path:
                raise NotFound
            old = find_conversation(connection, user_id, path[0].conversation_id)
            told = instructions.find(connection, user_id, old.id)
            asked_for = parameters.find(connection, user_id, old.id)
        if path[-1].state == "running":
            raise AlreadyAnswering
        with self._database.writing() as connection:
            new = conversations.create(connection, user_id, title=old.title, now=now)
            instructions.keep(connection, user_id, new.id, told)
            parameters.keep(connection, user_id, new.id, asked_for)
        last: str | None = None
        for at in range(0, len(path), _PORTION):
            with self._database.writing() as connection:
                last = branches.copy(
                    connection,
                    user_id,
                    path[at : at + _PORTION],
                    conversation_id=new.id,
                    after=last,
                    now=now,
                )
        return new

    def rename(self, user_id: str, conversation_id: str, title: str) -> None:
        """Give a conversation the title that a person chose, cut to 200 characters."""
        words = name_of(title, TITLE_LIMIT)
        with self._database.writing() as connection:
            if not conversations.rename(connection, user_id, conversation_id, words):
                raise NotFound

    def mark(
        self, user_id: str, conversation_ids: Collection[str], mark: Mark, *, on: bool
    ) -> None:
        """Pin, archive or trash conversations, or undo that; the one does not undo another.

        All of them or, where one is not there, none.
        """
        wanted, now = set(conversation_ids), self._clock.now()
        with self._database.writing() as connection:
            there = conversations.mark(connection, user_id, wanted, mark, now if on else None)
            if there != len(wanted):
                raise NotFound
        if mark == "trashed" and on:
            self.empty_trash()

    def remove(self, user_id: str, conversation_ids: Collection[str]) -> None:
        """Delete conversations for good. All of them, from the trash, or none.

        Raises `AlreadyAnswering` where one of them is being answered.
        """
        wanted = set(conversation_ids)
        with self._database.writing() as connection:
            if conversations.doom(connection, user_id, wanted) != len(wanted):
                live = any(one.live for one in lists.find_all(connection, user_id, wanted))
                raise AlreadyAnswering if live else NotFound
        self.empty_trash()

    def empty_trash(self) -> None:
        """Delete for good what has been in the trash for long: at each start, and as it fills.

        In portions: the index of search takes its time for each message, and running
        answers wait for their turn to be written.
        """
        before, more = self._clock.now() - IN_TRASH, True
        while more:
            with self._database.writing() as connection:
                more = conversations.empty_trash(
                    connection, trashed_before=before, at_most=_PORTION
                )


def _beside(message_id: str, siblings: Sequence[str]) -> str | None:
    """The sibling before a message, else the one after it."""
    at = siblings.index(message_id)
    others = (*reversed(siblings[:at]), *siblings[at + 1 :])
    return others[0] if others else None
