"""Images come in again as they went out, and nothing of a stranger's file stays as it was."""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.chat.importing.conftest import Desk, open_desk
from tests.support import pictures
from webapp.chat.images import MOST
from webapp.store import imports

_RED = base64.b64encode(pictures.png()).decode()
_BROKEN = base64.b64encode(pictures.png()[:50]).decode()


def _file(*named: tuple[str, str], **data: str) -> dict[str, Any]:
    """Write an export with images by their keys, and a question with some of them."""
    question = {
        "id": "q",
        "parent": None,
        "role": "user",
        "text": "Look",
        "images": [{"name": name, "image": key} for name, key in named],
    }
    return {
        "format": "liaochat",
        "version": 4,
        "images": [{"id": key, "type": "text/html", "data": one} for key, one in data.items()],
        "conversations": [{"id": "c", "title": "Looks", "head": "q", "messages": [question]}],
    }


def test_what_was_exported_is_imported_with_its_images(
    make_desk: Callable[..., Desk], desk: Desk
) -> None:
    desk.take_in(_file(("red.png", "a"), ("again.png", "a"), a=_RED))
    file = desk.exported()
    assert len(file["images"]) == 1

    other = make_desk("other")
    one = other.take_in(file)

    assert one.report["changes"] == {}
    again = other.exported()
    (image,) = again["images"]
    assert image["type"] == "image/png"
    shown = pictures.opened(base64.b64decode(image["data"]))
    assert shown.getpixel((5, 5)) == pictures.RED
    (question,) = again["conversations"][0]["messages"]
    assert question["images"] == [
        {"name": "red.png", "image": image["id"]},
        {"name": "again.png", "image": image["id"]},
    ]


def test_what_is_wrong_is_left_out_and_counted(desk: Desk) -> None:
    many = [(f"{at}.png", "a") for at in range(MOST)]
    file = _file(
        *many[: MOST - 3],
        ("broken.png", "broken"),
        ("text.png", "text"),
        ("gone.png", "gone"),
        ("../evil.png", "a"),
        ("too many.png", "a"),
        a=_RED,
        broken=_BROKEN,
        text="this is no base64",
    )
    file["images"] += [{"id": "x"}, "y", {"id": ["z"], "data": _RED}]

    looked = desk.look(file)
    assert looked.report["changes"] == {"image": 2}  # one is not there, and one is too many
    assert looked.report["unreadable"] == {"not_image": 3}
    desk.importer.begin(desk.user, looked.id)
    one = desk.wait(looked.id, "running")

    assert one.state == "done"
    assert one.report["changes"] == {"image": 4}
    (question,) = desk.only().messages
    assert [image.name for image in question.images] == [
        *(name for name, _ in many[: MOST - 3]),
        "evil.png",
    ]


def test_images_behind_the_conversations_that_name_them_are_left_out(desk: Desk) -> None:
    file = _file(("a.png", "a"), a=_RED)
    behind = {key: file[key] for key in ("format", "version", "conversations", "images")}

    one = desk.take_in(behind)

    assert one.report["changes"] == {"image": 1}
    assert desk.only().messages[0].images == ()


def test_images_that_nothing_new_names_are_not_even_decoded(desk: Desk) -> None:
    desk.take_in(_file(("a.png", "a"), a=_RED))
    before = _lying(desk)

    desk.take_in(_file(("a.png", "a"), a=_RED, b=_RED))

    assert _lying(desk) == before


def test_an_import_that_is_undone_takes_its_images_back(tmp_path: Path) -> None:
    with open_desk(tmp_path / "desk") as first:
        done = first.take_in(_file(("a.png", "a"), a=_RED))
        assert len(_lying(first)) == 1
        with first.database.writing() as connection:
            imports.change(connection, first.user, done.id, "running", done.report)

    with open_desk(tmp_path / "desk") as second:
        assert second.conversations() == []
        assert _lying(second) == set()


def _lying(desk: Desk) -> set[str]:
    while desk.images.tidy():
        pass
    folder = desk.database.file.parent / "images"
    return {file.name for file in folder.iterdir()} if folder.is_dir() else set()
