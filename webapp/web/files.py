"""Files and images: beside the draft, with a message that is sent by a form, and afterwards."""

from __future__ import annotations

from collections.abc import Iterable

from flask import Blueprint, Response, make_response, render_template, request

from webapp.chat.drafts import Written
from webapp.chat.files import LARGEST_UPLOAD, Added, Upload
from webapp.chat.images import Shown
from webapp.errors import Refused
from webapp.images.folder import Form
from webapp.store.text import storable
from webapp.web.frames import MAX_CHARACTERS, parse_id
from webapp.web.i18n import gettext, sentence
from webapp.web.parts import go_to, named, part, to_be_saved, wants_part
from webapp.web.services import services
from webapp.web.sessions import current_session, model_of

blueprint = Blueprint("files", __name__)


@blueprint.before_request
def take_files() -> None:
    """Raise the limit, for who is signed in. Without a script the message comes along."""
    request.max_content_length = request.max_form_memory_size = 12 * MAX_CHARACTERS


@blueprint.post("/files")
def add() -> Response:
    conversation_id = _conversation()
    return _list(conversation_id, refused=keep_uploads(conversation_id).refused)


@blueprint.post("/files/<file_id>/remove")
def remove(file_id: str) -> Response:
    own, session = services(), current_session()
    conversation_id = own.files.remove(session.id_hash, file_id)
    if not wants_part():
        _keep_text(conversation_id)
    return _list(conversation_id)


@blueprint.get("/messages/<message_id>/files/<int(max=1000):position>")
def save(message_id: str, position: int) -> Response:
    """Give a file that was sent, to be saved: no browser shows it as anything but text."""
    file = services().files.attached(current_session().user.id, message_id, position)
    response = Response(file.text, content_type="text/plain; charset=utf-8")
    return to_be_saved(response, file.name)


@blueprint.get("/images/<image_id>")
def waiting_image(image_id: str) -> Response:
    return shown_image(services().images.waiting(current_session().user.id, image_id))


@blueprint.get("/messages/<message_id>/images/<int(max=1000):position>/<any(whole, small):form>")
def image(message_id: str, position: int, form: Form) -> Response:
    user_id = current_session().user.id
    return shown_image(services().images.sent(user_id, message_id, position, form))


def shown_image(shown: Shown) -> Response:
    """Show an image, or have it saved under its name: of our own making, and of our own types."""
    response = Response(shown.content, content_type=shown.media_type)
    return named(response, shown.name, "inline") if shown.name else response


def keep_uploads(conversation_id: str | None) -> Added:
    """Put the files of this request beside the draft."""
    own, session = services(), current_session()
    return own.files.add(
        session.user.id,
        session.id_hash,
        conversation_id,
        _uploads(),
        model=model_of(own, session),
    )


def said(refused: Iterable[Refused]) -> str:
    """Say why files were refused, each in a line; the same once."""
    return "\n".join(dict.fromkeys(map(sentence, refused)))


def _uploads() -> Iterable[Upload]:
    """Read the files one after another, and of each no more than it may have."""
    for file in request.files.getlist("file"):
        if file.filename:  # a field without a file has no name
            yield Upload(file.filename, file.stream.read(LARGEST_UPLOAD + 1))


def _list(conversation_id: str | None, *, refused: Iterable[Refused] = ()) -> Response:
    own, session = services(), current_session()
    text = said(refused)
    status = 422 if text else 200
    if wants_part():
        views = own.presenter.files(own.files.waiting(session.id_hash, conversation_id))
        return part(render_template("_files.html", files=views, refused=text), status)
    if text:
        title = gettext("That did not work")
        page = render_template("error.html", title=title, sentence=text, status=status)
        return make_response(page, status)
    return go_to("/" if conversation_id is None else f"/c/{conversation_id}")


def _keep_text(conversation_id: str | None) -> None:
    """Keep what was written so far: without a script it comes with the form, and the page goes."""
    own, session = services(), current_session()
    text = storable(request.form.get("text", ""))
    own.drafts.keep(session.user.id, session.id_hash, Written(conversation_id, text))


def _conversation() -> str | None:
    value = request.form.get("conversation", "")
    return parse_id(value) if value else None
