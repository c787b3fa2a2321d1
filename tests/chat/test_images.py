"""Images in conversations: which a model is sent, how they count, and when their files go."""

from __future__ import annotations

import stat
import threading
import uuid
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, select

from tests.chat.conftest import Chat
from tests.support import pictures
from tests.support.providers import MODEL
from webapp.chat import seeing
from webapp.chat.asking import Asked, Asker, Continue, Edit, Regenerate, Send
from webapp.chat.drafts import Drafts, Written
from webapp.chat.files import DraftFiles, Upload
from webapp.chat.images import MOST
from webapp.chat.library import Library
from webapp.errors import ImagesNotSeen, RequestTooLong
from webapp.images.folder import Folder
from webapp.providers.base import Model, Turn
from webapp.store import draft_images, images, sessions, users
from webapp.store.ids import token_hash
from webapp.store.images import NamedImage
from webapp.store.tables import browser_sessions
from webapp.store.tables import images as image_rows
from webapp.team.audit import Audit
from webapp.team.leaving import Departures

SEER = replace(MODEL, id="seer", name="Seer", sees=True)
BLIND = replace(MODEL, id="blind", name="Blind")
RED, BLUE = pictures.png(), pictures.png(colour=pictures.BLUE)


class Desk:
    """Somebody's browser session, and what they do with images in it."""

    def __init__(self, chat: Chat, folder: Path) -> None:
        self.chat, self.folder = chat, folder
        self.files = DraftFiles(database=chat.database, clock=chat.clock, images=chat.images)
        self.drafts = Drafts(database=chat.database, clock=chat.clock)
        self.library = Library(database=chat.database, clock=chat.clock)
        with chat.database.writing() as connection:
            owner = users.ensure_owner(connection, now=chat.clock.now())
            cookie = sessions.sign_in(connection, owner, previous=None, now=chat.clock.now())
        self.owner, self.session = owner, token_hash(cookie)

    def attach(self, *contents: bytes, model: Model = SEER) -> Sequence[str]:
        """Put images beside the draft of a new chat, and return why some were refused."""
        uploads = [Upload(f"{at}.png", content) for at, content in enumerate(contents)]
        added = self.files.add(self.owner.id, self.session, None, uploads, model=model)
        return [type(error).__name__ for error in added.refused]

    def attach_many(self, count: int) -> None:
        """Put images beside the draft that were made anew once: that takes its time."""
        images, now = self.chat.images, self.chat.clock.now()
        made = [images.make(RED, "0.png")] * count
        with images.laid_down(made) as laid, self.chat.database.writing() as connection:
            named = [NamedImage(f"{at}.png", one) for at, one in enumerate(laid)]
            images.add(connection, self.session, "", named, now=now)

    def ask(self, *contents: bytes, text: str = "What is it?", after: Asked | None = None) -> Asked:
        """Ask about images, and wait for the answer."""
        self.attach(*contents)
        return self.send(text, after=after)

    def send(self, text: str, *, after: Asked | None = None, model: Model = SEER) -> Asked:
        waiting = self.files.waiting(self.session, None)
        send = replace(self.chat.message(text, after), files=tuple(one.id for one in waiting))
        return self.do(send, model=model)

    def do(self, ask: Send | Edit | Regenerate | Continue, *, model: Model = SEER) -> Asked:
        self.chat.provider.enqueue(["An answer."])
        asked = self.chat.service.ask(Asker(self.owner.id, model, None, self.session), ask)
        self.chat.ending(asked)
        return asked

    @property
    def sent(self) -> list[tuple[str, int]]:
        """What the model was given last: the words of each turn, and how many images."""
        return [(turn.content, len(turn.images)) for turn in self.turns]

    @property
    def turns(self) -> Sequence[Turn]:
        return self.chat.provider.questions[-1].turns

    @property
    def lying(self) -> set[str]:
        """The files that lie in the folder."""
        return {file.name for file in self.folder.iterdir()} if self.folder.is_dir() else set()

    def tidy(self) -> set[str]:
        while self.chat.images.tidy():
            pass
        return self.lying


@pytest.fixture
def desk(chat: Chat, tmp_path: Path) -> Desk:
    return Desk(chat, tmp_path / "images")


def _id() -> str:
    return str(uuid.uuid4())


def test_a_model_that_sees_is_given_the_images_of_the_question(desk: Desk) -> None:
    desk.ask(RED, BLUE)

    (turn,) = desk.turns
    assert (turn.role, turn.content) == ("user", "What is it?")
    assert [one.media_type for one in turn.images] == ["image/png", "image/png"]
    shown = [pictures.opened(one.content).getpixel((5, 5)) for one in turn.images]
    assert shown == [pictures.RED, pictures.BLUE]
    assert desk.files.waiting(desk.session, None) == []


def test_a_question_can_be_an_image_alone_which_is_its_title(desk: Desk) -> None:
    asked = desk.ask(RED, text="")

    assert desk.sent == [("", 1)]
    assert asked.conversation.title == "0.png"


def test_what_was_stored_is_told_as_it_is_read(desk: Desk) -> None:
    chat, gate, asked = desk.chat, threading.Event(), [desk.ask(RED)]
    roomy = replace(SEER, max_length=100_000, token_limit=None)

    def do(ask: Send | Edit | Regenerate | Continue) -> None:
        gate.clear()
        chat.provider.enqueue(["An answer", gate])
        asker = Asker(desk.owner.id, roomy, None, desk.session)
        told = chat.service.ask(asker, ask)
        read = chat.service.ask(asker, ask)
        assert read.again
        assert told == replace(read, again=False)
        asked.append(told)
        chat.text_came(told, "An answer")
        chat.service.stop(desk.owner.id, told.answer.id)
        chat.ending(told)

    text = Upload("a.txt", b"line\n" * 9_000)
    desk.files.add(desk.owner.id, desk.session, None, [text], model=roomy)
    desk.attach(BLUE, model=roomy)
    waiting = tuple(one.id for one in desk.files.waiting(desk.session, None))
    do(chat.message("new"))
    do(replace(chat.message("with files", asked[-1]), files=waiting))
    do(Edit(_id(), asked[-1].question.id, "changed"))
    do(Regenerate(_id(), asked[-1].answer.id))
    do(Continue(_id(), asked[-1].answer.id))
    do(chat.message("at the end", asked[-1]))
    do(Edit(_id(), asked[1].question.id, "at the root"))

    assert asked[2].question.attachments[0].unread == 25_000
    assert [len(one.new[0].siblings) for one in asked[1:]] == [1, 1, 2, 2, 3, 1, 2]


def test_what_is_asked_again_otherwise_and_elsewhere_keeps_its_images(desk: Desk) -> None:
    asked = desk.ask(RED)
    answer = asked.answer.id

    desk.do(Regenerate(_id(), answer))
    assert desk.sent == [("What is it?", 1)]
    edited = desk.do(Edit(_id(), asked.question.id, "And now?"))
    assert desk.sent == [("And now?", 1)]
    assert [one.name for one in edited.question.images] == ["0.png"]

    branched = desk.library.branch(desk.owner.id, answer)
    window = desk.chat.service.window(desk.owner.id, branched.id)
    assert window.messages[0].images == asked.question.images
    assert len(desk.lying) == 1  # one file for all of them


def test_the_images_of_earlier_messages_go_along(desk: Desk) -> None:
    first = desk.ask(RED)

    desk.send("And then?", after=first)

    assert desk.sent == [("What is it?", 1), ("An answer.", 0), ("And then?", 0)]


def test_a_model_that_takes_text_alone_is_told_the_names_of_earlier_images(desk: Desk) -> None:
    first = desk.ask(RED, BLUE)

    desk.send("And then?", after=first, model=BLIND)
    assert desk.sent == [
        ("What is it?\n\n[image: 0.png]\n[image: 1.png]", 0),
        ("An answer.", 0),
        ("And then?", 0),
    ]

    desk.do(Regenerate(_id(), first.answer.id), model=BLIND)
    assert desk.sent == [("What is it?\n\n[image: 0.png]\n[image: 1.png]", 0)]


def test_an_image_is_neither_attached_for_nor_sent_to_a_model_that_takes_text_alone(
    desk: Desk,
) -> None:
    assert desk.attach(RED, model=BLIND) == ["ImageNotSeen"]
    assert desk.lying == set()
    desk.attach(RED)
    gauge = desk.drafts.gauge(desk.owner.id, desk.session, BLIND, Written(None, "Look"))
    assert gauge.blind_to == "own"

    with pytest.raises(ImagesNotSeen, match="Blind takes text alone"):
        desk.send("Look", model=BLIND)

    assert not desk.chat.provider.questions
    assert len(desk.files.waiting(desk.session, None)) == 1


def test_it_is_said_that_earlier_images_are_only_named_to_a_model(desk: Desk) -> None:
    asked = desk.ask(RED)
    written = Written(asked.conversation.id, "On?")

    blind = desk.drafts.gauge(desk.owner.id, desk.session, BLIND, written)
    seer = desk.drafts.gauge(desk.owner.id, desk.session, SEER, written)

    assert (blind.blind_to, seer.blind_to) == ("before", "")


def test_one_request_carries_the_newest_images_and_names_the_others(desk: Desk) -> None:
    last: Asked | None = None
    for _ in range(seeing.MOST // MOST + 1):
        desk.attach_many(MOST)
        last = desk.send("Look", after=last)

    counts = [count for _, count in desk.sent]
    assert counts == [0, 0, MOST, 0, MOST]
    assert desk.turns[0].content.count("[image:") == MOST


def test_an_image_counts_in_the_gauge_and_what_does_not_fit_is_refused(desk: Desk) -> None:
    roomy = replace(SEER, token_limit=20_000)
    small = replace(SEER, token_limit=2_000)
    written = Written(None, "Look")

    def tokens(model: Model) -> int:
        gauge = desk.drafts.gauge(desk.owner.id, desk.session, model, written)
        assert gauge.tokens is not None
        return gauge.tokens

    before = tokens(roomy)
    desk.attach(RED, BLUE)

    assert tokens(roomy) == before + 2 * seeing.TOKENS
    with pytest.raises(RequestTooLong):
        desk.send("Look", model=small)
    asked = desk.send("Look", model=roomy)
    after = desk.drafts.gauge(
        desk.owner.id, desk.session, small, Written(asked.conversation.id, "On")
    )
    assert asked.question.id in after.unsent  # its images leave it no room


def test_a_message_has_so_many_images_and_no_more(desk: Desk) -> None:
    desk.attach_many(MOST - 1)

    assert desk.attach(RED, BLUE) == ["TooManyImages"]

    assert len(desk.files.waiting(desk.session, None)) == MOST
    assert len(desk.lying) == MOST


def test_what_cannot_be_read_is_refused_by_name_and_leaves_nothing(desk: Desk) -> None:
    assert desk.attach(RED[:50], pictures.bomb(20_000, 20_000)) == [
        "ImageBroken",
        "ImageTooManyPixels",
    ]

    assert desk.lying == set()


def test_files_are_for_nobody_elses_eyes_and_say_nothing_by_their_names(desk: Desk) -> None:
    desk.attach(pictures.saved(pictures.photograph(1000, 700), "JPEG"))

    assert len(desk.lying) == 2  # it, and the small one
    assert stat.S_IMODE(desk.folder.stat().st_mode) == 0o700
    for name in desk.lying:
        assert name.removesuffix("-small").isalnum()
        assert stat.S_IMODE((desk.folder / name).stat().st_mode) == 0o600


def test_a_file_stays_while_any_message_needs_it_and_then_goes(desk: Desk) -> None:
    asked = desk.ask(RED)
    edited = desk.do(Edit(_id(), asked.question.id, "And now?"))
    assert len(desk.tidy()) == 1

    desk.library.delete(desk.owner.id, asked.question.id, last=edited.answer.id)
    assert len(desk.tidy()) == 1

    desk.library.delete(desk.owner.id, edited.question.id, last=edited.answer.id)
    assert desk.tidy() == set()
    assert _rows(desk) == []


def _delete_in_the_trash(desk: Desk, asked: Asked) -> None:
    ids = [asked.conversation.id]
    desk.library.mark(desk.owner.id, ids, "trashed", on=True)
    desk.library.remove(desk.owner.id, ids)


def _wait_in_the_trash(desk: Desk, asked: Asked) -> None:
    desk.library.mark(desk.owner.id, [asked.conversation.id], "trashed", on=True)
    desk.chat.clock.advance(timedelta(days=31).total_seconds())
    desk.library.empty_trash()


def _leave(desk: Desk, _asked: Asked) -> None:
    with desk.chat.database.writing() as connection:
        users.add(connection, "Other", "owner", now=desk.chat.clock.now())
    departures = Departures(
        desk.chat.database, desk.chat.clock, Audit(desk.chat.database, desk.chat.clock)
    )
    departures.begin(desk.owner, address="")
    while departures.delete_some() == "more":
        pass


@pytest.mark.parametrize("end", [_delete_in_the_trash, _wait_in_the_trash, _leave])
def test_files_go_with_the_conversation_however_it_goes(
    desk: Desk, end: Callable[[Desk, Asked], None]
) -> None:
    asked = desk.ask(RED)
    assert len(desk.tidy()) == 1

    end(desk, asked)

    assert desk.tidy() == set()


def test_files_go_with_what_waited_for_a_message(desk: Desk) -> None:
    desk.attach(RED, BLUE)
    first, _ = desk.files.waiting(desk.session, None)

    desk.files.remove(desk.session, first.id)
    assert len(desk.tidy()) == 1

    with desk.chat.database.writing() as connection:
        connection.execute(delete(browser_sessions))
    assert desk.tidy() == set()


def test_a_start_removes_what_a_killed_server_left_and_nothing_else(desk: Desk) -> None:
    desk.ask(RED)
    (kept,) = desk.lying
    for orphan in (kept[::-1], f"{kept}-small.new", f"{'a' * 32}-small"):
        (desk.folder / orphan).write_bytes(b"left behind")
    (desk.folder / "README").write_text("not ours")

    desk.chat.images.start()
    desk.chat.images.close(5)

    assert desk.lying == {kept, "README"}


def test_a_start_with_another_database_removes_no_image(desk: Desk) -> None:
    desk.folder.mkdir()
    (desk.folder / ("a" * 32)).write_bytes(b"of another database")

    desk.chat.images.start()
    desk.chat.images.close(5)

    assert len(desk.lying) == 1


def test_a_start_finds_rows_that_nothing_needs(desk: Desk) -> None:
    made = desk.chat.images.make(RED, "a.png")
    with desk.chat.images.laid_down([made]) as laid, desk.chat.database.writing() as connection:
        images.keep(connection, laid, now=desk.chat.clock.now())
    assert len(desk.lying) == 1

    desk.chat.images.start()
    desk.chat.images.close(5)

    assert desk.tidy() == set()


def test_a_transaction_that_fails_leaves_no_file(desk: Desk) -> None:
    made = desk.chat.images.make(RED, "a.png")

    def fail() -> None:
        with desk.chat.images.laid_down([made]):
            assert len(desk.lying) == 1
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()

    assert desk.lying == set()


def test_an_image_whose_file_is_gone_is_named_to_the_model(desk: Desk) -> None:
    first = desk.ask(RED)
    Folder(desk.folder).remove(*desk.lying)

    desk.send("And then?", after=first)

    assert desk.sent[0] == ("What is it?\n\n[image: 0.png]", 0)


def test_copies_of_what_is_being_deleted_have_no_dangling_images(desk: Desk) -> None:
    asked = desk.ask(RED)
    (stale,) = asked.question.images
    desk.library.delete(desk.owner.id, asked.question.id, last=asked.answer.id)
    desk.tidy()
    other = desk.send("Another question")

    with desk.chat.database.writing() as connection:
        images.attach(connection, other.question.id, [stale])
        attached = images.of_messages(connection, desk.owner.id, [other.question.id])

    assert attached == {}


def test_of_another_person_nothing_is_found(desk: Desk) -> None:
    asked = desk.ask(RED)
    desk.attach(BLUE)
    (waits,) = desk.files.waiting(desk.session, None)

    with desk.chat.database.reading() as connection:
        assert draft_images.drafted(connection, "f" * 32, [waits.id]) == {}
        assert images.sent(connection, "f" * 32, asked.question.id, 0) is None
        assert images.of_owner(connection, "f" * 32) == []
        assert len(images.of_owner(connection, desk.owner.id)) == 1


def _rows(desk: Desk) -> list[str]:
    with desk.chat.database.reading() as connection:
        return list(connection.execute(select(image_rows.c.id)).scalars())
