"""Telling open pages what is new. Callable from any thread."""

from __future__ import annotations

from collections.abc import Sequence

from webapp.chat.asking import Asked
from webapp.chat.service import Thread
from webapp.store.conversations import Conversation
from webapp.store.messages import Message
from webapp.web.connection import Connection
from webapp.web.frames import encode
from webapp.web.hub import Showing
from webapp.web.publisher import Followed
from webapp.web.services import Services

_LATEST = 10


def announce_asked(own: Services, user_id: str, asked: Asked) -> None:
    """Show the new messages to all who look at the conversation."""
    if asked.again:
        return
    own.publisher.follow(_followed(asked.answer, user_id))
    for connection, showing in own.hub.showing(asked.conversation.id):
        show_messages(own, connection, showing, asked.new, after=asked.new[0].parent_id)
    announce_entry(own, user_id, asked.conversation.id)


def announce_branch(own: Services, user_id: str, conversation_id: str) -> None:
    """Show all who look at the conversation the branch that it shows now."""
    pages = own.hub.showing(conversation_id)
    if not pages:
        return
    messages = own.chat.thread(user_id, conversation_id).messages
    for connection, showing in pages:
        show_messages(own, connection, showing, messages, after=None)


def announce_entry(own: Services, user_id: str, conversation_id: str) -> None:
    """Bring the conversation's entry in the lists of the user's pages up to date."""
    pages = own.hub.of_user(user_id)
    if not pages:
        return
    conversation = own.chat.conversation(user_id, conversation_id)
    if conversation is None or conversation.archived or conversation.trashed:
        frame = encode("list", conversation=conversation_id, html=None)
    else:
        frame = _entry(own, conversation)
    for connection in pages:
        connection.send(frame)


def announce_latest(own: Services, connection: Connection) -> None:
    """Bring a page's list up to date, which may have missed news while it was away."""
    for conversation in reversed(own.chat.recent(connection.user_id)[:_LATEST]):
        connection.send(_entry(own, conversation))


def _entry(own: Services, conversation: Conversation) -> bytes:
    html = own.presenter.entry(own.presenter.conversation(conversation))
    return encode("list", conversation=conversation.id, html=html)


def catch_up(
    own: Services,
    connection: Connection,
    showing: Showing,
    thread: Thread,
    *,
    last: str | None,
    state: str | None,
) -> None:
    """Send what a page lacks that shows a branch up to `last`, itself in `state`."""
    messages = thread.messages
    start = 0
    for at, message in enumerate(messages):
        if message.id == last:
            start = at + 1 if message.state == state else at
    if start < len(messages) or (not messages and last is not None):
        after = messages[start - 1].id if start else None
        show_messages(own, connection, showing, messages[start:], after=after)
    elif messages and messages[-1].state == "running":
        own.publisher.watch(_followed(messages[-1], showing.owner_id), connection)


def resume(own: Services, connection: Connection) -> None:
    """Send the last message anew to a page whose answer ended while it was not served."""
    showing = own.hub.shown_by(connection)
    if showing is None:
        return
    messages = own.chat.thread(showing.owner_id, showing.conversation_id).messages
    if messages:
        show_messages(own, connection, showing, messages[-1:], after=messages[-1].parent_id)


def show_messages(
    own: Services,
    connection: Connection,
    showing: Showing,
    messages: Sequence[Message],
    *,
    after: str | None,
) -> None:
    """Send messages. The text of one that is being answered follows as a snapshot."""
    articles = [
        own.presenter.article(
            own.presenter.message(message, "" if message.state == "running" else message.text),
            read_only=showing.read_only,
        )
        for message in messages
    ]
    connection.send(
        encode("messages", conversation=showing.conversation_id, after=after, html=articles)
    )
    if messages and messages[-1].state == "running":
        own.publisher.watch(_followed(messages[-1], showing.owner_id), connection)


def _followed(answer: Message, user_id: str) -> Followed:
    assert answer.generation_id is not None  # noqa: S101 - every answer has one
    return Followed(
        generation_id=answer.generation_id,
        message_id=answer.id,
        conversation_id=answer.conversation_id,
        user_id=user_id,
        model=answer.model,
    )
