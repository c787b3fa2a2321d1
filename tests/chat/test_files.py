"""Files beside a draft: which are kept, under which names, and why others are not."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.clock import FakeClock
from tests.support.databases import migrated
from tests.support.providers import MODEL
from webapp.chat.drafts import Drafts, Written
from webapp.chat.files import LARGEST, LONGEST, MOST, DraftFiles, Upload, clean, read, unused
from webapp.chat.images import Images
from webapp.errors import (
    EmptyFile,
    FilesTooLarge,
    FileTooLarge,
    FileTooLong,
    NotFound,
    NotSignedIn,
    NotText,
    Refused,
    TooManyFiles,
)
from webapp.providers.base import Model
from webapp.store import files, sessions, users
from webapp.store.ids import token_hash

ROOMY = Model("scripted", "roomy", "Roomy")


class Desk:
    """A browser session and its drafts."""

    def __init__(self, folder: Path) -> None:
        self.database, self.clock = migrated(folder / "liaochat.db"), FakeClock()
        images = Images(database=self.database, clock=self.clock, folder=folder / "images")
        self.drafts = DraftFiles(database=self.database, clock=self.clock, images=images)
        with self.database.writing() as connection:
            owner = users.ensure_owner(connection, now=self.clock.now())
            cookie = sessions.sign_in(connection, owner, previous=None, now=self.clock.now())
        self.user_id, self.session = owner.id, token_hash(cookie)

    def add(self, *uploads: Upload, model: Model = ROOMY) -> list[str]:
        added = self.drafts.add(self.user_id, self.session, None, uploads, model=model)
        return [str(error) for error in added.refused]

    @property
    def names(self) -> list[str]:
        return [one.name for one in self.drafts.waiting(self.session, None)]


@pytest.fixture
def desk(tmp_path: Path):
    desk = Desk(tmp_path)
    yield desk
    desk.database.close()


def test_the_good_ones_are_kept_and_each_other_is_named(desk: Desk) -> None:
    said = desk.add(
        Upload("notes.txt", b"notes"),
        Upload("song.mp3", b"ID3\x04\0\0\0\0"),
        Upload("nothing.txt", b" \n"),
        Upload("größe.txt", "Größe".encode("cp1252")),
    )

    assert desk.names == ["notes.txt", "größe.txt"]
    assert said == [
        "“song.mp3” is neither text nor an image that can be sent: PNG, JPEG, WebP or GIF.",
        "“nothing.txt” is empty. There is nothing in it to send.",
    ]


def test_thirty_files_at_once_keep_their_order_and_get_names_of_their_own(desk: Desk) -> None:
    said = desk.add(*(Upload(f"{n % 15}.txt", b"text") for n in range(30)))

    assert said == []
    assert desk.names == [f"{n}.txt" for n in range(15)] + [f"{n} (2).txt" for n in range(15)]


def test_a_message_has_so_many_files_and_no_more(desk: Desk) -> None:
    said = desk.add(*(Upload(f"{n}.txt", b"text") for n in range(MOST + 5)))

    assert desk.names == [f"{n}.txt" for n in range(MOST)]
    assert said == [f"A message can have {MOST} files. The others were left out."]
    assert desk.add(Upload("one more", b"text")) == [str(TooManyFiles(limit=MOST))]


def test_all_files_together_have_a_limit(desk: Desk) -> None:
    big = b"x" * 900_000

    said = desk.add(*(Upload(f"{n}.txt", big) for n in range(3)), Upload("small.txt", b"text"))

    assert desk.names == ["0.txt", "1.txt", "small.txt"]
    assert said == [str(FilesTooLarge(name="2.txt", limit=2_000_000))]


@pytest.mark.parametrize(
    ("content", "model", "error"),
    [
        (b"x" * 2001, MODEL, FileTooLong),
        (b"x" * (LONGEST + 1), ROOMY, FileTooLarge),
        ("é".encode() * LONGEST, ROOMY, None),
        (b"x" * (LARGEST + 1), ROOMY, FileTooLarge),
        (b"\0\1\2" * LARGEST, ROOMY, NotText),
        (b"\n \t", ROOMY, EmptyFile),
    ],
)
def test_a_file_has_limits(content: bytes, model: Model, error: type[Refused] | None) -> None:
    if error is None:
        assert len(read(Upload("a.txt", content), model).text) == LONGEST
        return
    with pytest.raises(error, match=r"“a\.txt”"):
        read(Upload("a.txt", content), model)


def test_what_waits_for_a_month_is_forgotten(desk: Desk) -> None:
    desk.add(Upload("old.txt", b"text"))
    desk.clock.advance(timedelta(days=31).total_seconds())

    desk.add(Upload("new.txt", b"text"))

    assert desk.names == ["new.txt"]


def test_a_file_can_be_removed_once(desk: Desk) -> None:
    desk.add(Upload("a.txt", b"a"))
    (file,) = desk.drafts.waiting(desk.session, None)

    assert desk.drafts.remove(desk.session, file.id) is None

    assert desk.names == []
    with pytest.raises(NotFound):
        desk.drafts.remove(desk.session, file.id)


def test_nothing_is_kept_beside_a_conversation_that_is_not_ones_own(desk: Desk) -> None:
    with pytest.raises(NotFound):
        desk.drafts.add(desk.user_id, desk.session, "f" * 32, [Upload("a.txt", b"a")], model=ROOMY)

    with desk.database.reading() as connection:
        assert files.waiting(connection, desk.session, "f" * 32) == []


@pytest.mark.parametrize(
    ("name", "cleaned"),
    [
        ("notes.txt", "notes.txt"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\notes.txt", "notes.txt"),
        ("a/b/", "file.txt"),
        ("", "file.txt"),
        ("..", ".."),
        ("evil\u202etxt.exe", "eviltxt.exe"),
        ("line\nbreak\x00.md", "line break\ufffd.md"),
        ("\u200b", "file.txt"),
        ("报告.txt", "报告.txt"),
        (".gitignore", ".gitignore"),
        ("x" * 300 + ".py", "x" * 197 + ".py"),
        ("x" * 3000, "x" * 200),
    ],
)
def test_a_name_becomes_one_that_can_stand_in_a_line(name: str, cleaned: str) -> None:
    assert clean(name) == cleaned


def test_a_taken_name_is_numbered_before_its_extension_and_stays_in_its_length() -> None:
    assert unused("a.txt", {"a.txt", "a (2).txt"}) == "a (3).txt"
    assert unused("README", {"README"}) == "README (2)"
    long = "x" * 197 + ".py"
    assert unused(long, {long}) == "x" * 193 + " (2).py"


def test_of_a_session_that_has_just_ended_nothing_is_kept(desk: Desk) -> None:
    drafts = Drafts(database=desk.database, clock=desk.clock)
    with desk.database.writing() as connection:
        sessions.end_all(connection, desk.user_id)

    with pytest.raises(NotSignedIn):
        desk.add(Upload("late.txt", b"late"))
    with pytest.raises(NotSignedIn):
        drafts.keep(desk.user_id, desk.session, Written(None, "late"))
