"""What addresses and fields name: the tables that a new kind of id must be entered in.

All the rest of these tests finds out for itself what there is: the routes in the URL map,
the frames and fields in the source of `webapp/web`.
"""

from __future__ import annotations

KINDS = (
    "conversation",
    "message",
    "question",
    "broken",
    "folder",
    "file",
    "image",
    "prompt",
    "preset",
    "share",
    "import",
    "client",
    "stream",
    "session",
    "invitation",
    "member",
)
"""What a person owns, each with an id that others may come to know. `World` makes one of each."""

ARGUMENTS: dict[str, str] = {
    "conversation_id": "conversation",
    "message_id": "message",
    "folder_id": "folder",
    "file_id": "file",
    "image_id": "image",
    "prompt_id": "prompt",
    "preset_id": "preset",
    "share_id": "share",
    "import_id": "import",
    "client_id": "client",
    "session_id": "session",
    "invitation_id": "invitation",
    "member_id": "member",
    "user_id": "member",
    # Not ids but places and names, which stand beside an id or are everybody's.
    "position": "",
    "form": "",
    "digest": "",
}
"""Which kind an argument of an address names; none where it is not an id."""

KEYS: dict[str, str] = {
    "sign_in.confirm.token": "spent link",
    "invited.form.token": "closed invitation",
    "reading.page.token": "ended share",
    "reading.older.token": "ended share",
    "reading.image.token": "ended share",
    "reading.socket.token": "ended share",
    "reading.events.token": "ended share",
    "reading.frame.token": "ended share",
}
"""Tokens: who has one may come in, so what must look like nothing is one that opens no more."""

NAMES: dict[str, str] = {
    "events.frame.name": "stream",
    "reading.frame.name": "stream",
    "static_files.file.name": "",
}
"""Arguments whose name alone does not tell what they are, by their endpoint."""

FIELDS: dict[str, str] = {
    "conversation": "conversation",
    "parent": "message",
    "message": "message",
    "last": "message",
    "at": "message",
    "before": "message",
    "files": "file",
    "folder": "folder",
    "preset": "preset",
}
"""Which kind a field of a form, a query or a frame names. One that is in no table is tried
with the id of every kind."""

MESSAGES = {"edit": "question", "continue": "broken"}
"""Which messages these frames name: they do nothing with a whole answer."""

CLIENT_ID = "00000000-0000-4000-8000-000000000001"
WORDS: dict[str, object] = {
    "client_id": CLIENT_ID,
    "text": "let me in",
    "title": "mine",
    "name": "mine",
    "system": "Be brief.",
    "temperature": "1",
    "top_p": "1",
    "max_tokens": "100",
    "seed": "1",
    "reasoning_effort": "low",
    "was": "",
    "model": "liaobots/gpt-4",
    "state": "running",
    "audience": "team",
    "kind": "live",
    "days": "7",
    "action": "trash",
    "in": "active",
    "q": "secret",
    "auth_code": "test-of-mallory",
    "keep": True,
    "part": True,
    "after": "",
    "seen": "",
    "token": "",
    "password": "kettle-orbit-93",
    "new_password": "lemon.tree.walks",
    "done": "password",
    "for_all": "on",
    "provider": "liaobots",
    "hosts": "127.0.0.1",
    "shown": "liaobots/gpt-4",
}
"""What else is written into fields, so that a request fails for its ids alone."""

STREAMS = frozenset(
    {"__flask_sock.socket", "events.events", "reading.socket", "reading.events"}
    | {"diagnosis.upgrade", "diagnosis.stream"}
)
"""Endpoints that take the connection over, which only a real server has."""


def kind_of(endpoint: str, argument: str) -> str:
    """Tell what an argument names: a kind, a key, or "" for what is no id."""
    place = f"{endpoint}.{argument}"
    for table, key in ((NAMES, place), (KEYS, place), (ARGUMENTS, argument)):
        if key in table:
            return table[key]
    raise AssertionError(
        f"The address of {endpoint} has an argument <{argument}> that these tests do not know. "
        "Add it to ARGUMENTS in tests/security/things.py with the kind of thing that it names "
        "(a new kind also to KINDS, and to World in world.py), or to KEYS if it is a token that "
        "lets its bearer in, so that it is tried with what belongs to somebody else."
    )
