"""Reading by a link: the page, and the socket that tells it what is new. Nothing else.

Whoever comes here may be anybody. All that they have is a token, which is looked up anew
for each request and each frame; all that they can do is look.
"""

from __future__ import annotations

from functools import partial

from flask import Blueprint, Response, g, render_template, request
from flask_sock import Sock
from simple_websocket import Server

from webapp.errors import NotFound, ReadOnly
from webapp.images.folder import Form
from webapp.store.shares import Share
from webapp.web.connection import GONE, SIGNED_OUT, Connection
from webapp.web.events import open_stream, take
from webapp.web.files import shown_image
from webapp.web.frames import Command, Watch, encode, parse_id
from webapp.web.hub import Showing
from webapp.web.i18n import gettext
from webapp.web.pages import older_part, transcript
from webapp.web.parts import go_to, part, wants_part
from webapp.web.proxies import client_network
from webapp.web.services import Services, services
from webapp.web.sessions import current_session, find_session, read_session
from webapp.web.share_views import SharedView
from webapp.web.socket_connection import SocketConnection
from webapp.web.websocket import serve, show

blueprint = Blueprint("reading", __name__, url_prefix="/shared/<token>")
_sock = Sock()


@blueprint.before_request
def let_in() -> None:
    """Look the token up, before anything is read and before a socket is accepted."""
    share = services().shares.open((request.view_args or {})["token"])
    if share.audience == "team":
        current_session()
    g.share = share


@blueprint.after_request
def leave_no_trace(response: Response) -> Response:
    """Keep the address, which is the key, out of other sites' logs and of search engines."""
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    return response


@blueprint.errorhandler(NotFound)
def nothing_here(_error: NotFound) -> tuple[str, int]:
    """Say the same of a link that ran out, was revoked, or never was."""
    return render_template("shared_gone.html", member=find_session() is not None), 404


@blueprint.get("")
def page(token: str) -> str:
    own, share, at = services(), _share(), request.args.get("at")
    address = f"/shared/{token}"
    window = own.shares.window(share, at=at)
    shared = SharedView(
        conversation_id=window.conversation.id,
        title=window.conversation.title,
        transcript=transcript(own, window, address, at=at, door=address),
        snapshot_of="" if share.head_id is None else own.presenter.day(share.created_at),
        until="" if share.expires_at is None else own.presenter.day(share.expires_at),
        member=find_session() is not None,
    )
    return render_template("shared.html", shared=shared, read_only=True)


@blueprint.get("/older")
def older(token: str) -> Response:
    own, address, before = services(), f"/shared/{token}", request.args.get("before", "")
    if not wants_part():
        return go_to(f"{address}?at={parse_id(before)}#message-{before}")
    window = own.shares.window_before(_share(), before)
    return part(older_part(own, window, address, read_only=True))


@blueprint.get("/messages/<message_id>/images/<int(max=1000):position>/<any(whole, small):form>")
def image(token: str, message_id: str, position: int, form: Form) -> Response:  # noqa: ARG001 - see above
    """Show an image of a message that the share shows."""
    own = services()
    return shown_image(own.shares.image(_share(), message_id, position, form, own.images))


@_sock.route("/socket", bp=blueprint)  # type: ignore[untyped-decorator]
def socket(server: Server, token: str) -> None:
    own, session = services(), find_session()
    reader = _address(own) if session is None else session.user.id
    connection = SocketConnection(
        server,
        user_id=reader,
        session_hash="" if session is None else session.id_hash,
        laggards=own.laggards,
        allowance=own.allowances.of(reader),
        visitor=session is None,
    )
    serve(own, connection, greet=_greet, obey=partial(_obey, token))


@blueprint.get("/events")
def events(token: str) -> Response:
    own, session = services(), find_session()
    return open_stream(
        user_id=_address(own) if session is None else session.user.id,
        session_hash="" if session is None else session.id_hash,
        address=f"/shared/{token}/events",
        greet=_greet,
        obey=partial(_obey, token),
        visitor=session is None,
    )


@blueprint.post("/events/<name>")
def frame(token: str, name: str) -> Response:  # noqa: ARG001 - the token opened the door
    session = find_session()
    return take(name, session_hash="" if session is None else session.id_hash)


def _greet(own: Services, connection: Connection) -> None:
    """Say at once that frames come through, which not every proxy lets them."""
    connection.send(encode("saving", late=own.chat.saving_late))


def _obey(token: str, own: Services, connection: Connection, command: Command) -> None:
    try:
        share = own.shares.open(token)
    except NotFound:
        connection.close(GONE, gettext("This is not shared any more."))
        return
    if share.audience == "team" and read_session(own, connection.session_hash) is None:
        connection.close(SIGNED_OUT, gettext("You are signed out."))
        return
    if not isinstance(command, Watch):
        raise ReadOnly
    # Of a snapshot there are no news, and what the conversation is told is not for it.
    if share.head_id is not None or command.conversation_id != share.conversation_id:
        raise NotFound
    showing = Showing(share.conversation_id, share.owner_id, f"/shared/{token}", share.id)
    with own.turnstile.turn():
        show(own, connection, showing, command)
    own.doorkeeper.look()


def _share() -> Share:
    share: Share = g.share
    return share


def _address(own: Services) -> str:
    """Tell where a visitor comes from, so that no place has all the seats."""
    return client_network(request, own.settings.trusted_proxies)
