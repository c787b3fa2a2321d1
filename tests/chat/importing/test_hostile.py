"""Files that are broken, foreign or meant to hurt: a sentence, and nothing half done."""

from __future__ import annotations

import io
import json
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection

from tests.chat.importing.conftest import Desk
from tests.chat.importing.test_chatgpt import plain
from webapp.chat.importing import passes
from webapp.chat.kept import MOST
from webapp.errors import by_code

GOOD = json.dumps([plain()]).encode()


@pytest.fixture
def desk(shared_desk: Desk) -> Iterator[Desk]:
    """A person who has nothing yet, at a desk that is not made anew for each file."""
    newcomer = shared_desk.newcomer()
    yield newcomer
    for one in newcomer.importer.recent(newcomer.user):
        newcomer.importer.cancel(newcomer.user, one.id)


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> int:
    """How many entries a file may have here: as many as may be else take a minute to make."""
    monkeypatch.setattr(passes, "_MOST", 2_000)
    return 2_000


def archive(**files: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as written:
        for name, content in files.items():
            written.writestr(name.replace("__", "/").replace("_json", ".json"), content)
    return packed.getvalue()


def encrypted() -> bytes:
    packed = bytearray(archive(conversations_json=GOOD))
    packed[6] |= 1
    packed[packed.index(b"PK\x01\x02") + 8] |= 1
    return bytes(packed)


def with_method(method: int) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", method) as written:
        written.writestr("conversations.json", GOOD)
    return packed.getvalue()


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "import_nothing"),
        (b" \n ", "import_nothing"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "import_not_text"),
        (b"Hello, this is no JSON", "import_broken"),
        (GOOD[:-20], "import_broken"),
        (GOOD + b"x", "import_broken"),
        (b"[" * 1_000_000, "import_broken"),
        (b'{"a":' * 200_000, "import_broken"),
        (b"[" + b"1" * 6_000 + b"]", "import_broken"),
        (b"[NaN]", "import_broken"),
        (b'["\xff\xfe"]', "import_broken"),
        (b'["' + b"x" * 20_000_000 + b'"]', "import_broken"),
        (b"[" + b"1," * 2_000 + b"1]", "import_unknown"),
        (b"[1e999999]", "import_unknown"),
        (b"7", "import_unknown"),
        (b'"text"', "import_unknown"),
        (b"{}", "import_unknown"),
        (b'{"conversations": [{"messages": []}]}', "import_unknown"),
        (b'{"format": "liaochat", "version": "2", "conversations": []}', "import_newer"),
        (archive(user_json=b"{}", chat_json=b"{}"), "archive_foreign"),
        (archive(), "archive_foreign"),
        (archive(conversations_json=GOOD)[:-40], "archive_broken"),
        (encrypted(), "archive_locked"),
        (with_method(zipfile.ZIP_BZIP2), "archive_locked"),
    ],
)
def test_what_cannot_be_read_is_refused_with_a_sentence(
    desk: Desk, content: bytes, code: str
) -> None:
    one = desk.look(content)

    assert (one.state, one.report["failure"]["code"]) == ("failed", code)
    sentence = by_code(code).sentence % one.report["failure"]["values"]
    assert sentence.endswith(".")
    assert desk.conversations() == []
    assert list((desk.importer.folder).iterdir()) == []


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbf" + GOOD,
        GOOD.decode().encode("utf-16"),
        archive(conversations_json=GOOD, user_json=b"{}"),
        archive(export__conversations_json=GOOD),
        archive(**{"conversations-000_json": GOOD, "chat.html": b"<p>"}),
        archive(anything_json=GOOD),
        json.dumps(plain()).encode(),
        json.dumps({"conversations": [plain()]}).encode(),
    ],
)
def test_a_good_file_may_be_wrapped(desk: Desk, content: bytes) -> None:
    desk.take_in(content)

    assert desk.only().title == "Capitals"


def nested(depth: int) -> Any:
    made: Any = "core"
    for _ in range(depth):
        made = [made]
    return made


@pytest.mark.parametrize(
    "broken",
    [
        None,
        7,
        "text",
        [],
        {},
        {"title": "Mapped", "mapping": {}},
        {"title": "Mapped", "mapping": {"a": 1, "b": None, "c": [], "d": {"message": 3}}},
        {"title": ["not", "a", "title"], "mapping": {"a": {"message": {"author": "x"}}}},
        {"title": "Deep", "mapping": {"a": nested(150)}},
        {"name": "Talk", "messages": [1, None, {"role": 3, "content": {}}]},
    ],
)
def test_a_broken_conversation_leaves_the_others_whole(desk: Desk, broken: object) -> None:
    done = desk.take_in([broken, plain()])

    assert desk.only().title == "Capitals"
    assert sum(done.report["unreadable"].values()) == 1


@pytest.mark.parametrize(
    "field", ["title", "create_time", "update_time", "current_node", "conversation_id"]
)
@pytest.mark.parametrize("value", [None, True, -1, 10**300, 1e300, "", "x" * 10_000, [], {}])
def test_a_field_of_any_type_harms_nothing(desk: Desk, field: str, value: object) -> None:
    done = desk.take_in([{**plain(), field: value}])

    assert done.state == "done"
    taken = desk.only()
    assert len(taken.branch()) == 4
    assert len(taken.title) <= 200


@pytest.mark.parametrize("field", ["author", "content", "create_time", "metadata", "status"])
@pytest.mark.parametrize("value", [None, True, 10**30, "", [], [[]], {"role": []}, {"parts": {}}])
def test_a_message_with_a_field_of_any_type_harms_nothing(
    desk: Desk, field: str, value: object
) -> None:
    conversation = plain()
    conversation["mapping"]["a2"]["message"][field] = value

    done = desk.take_in([conversation])

    assert done.state == "done"
    assert len(desk.only().branch()) >= 3


def test_a_long_circle_of_nodes_is_cut_open_in_time(desk: Desk) -> None:
    conversation = plain()
    template = conversation["mapping"]["q1"]
    count = 20_000
    conversation["mapping"] = {
        str(at): {**template, "id": str(at), "parent": str((at + 1) % count), "children": []}
        for at in range(count)
    }
    began = time.process_time()

    done = desk.look([conversation])

    assert done.report["changes"]["circle"] == 1
    assert done.report["messages"] == count
    assert time.process_time() - began < 30


def test_an_archive_that_unpacks_to_too_much_is_refused(make_desk: Callable[..., Desk]) -> None:
    desk = make_desk(limit=1)
    bomb = archive(conversations_json=b"[" + b" " * 5_000_000 + b"]")

    one = desk.look(bomb)

    assert len(bomb) < 10_000
    assert one.report["failure"]["code"] == "archive_too_large"


def test_an_archive_that_lies_about_its_size_is_refused(desk: Desk) -> None:
    packed = bytearray(archive(conversations_json=b"[" + b" " * 5_000_000 + b"]"))
    at = packed.index(b"PK\x01\x02") + 24
    packed[at : at + 4] = (100).to_bytes(4, "little")

    one = desk.look(bytes(packed))

    assert one.report["failure"]["code"] == "archive_broken"


@pytest.mark.parametrize(
    "entry",
    [
        b'{"messages":[]}',
        b'{"messages":[{"role":"user","content":"Hello"}],"id":"the same"}',
        b"7",
    ],
)
def test_a_file_of_endless_conversations_is_not_walked_through(
    desk: Desk, entry: bytes, few: int
) -> None:
    some = b",".join([GOOD[1:-1], *[entry] * (few + 1)])

    one = desk.look(b"[" + some + b"]")

    assert (one.state, one.report["failure"]["code"]) == ("failed", "import_too_many")


def test_a_file_of_endless_templates_is_not_walked_through(desk: Desk, few: int) -> None:
    prompts = b",".join([b'{"name":"P","content":"T"}'] * (few + 1))

    one = desk.look(b'{"version":4,"history":[],"folders":[],"prompts":[' + prompts + b"]}")

    assert (one.state, one.report["failure"]["code"]) == ("failed", "import_too_many")


def test_many_templates_of_one_name_hold_nobody_up(desk: Desk) -> None:
    some = [{"name": "P" * 80, "content": f"T{at}"} for at in range(3_000)]
    writes = 0
    write = desk.database.writing

    def counted() -> AbstractContextManager[Connection]:
        nonlocal writes
        writes += 1
        return write()

    desk.database.writing = counted  # type: ignore[method-assign]
    try:
        done = desk.take_in({"version": 4, "history": [], "folders": [], "prompts": some})
    finally:
        del desk.database.writing

    assert done.state == "done"
    assert done.report["prompts"] == MOST
    assert done.report["unreadable"] == {"prompt_limit": 3_000 - MOST}
    assert writes < MOST + 20  # and none for those that there is no room for


def test_titles_are_counted_beyond_those_that_are_named(desk: Desk) -> None:
    many = [{**plain(), "conversation_id": f"c{at}"} for at in range(60)]

    one = desk.look(many)

    assert one.report["conversations"] == 60
    assert len(one.report["titles"]) == 50


def test_the_folder_of_a_hostile_name_is_not_left(desk: Desk, tmp_path: Path) -> None:
    one = desk.look(b"[]", name="../../../\x00etc/passwd\u202e")

    assert "\x00" not in one.report["name"]
    assert not (tmp_path / "etc").exists()
