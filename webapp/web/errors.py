"""Failures as pages: a status, and the sentence."""

from __future__ import annotations

import logging

from flask import Flask, Response, make_response, render_template, request
from werkzeug.exceptions import HTTPException

from webapp.errors import (
    N_,
    AccountDisabled,
    AlreadyAnswering,
    BadAddress,
    BadCommand,
    BranchMoved,
    CannotSave,
    ChangedElsewhere,
    CharactersOfDayUsed,
    CharactersOfMonthUsed,
    ExportsBusy,
    ExportUnderway,
    FolderExists,
    ImportsBusy,
    ImportTooLarge,
    ImportUnderway,
    InvitationClosed,
    LiaochatError,
    MemberNameTaken,
    MessagesOfDayUsed,
    MessagesOfMonthUsed,
    NotFound,
    NotSignedIn,
    Refused,
    SignInsBusy,
    TooManyTries,
    WentOn,
    WrongPassword,
)
from webapp.web.i18n import gettext, sentence
from webapp.web.services import services

_logger = logging.getLogger(__name__)


class ForeignOrigin(Refused):
    code = "foreign_origin"
    sentence = N_(
        "This request did not come from a page of Liaochat under its own address. "
        "If Liaochat stands behind a proxy, its owner should set LIAOCHAT_PUBLIC_URL."
    )


class LinkUsedUp(Refused):
    code = "link_used_up"
    sentence = N_(
        "This sign-in link was used already or has run out. "
        "On the server's machine, “liaochat link” prints a fresh one."
    )


_STATUS: dict[type[LiaochatError], int] = {
    BadCommand: 400,
    BadAddress: 400,
    NotSignedIn: 401,
    WrongPassword: 401,
    ForeignOrigin: 403,
    AccountDisabled: 403,
    NotFound: 404,
    AlreadyAnswering: 409,
    BranchMoved: 409,
    WentOn: 409,
    ChangedElsewhere: 409,
    FolderExists: 409,
    ExportUnderway: 409,
    ImportUnderway: 409,
    MemberNameTaken: 409,
    InvitationClosed: 410,
    LinkUsedUp: 410,
    ImportTooLarge: 413,
    MessagesOfDayUsed: 429,
    MessagesOfMonthUsed: 429,
    CharactersOfDayUsed: 429,
    CharactersOfMonthUsed: 429,
    TooManyTries: 429,
    CannotSave: 503,
    ExportsBusy: 503,
    ImportsBusy: 503,
    SignInsBusy: 503,
}


def status_of(error: LiaochatError) -> int:
    return _STATUS.get(type(error), 422)


def refusal(error: LiaochatError, page: str) -> Response:
    """Answer with the page on which a refusal is said."""
    response = make_response(page, status_of(error))
    if isinstance(error, TooManyTries):
        response.headers["Retry-After"] = str(error.seconds)
    return response


def init_app(app: Flask) -> None:
    app.register_error_handler(LiaochatError, _known)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _unexpected)


def _known(error: LiaochatError) -> tuple[str, int]:
    if isinstance(error, NotSignedIn):
        at_proxy = bool(services().settings.user_header)
        return render_template("signed_out.html", at_proxy=at_proxy), 401
    return _page(status_of(error), sentence(error))


def _http(error: HTTPException) -> tuple[str, int]:
    status = error.code or 500
    match status:
        case 404:
            text = sentence(NotFound())
        case 405:
            text = gettext("This address does not take such a request.")
        case 413:
            text = gettext("This is more than the server takes at once. Send less.")
        case _:
            text = gettext("The server did not understand this request.")
    return _page(status, text)


def _unexpected(error: Exception) -> tuple[str, int]:
    """One of the two places that catch everything: it is logged, and said without details."""
    _logger.error("%s %s failed", request.method, request.endpoint, exc_info=error)
    return _page(500, gettext("Something went wrong in Liaochat itself; its log says what."))


def _page(status: int, text: str) -> tuple[str, int]:
    title = gettext("Not found") if status == 404 else gettext("That did not work")  # noqa: PLR2004
    return render_template("error.html", title=title, sentence=text, status=status), status
