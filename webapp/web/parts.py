"""Parts of pages: what the page's script asks for, to be placed without loading a page."""

from __future__ import annotations

from typing import Literal
from urllib.parse import quote

from flask import Response, make_response, redirect, request

PART = "text/vnd.liaochat"


def wants_part() -> bool:
    return request.accept_mimetypes.best == PART


def part(html: str, status: int = 200) -> Response:
    response = make_response(html, status)
    response.vary.add("Accept")
    return response


def go_to(path: str) -> Response:
    """Answer a form: look there now. The path is one from Liaochat's own root."""
    return make_response(redirect(request.script_root + path, 303))


def to_be_saved(response: Response, name: str) -> Response:
    """Have a browser save an answer as a file: a page of it would be one under our address."""
    return named(response, name, "attachment")


def named(response: Response, name: str, how: Literal["attachment", "inline"]) -> Response:
    """Give an answer the name under which it is saved, at once or when somebody wants to."""
    plain = name.encode("ascii", "replace").decode().replace("?", "_")
    names = {"filename": plain}
    if plain != name:
        names["filename*"] = f"UTF-8''{quote(name, safe='')}"  # RFC 6266
    response.headers.set("Content-Disposition", how, **names)
    return response
