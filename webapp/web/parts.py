"""Parts of pages: what the page's script asks for, to be placed without loading a page."""

from __future__ import annotations

from flask import Response, make_response, redirect, request

PART = "text/vnd.liaochat"


def wants_part() -> bool:
    return request.accept_mimetypes.best == PART


def part(html: str, status: int = 200) -> Response:
    response = make_response(html, status)
    response.vary.add("Accept")
    return response


def go_to(path: str) -> Response:
    """Answer a form: look there now."""
    return make_response(redirect(path, 303))
