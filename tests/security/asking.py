"""Requests and frames that name things, and what is comparable in the answers to them."""

from __future__ import annotations

import io
import json
import re
import sys
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.security.routes import SAFE, Route, fields_in, frame_fields
from tests.security.things import FIELDS, KINDS, MESSAGES, STREAMS, WORDS

Ids = Mapping[str, str]

# What a page draws anew each time: client ids in forms.
_DRAWN = re.compile(rb"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_NEW = re.compile(
    rb"[0-9a-f]{32}|\d{16}|\d{10}\.\d+|Content-Length: \d+|"
    rb"\d{4}-\d\d-\d\dT[\d:.]+|liaochat-80=[\w-]{43}; Expires=[^;]+"
)


def askable(routes: Iterable[Route]) -> list[Route]:
    """The routes that can be asked in this process."""
    return [route for route in routes if route.endpoint not in STREAMS]


def ask(
    client: FlaskClient, route: Route, ids: Ids, fields: Mapping[str, object] | None = None
) -> TestResponse:
    """Send a request with all fields that there are, in the query or as a form."""
    fields = fields or {}
    return client.open(
        route.path(ids),
        method=route.method,
        query_string=fields if route.method in SAFE else {},
        data={} if route.method in SAFE else fields,
        buffered=True,
    )


def fields_naming(ids: Ids, others: Iterable[str] = ()) -> Iterator[dict[str, object]]:
    """Fill all fields with `ids`, and the `others` with those of one kind after another."""
    known = {name: ids[kind] for name, kind in FIELDS.items()}
    for kind in KINDS if others else KINDS[:1]:
        yield {**WORDS, **known, **dict.fromkeys(others, ids[kind])}


def fields_in_no_table(app: Flask, route: Route) -> set[str]:
    """Tell which fields the module of a route reads of which nobody said what they name."""
    module = sys.modules[app.view_functions[route.endpoint].__module__]
    assert module.__file__ is not None
    return fields_in(Path(module.__file__)) - FIELDS.keys() - WORDS.keys()


def frames_naming(name: str, own: Ids, other: Ids) -> Iterator[str]:
    """Write a frame with one field after another naming what is not one's own."""
    unknown = frame_fields() - FIELDS.keys() - WORDS.keys()
    assert not unknown, (
        f"Frames have fields that these tests do not know: {sorted(unknown)}. Add each to FIELDS "
        "in tests/security/things.py with the kind of thing that it names, or to WORDS."
    )
    kinds = {each: FIELDS[each] for each in frame_fields() & FIELDS.keys()}
    kinds["message"] = MESSAGES.get(name, kinds["message"])
    for strange in sorted(kinds):
        ids = {each: (other if each == strange else own)[kind] for each, kind in kinds.items()}
        words = {each: WORDS[each] for each in frame_fields() & WORDS.keys()}
        files = [ids["files"]] if name == "send" else []
        yield json.dumps({"type": name, **words, **ids, "files": files})


def comparable(answer: bytes, *ids: Ids) -> bytes:
    """Take out what was only echoed, and what is drawn anew for each answer."""
    for known in ids:
        for id_ in known.values():
            answer = answer.replace(id_.encode(), b"<id>")
    return _DRAWN.sub(b"<drawn>", answer)


def without_news(answer: bytes) -> bytes:
    """Take out new ids and times; of what was accepted, all that tells how far it got."""
    if answer.startswith(b'{"type":"accepted"'):
        return b"accepted"
    return _NEW.sub(b"<new>", answer)


def told(response: TestResponse) -> bytes:
    """All of an answer: status, headers, body. Of an archive what is in it, without its time."""
    head = "\n".join(f"{name}: {value}" for name, value in sorted(response.headers))
    return f"{response.status}\n{head}\n\n".encode() + _body(response)


def _body(response: TestResponse) -> bytes:
    if response.mimetype != "application/zip":
        return response.get_data()
    with zipfile.ZipFile(io.BytesIO(response.get_data())) as archive:
        return b"\n\n".join(
            name.encode() + b"\n" + archive.read(name) for name in archive.namelist()
        )
