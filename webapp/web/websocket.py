"""The socket: its thread reads commands and does them; others write the answers."""

from __future__ import annotations

import logging
from collections.abc import Callable

from flask import Flask
from flask_sock import Sock
from simple_websocket import Server

from webapp.chat.asking import Ask, Asker, Continue, Edit, Regenerate, Send
from webapp.errors import BadCommand, BranchMoved, LiaochatError, NotFound, WentOn
from webapp.store.conversations import Conversation
from webapp.web.announce import announce_asked, announce_branch, catch_up, greet
from webapp.web.announce_lists import show_menu
from webapp.web.connection import RESTARTING, SIGNED_OUT, TOO_MANY, Connection
from webapp.web.drafting import announce_sent, answer_draft
from webapp.web.frames import (
    Command,
    Delete,
    Draft,
    Show,
    Stop,
    Watch,
    encode,
    parse_command,
)
from webapp.web.hub import Showing
from webapp.web.i18n import gettext, sentence
from webapp.web.services import Services, services
from webapp.web.sessions import asker_of, current_session, read_session
from webapp.web.socket_connection import SocketConnection, Unstarted

_logger = logging.getLogger(__name__)
_sock = Sock()


def init_app(app: Flask) -> None:
    app.config["SOCK_SERVER_OPTIONS"] = {"thread_class": Unstarted}
    _sock.init_app(app)


@_sock.route("/socket")  # type: ignore[untyped-decorator]
def socket(server: Server) -> None:
    own, session = services(), current_session()
    connection = SocketConnection(
        server,
        user_id=session.user.id,
        session_hash=session.id_hash,
        laggards=own.laggards,
        allowance=own.allowances.of(session.user.id),
    )
    serve(own, connection, greet=greet, obey=obey)


def serve(
    own: Services,
    connection: Connection,
    *,
    obey: Callable[[Services, Connection, Command], None],
    greet: Callable[[Services, Connection], None] = lambda _own, _connection: None,
) -> None:
    """Give a page its place and obey its frames, until it is closed."""
    try:
        if own.hub.add(connection):
            own.doorkeeper.look()
            try:
                greet(own, connection)
                own.turnstile.leave()
                _converse(own, connection, obey)
            finally:
                own.hub.remove(connection)
                own.publisher.leave(connection)
        elif own.hub.closing:
            connection.close(RESTARTING, gettext("The server restarts."))
        else:
            connection.close(TOO_MANY, gettext("Too many pages are open. Close some, then reload."))
    finally:
        own.turnstile.leave()
        connection.finish()


def _converse(
    own: Services,
    connection: Connection,
    obey: Callable[[Services, Connection, Command], None],
) -> None:
    while (frame := connection.receive()) is not None:
        try:
            obey(own, connection, parse_command(frame))
        except BadCommand as error:
            connection.send(encode("error", code=error.code, text=sentence(error)))
        except LiaochatError as error:
            _refuse(connection, None, error)
        except Exception:
            # One of the two places that catch everything: the next command may do better.
            _logger.exception("a command failed in a way it should not")
            _refuse(connection, None, LiaochatError())


def obey(own: Services, connection: Connection, command: Command) -> None:
    """Do what a page of a user says."""
    session = read_session(own, connection.session_hash)
    if session is None:
        connection.close(SIGNED_OUT, gettext("You are signed out."))
        return
    match command:
        case Send() | Regenerate() | Edit() | Continue():
            with own.turnstile.turn():
                _ask(own, connection, asker_of(own, session, command), command)
        case Stop():
            own.chat.stop(connection.user_id, command.message_id)
        case Show():
            shown = own.library.show(connection.user_id, command.message_id)
            announce_branch(own, connection.user_id, shown)
        case Delete():
            _delete(own, connection, command)
        case Draft():
            answer_draft(own, connection, session, command)
        case Watch():
            with own.turnstile.turn():
                conversation = show(own, connection, _showing(own, connection, command), command)
                if conversation is not None:
                    show_menu(own, connection, conversation)


def _delete(own: Services, connection: Connection, command: Delete) -> None:
    try:
        deleted = own.library.delete(connection.user_id, command.message_id, last=command.last)
    except WentOn as error:
        _refuse(connection, None, error)
        showing = own.hub.shown_by(connection)
        if showing is not None:
            catch_up(own, connection, showing, last=command.last)
        return
    announce_branch(own, connection.user_id, deleted)


def _showing(own: Services, connection: Connection, watch: Watch) -> Showing:
    """Find out by what right a page shows what it says. Raises `NotFound` where there is none."""
    if own.chat.conversation(connection.user_id, watch.conversation_id) is None:
        raise NotFound
    return Showing.own(connection.user_id, watch.conversation_id)


def show(
    own: Services, connection: Connection, showing: Showing, watch: Watch
) -> Conversation | None:
    """Send what the page lacks. Returns the conversation, unless it is gone."""
    # Shown first, read then: who changes something meanwhile tells this page, too.
    own.hub.show(connection, showing)
    own.publisher.leave(connection)
    catch_up(own, connection, showing, last=watch.last, state=watch.state, part=watch.part)
    return own.chat.conversation(showing.owner_id, showing.conversation_id)


def _ask(own: Services, connection: Connection, asker: Asker, command: Ask) -> None:
    try:
        asked = own.chat.ask(asker, command)
    except LiaochatError as error:
        _refuse(connection, command.client_id, error)
        if isinstance(error, BranchMoved) and isinstance(command, Send):
            assert command.conversation_id is not None  # noqa: S101 - a new one has not moved
            showing = Showing.own(asker.user_id, command.conversation_id)
            catch_up(own, connection, showing, last=command.parent_id)
        return
    showing = Showing.own(asker.user_id, asked.conversation.id)
    own.hub.show(connection, showing)
    view = own.presenter.conversation(asked.conversation)
    connection.send(
        encode(
            "accepted",
            client_id=command.client_id,
            conversation={"id": view.id, "title": view.title, "url": view.url},
        )
    )
    if asked.again:
        catch_up(own, connection, showing, last=asked.new[0].parent_id)
    else:
        announce_asked(own, asker.user_id, asked)
    if isinstance(command, Send):
        announce_sent(own, asker, command, sender=connection)
    if isinstance(command, Send) and command.conversation_id is None:
        show_menu(own, connection, asked.conversation)


def _refuse(connection: Connection, client_id: str | None, error: LiaochatError) -> None:
    connection.send(encode("refused", client_id=client_id, code=error.code, text=sentence(error)))
