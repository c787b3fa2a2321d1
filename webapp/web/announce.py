"""Telling open pages what is new. Callable from any thread.

What is read of a conversation is sent before anybody else reads it to send it (`Hub.telling`):
so what a page is told last is how things are, whoever changed them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, partial

from webapp.chat.asking import Asked
from webapp.chat.run import Run
from webapp.chat.window import Window
from webapp.log.base import Ending
from webapp.store.conversations import Conversation
from webapp.store.messages import Message
from webapp.web.connection import Connection
from webapp.web.followed import Followed
from webapp.web.frames import encode
from webapp.web.hub import Showing
from webapp.web.services import Services


def announce_asked(own: Services, user_id: str, asked: Asked) -> None:
    """Show the new messages to all who look at the conversation."""
    if asked.again:
        return
    own.publisher.follow(_followed(asked.answer, user_id))
    conversation_id = asked.conversation.id
    with own.hub.telling(conversation_id):
        now = own.chat.conversation(user_id, conversation_id)
        shown = now is not None and now.head_id == asked.answer.id
        for connection, showing in own.hub.showing(conversation_id) if shown else ():
            show_messages(own, connection, showing, asked.new, after=asked.new[0].parent_id)
        _tell_entry(own, user_id, conversation_id, now)
    if now is not None and not shown:  # another page has gone to another branch since
        announce_branch(own, user_id, asked.new[0])


def announce_branch(own: Services, user_id: str, changed: Message) -> None:
    """Show all who look at the conversation what its branch holds now where `changed` was.

    What stands before it is on the pages already; a page that does not have it asks anew.
    """
    with own.hub.telling(changed.conversation_id):
        pages = own.hub.showing(changed.conversation_id)
        if not pages:
            return
        window = own.chat.window_behind(user_id, changed.conversation_id, changed.parent_id)
        for connection, showing in pages:
            _show_window(own, connection, showing, window)


def announce_entry(own: Services, user_id: str, conversation_id: str) -> None:
    """Bring the conversation's entry in the lists of the user's pages up to date."""
    with own.hub.telling(conversation_id):
        now = own.chat.conversation(user_id, conversation_id)
        _tell_entry(own, user_id, conversation_id, now)


def _tell_entry(
    own: Services, user_id: str, conversation_id: str, conversation: Conversation | None
) -> None:
    own.list_versions.change(user_id)
    pages = own.hub.of_user(user_id)
    if not pages:
        return
    frame = entry_frame(own, conversation_id, conversation)
    for connection in pages:
        connection.send(frame)


def announce_moved(own: Services, run: Run) -> None:
    """Tell that an answer that waited begins, or waits for fewer."""
    announce_waiting(own, run.asker_id, run.message_id, run.question.conversation_id)


def announce_waiting(own: Services, user_id: str, message_id: str, conversation_id: str) -> None:
    """Tell the person's pages how many answers come before one, or that it begins.

    At the desk, where all that concerns an answer's footer is sent in the order of its truth.
    """
    own.publisher.do(partial(_show_waiting, own, user_id, message_id, conversation_id))


def _show_waiting(own: Services, user_id: str, message_id: str, conversation_id: str) -> None:
    pages = [one for one, showing in own.hub.showing(conversation_id) if not showing.read_only]
    message = own.chat.message(user_id, message_id) if pages else None
    if message is None or message.state != "running":
        return
    footer = own.presenter.footer(message, ahead=own.chat.ahead(message))
    for connection in pages:
        connection.send(encode("waiting", message=message_id, footer=footer))


def ended_frame(own: Services, followed: Followed, ending: Ending) -> Callable[[Connection], bytes]:
    """Draw the end of an answer once for its owner and once for readers; tell who gets which."""
    message = own.chat.message(followed.user_id, followed.message_id)

    @cache
    def drawn(*, read_only: bool) -> bytes:
        footer, thoughts = "", ""
        if message is not None:
            footer = own.presenter.footer(message, read_only=read_only)
            thoughts = "" if read_only else own.presenter.thoughts(message)
        return encode(
            "ended",
            message=followed.message_id,
            state=ending.state,
            footer=footer,
            thoughts=thoughts,
        )

    return lambda connection: drawn(read_only=own.hub.reads_only(connection))


def announce_saving(own: Services, *, late: bool) -> None:
    """Tell all pages whether what they show is saved in time."""
    for connection in own.hub.everyone():
        connection.send(encode("saving", late=late))


def greet(own: Services, connection: Connection) -> None:
    """Tell a page that opens a socket what it may have missed before."""
    connection.send(encode("saving", late=own.chat.saving_late))
    announce_version(own, connection)


def announce_version(own: Services, connection: Connection) -> None:
    """Let a page compare the version of its lists with the one there is."""
    connection.send(encode("lists", version=own.list_versions.of(connection.user_id)))


def entry_frame(own: Services, conversation_id: str, conversation: Conversation | None) -> bytes:
    """Say how a conversation is listed now; what is put away or gone is not."""
    if conversation is None or conversation.archived or conversation.trashed:
        return encode("list", conversation=conversation_id, html=None)
    html = own.presenter.entry(own.presenter.conversation(conversation))
    return encode("list", conversation=conversation.id, html=html)


def catch_up(
    own: Services,
    connection: Connection,
    showing: Showing,
    *,
    last: str | None,
    state: str | None = None,
    part: bool = False,
) -> None:
    """Send what a page lacks that shows a branch up to `last`, itself in `state`.

    A page that shows nothing, or what is not of this branch, gets the end of it; one whose
    reader is in the middle a `part` of what follows.
    """
    with own.hub.telling(showing.conversation_id):
        window = None
        if last is not None:
            window = own.chat.window_behind(
                showing.owner_id, showing.conversation_id, last, state=state or "unknown", part=part
            )
        if window is None or window.messages:
            _show_window(own, connection, showing, window)
        elif window.conversation.live:
            _watch_head(own, connection, showing, window.conversation)


def resume(own: Services, connection: Connection) -> None:
    """Send the last message anew to a page whose answer ended while it was not served."""
    showing = own.hub.shown_by(connection)
    if showing is None:
        return
    with own.hub.telling(showing.conversation_id):
        conversation = own.chat.conversation(showing.owner_id, showing.conversation_id)
        head_id = None if conversation is None else conversation.head_id
        message = None if head_id is None else own.chat.message(showing.owner_id, head_id)
        if message is not None:
            show_messages(own, connection, showing, [message], after=message.parent_id)


def show_messages(
    own: Services,
    connection: Connection,
    showing: Showing,
    messages: Sequence[Message],
    *,
    after: str | None,
    older: str | None = None,
    newer: str | None = None,
) -> None:
    """Send messages. The text of one that is being answered follows as a snapshot.

    `older` and `newer` are the ways to what stands round them, as HTML.
    """
    articles = [
        own.presenter.article(
            own.presenter.message(
                message,
                "" if message.state == "running" else message.text,
                ahead=own.chat.ahead(message),
                door=showing.address if showing.read_only else "",
            ),
            read_only=showing.read_only,
        )
        for message in messages
    ]
    connection.send(
        encode(
            "messages",
            conversation=showing.conversation_id,
            after=after,
            html=articles,
            older=older,
            newer=newer,
        )
    )
    if messages and messages[-1].state == "running":
        _watch(own, connection, showing, messages[-1])


def _show_window(
    own: Services, connection: Connection, showing: Showing, window: Window | None
) -> None:
    """Send what stands behind a message; without such a window the end of the branch."""
    whole = window is None
    window = window or own.chat.window(showing.owner_id, showing.conversation_id)
    older = own.presenter.older(showing.address, window) if whole else None
    newer = own.presenter.newer(showing.address, window)
    show_messages(
        own,
        connection,
        showing,
        window.messages,
        after=None if whole else window.before,
        older=own.presenter.further(older),
        newer=own.presenter.further(newer),
    )


def _watch_head(
    own: Services, connection: Connection, showing: Showing, conversation: Conversation
) -> None:
    """Send a page that has the running answer's article its text, or all of it if it has ended."""
    head_id = conversation.head_id
    answer = None if head_id is None else own.chat.message(showing.owner_id, head_id)
    if answer is None:
        return
    if answer.state == "running":
        _watch(own, connection, showing, answer)
    else:  # since it was looked at, and before this page could hear of it
        show_messages(own, connection, showing, [answer], after=answer.parent_id)


def _watch(own: Services, connection: Connection, showing: Showing, answer: Message) -> None:
    if own.chat.ahead(answer) is not None:  # it may have moved on since it was drawn
        announce_waiting(own, showing.owner_id, answer.id, showing.conversation_id)
    own.publisher.watch(_followed(answer, showing.owner_id), connection)


def _followed(answer: Message, user_id: str) -> Followed:
    assert answer.generation_id is not None  # noqa: S101 - every answer has one
    return Followed(
        generation_id=answer.generation_id,
        message_id=answer.id,
        conversation_id=answer.conversation_id,
        user_id=user_id,
        model=answer.model,
    )
