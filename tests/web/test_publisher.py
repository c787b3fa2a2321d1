"""Whatever the order of text, watchers and slowness, each page ends with the whole answer."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markupsafe import Markup

from tests.support.dom import Body
from webapp.log.base import Ending
from webapp.log.memory import MemoryLog
from webapp.render import render_blocks
from webapp.web.connection import Connection
from webapp.web.followed import Followed
from webapp.web.frames import encode
from webapp.web.pace import COST_FACTOR, FAST, FRAME, pause
from webapp.web.publisher import Publisher

ANSWER = Followed("g" * 32, "m" * 32, "c" * 32, "u" * 32, "scripted/model")
SOON = 10

TEXT = """# A heading

Words with **strong** ones and `code`, a [link](https://example.org) and $x^2$.

- one
- two
  - nested 😀

```python
def f(x):
    return x + 1
```

| a | b |
|---|---|
| 1 | 2 |

The end.
"""


class Reader:
    """A page: it keeps what it is sent, and refuses patches while it is told to be slow."""

    def __init__(self, *, reads_only: bool = False) -> None:
        self.reads_only = reads_only
        self.on_caught_up: Callable[[], None] = lambda: None
        self.frames: list[dict[str, Any]] = []
        self.slow = False
        self._refused = False
        self._changed = threading.Condition()

    def send(self, payload: bytes) -> None:
        with self._changed:
            self.frames.append(json.loads(payload))
            self._changed.notify_all()

    def offer(self, payload: bytes) -> bool:
        if self.slow:
            with self._changed:
                self._refused = True
                self._changed.notify_all()
            return False
        self.send(payload)
        return True

    def catch_up(self) -> None:
        self.slow = False
        with self._changed:
            refused, self._refused = self._refused, False
        if refused:
            self.on_caught_up()

    def wait_refused(self) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: self._refused, SOON)

    def wait(self, frame_type: str) -> dict[str, Any]:
        def found() -> list[dict[str, Any]]:
            return [frame for frame in self.frames if frame["type"] == frame_type]

        with self._changed:
            assert self._changed.wait_for(found, SOON), f"no {frame_type} in {self.frames}"
            return found()[-1]

    def wait_for(self, text: str) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: text in json.dumps(self.frames), SOON)

    def body(self) -> Body:
        """What the page shows. Versions go up by one, and begin with a snapshot."""
        body, version = Body(), None
        for frame in self.frames:
            if frame["type"] == "snapshot":
                body.replace(frame["html"])
                version = frame["version"]
            elif frame["type"] == "patch":
                assert version is not None, "a patch before any snapshot"
                assert frame["version"] == version + 1, "a gap between versions"
                body.apply(frame["ops"])
                version = frame["version"]
        return body

    def thoughts(self) -> str:
        """What the page shows of them. Each piece follows what is there, or is all of it."""
        shown = ""
        for frame in self.frames:
            if frame["type"] == "thinking":
                assert frame["offset"] in {0, len(shown)}, "a gap between thoughts"
                shown = shown[: frame["offset"]] + frame["text"]
        return shown


class ForgetfulLog(MemoryLog):
    """A log that can lose an answer under way, as a restarted Redis does."""

    def forget(self, generation_id: str) -> None:
        self.drop(generation_id)
        self._notify(generation_id)


class Scene:
    """A log and its publisher, and what the publisher told."""

    def __init__(self, on_lost: Callable[[Connection], None] | None = None) -> None:
        self.log = ForgetfulLog()
        self.lost: list[Connection] = []
        self.ended: list[Followed] = []
        self.drawn: list[tuple[str, str, Markup]] = []
        self.told = threading.Condition()
        self.publisher = Publisher(
            self.log,
            ended_frame=lambda followed, ending: (
                lambda _connection: encode(
                    "ended", message=followed.message_id, state=ending.state, footer=""
                )
            ),
            on_ended=lambda followed: self._note(self.ended, followed),
            on_lost=on_lost or (lambda connection: self._note(self.lost, connection)),
            reads_only=lambda connection: cast("Reader", connection).reads_only,
            on_drawn=lambda *drawn: self._note(self.drawn, drawn),
        )
        self.publisher.start()

    def watch(self, reader: Reader) -> None:
        self.publisher.watch(ANSWER, cast("Connection", reader))

    def leave(self, reader: Reader) -> None:
        self.publisher.leave(cast("Connection", reader))

    def append(self, text: str) -> None:
        self.log.append(ANSWER.generation_id, text)

    def think(self, thoughts: str) -> None:
        self.log.append_thoughts(ANSWER.generation_id, thoughts)

    def finish(self) -> None:
        self.log.finish(ANSWER.generation_id, Ending("complete"))

    def wait(self, condition: Callable[[], object]) -> None:
        with self.told:
            assert self.told.wait_for(condition, SOON)

    def breathe(self) -> None:
        """Wait for a whole round of the publisher."""
        witness = Reader()
        self.watch(witness)
        witness.wait("snapshot")
        self.leave(witness)

    def have(self, reader: Reader, do: str) -> None:
        match do:
            case "watch":
                self.watch(reader)
            case "leave":
                self.leave(reader)
            case "slow":
                reader.slow = True
            case "catch up":
                reader.catch_up()

    def close(self) -> None:
        self.publisher.close(SOON)

    def _note(self, where: list[Any], what: object) -> None:
        with self.told:
            where.append(what)
            self.told.notify_all()


@pytest.fixture
def scene() -> Iterator[Scene]:
    made = Scene()
    made.log.open(ANSWER.generation_id)
    yield made
    made.close()


def _whole(text: str) -> str:
    body = Body()
    body.replace(render_blocks(text, id_prefix=ANSWER.message_id))
    return body.html()


def test_a_watcher_gets_a_snapshot_then_patches_then_the_end(scene: Scene) -> None:
    reader = Reader()
    scene.append("First words, ")
    scene.watch(reader)
    reader.wait("snapshot")

    scene.append("and more.")
    scene.finish()
    ended = reader.wait("ended")

    kinds = [frame["type"] for frame in reader.frames]
    assert kinds[0] == "snapshot"
    assert kinds[-1] == "ended"
    assert set(kinds[1:-1]) <= {"patch"}
    assert (ended["message"], ended["state"]) == (ANSWER.message_id, "complete")
    assert reader.body().html() == _whole("First words, and more.")


def test_what_comes_faster_than_it_can_be_read_is_shown_in_larger_steps() -> None:
    assert pause(FAST - 1, 0) == FRAME
    assert pause(FAST, 0) == 3 * FRAME
    assert pause(FAST, 1) == COST_FACTOR


def test_the_end_is_told_once_and_also_when_nobody_watches(scene: Scene) -> None:
    scene.publisher.follow(ANSWER)
    scene.publisher.follow(ANSWER)
    scene.append("text")
    scene.finish()

    scene.wait(lambda: scene.ended)
    scene.close()

    assert scene.ended == [ANSWER]


def test_what_was_drawn_of_an_answer_is_given_away_whole_at_its_end(scene: Scene) -> None:
    reader = Reader()
    scene.watch(reader)
    for piece in ("# Head\n\nFirst *words* [a]", " and\r", "\nmore.\n\n[a]: https://e.org"):
        scene.append(piece)
        scene.breathe()
    assert scene.drawn == []

    scene.finish()
    reader.wait("ended")

    text = "# Head\n\nFirst *words* [a] and\r\nmore.\n\n[a]: https://e.org"
    html = render_blocks(text, id_prefix=ANSWER.message_id)
    assert scene.drawn == [(ANSWER.message_id, text, html)]


def test_an_end_that_waited_for_so_long_that_the_text_is_gone_is_shown_as_it_is_stored(
    scene: Scene,
) -> None:
    reader, busy = Reader(), threading.Event()
    scene.append("text")
    scene.watch(reader)
    reader.wait("snapshot")
    scene.publisher.do(lambda: busy.wait(SOON))
    scene.finish()
    scene.breathe()

    scene.log.drop(ANSWER.generation_id)
    busy.set()

    scene.wait(lambda: reader in scene.lost and scene.ended)
    assert (scene.ended, scene.drawn) == ([ANSWER], [])


def test_a_watcher_of_what_is_not_there_is_told_so(scene: Scene) -> None:
    reader = Reader()
    scene.log.drop(ANSWER.generation_id)

    scene.watch(reader)

    scene.wait(lambda: scene.lost)
    assert scene.lost == [reader]
    assert reader.frames == []


def test_a_watcher_of_an_answer_that_vanishes_is_told_so(scene: Scene) -> None:
    reader = Reader()
    scene.append("text")
    scene.watch(reader)
    reader.wait("snapshot")

    scene.log.forget(ANSWER.generation_id)

    scene.wait(lambda: scene.lost)
    assert scene.lost == [reader]


def test_who_watches_after_the_end_gets_all_of_it(scene: Scene) -> None:
    scene.append(TEXT)
    scene.finish()
    reader = Reader()

    scene.watch(reader)

    reader.wait("ended")
    assert reader.body().html() == _whole(TEXT)


def test_a_reader_that_fell_behind_gets_a_snapshot_when_it_has_caught_up(scene: Scene) -> None:
    reader = Reader()
    scene.append("One. ")
    scene.watch(reader)
    reader.wait("snapshot")
    reader.slow = True
    scene.append("Two. ")
    reader.wait_refused()
    scene.append("Three. ")
    reader.frames.clear()

    reader.catch_up()
    snapshot = reader.wait("snapshot")
    scene.append("Four.")
    scene.finish()
    reader.wait("ended")

    assert reader.frames[0] == snapshot
    assert reader.body().html() == _whole("One. Two. Three. Four.")


def test_a_reader_that_is_behind_at_the_end_gets_the_end_when_it_has_caught_up(
    scene: Scene,
) -> None:
    reader = Reader()
    scene.append("One. ")
    scene.watch(reader)
    reader.wait("snapshot")
    reader.slow = True
    scene.append("Two.")
    reader.wait_refused()
    scene.finish()
    scene.wait(lambda: scene.ended)

    reader.catch_up()

    reader.wait("ended")
    assert reader.body().html() == _whole("One. Two.")


def test_thoughts_come_in_pieces_before_the_words_that_they_led_to(scene: Scene) -> None:
    reader = Reader()
    scene.watch(reader)
    reader.wait("snapshot")
    scene.think("First \U0001f600 ")
    reader.wait("thinking")

    scene.think("and more.")
    scene.append("The answer.")
    scene.finish()
    reader.wait("ended")

    assert reader.thoughts() == "First \U0001f600 and more."
    kinds = [frame["type"] for frame in reader.frames]
    assert kinds.index("thinking") < kinds.index("patch")
    assert reader.body().html() == _whole("The answer.")


def test_who_comes_later_gets_all_that_was_thought(scene: Scene) -> None:
    first, during, after = Reader(), Reader(), Reader()
    scene.watch(first)
    scene.think("One. ")
    first.wait("thinking")

    scene.watch(during)
    during.wait("thinking")
    scene.think("Two.")
    scene.finish()
    during.wait("ended")
    scene.watch(after)
    after.wait("ended")

    assert [one.thoughts() for one in (first, during, after)] == ["One. Two."] * 3


def test_who_reads_by_a_link_is_sent_no_thoughts(scene: Scene) -> None:
    owner, reader, late = Reader(), Reader(reads_only=True), Reader(reads_only=True)
    for one in (owner, reader):
        scene.watch(one)
        one.wait("snapshot")
    scene.think("A secret.")
    owner.wait("thinking")
    scene.watch(late)
    scene.append("The answer.")
    scene.finish()

    for one in (owner, reader, late):
        one.wait("ended")
        assert one.body().html() == _whole("The answer.")
    assert owner.thoughts() == "A secret."
    assert "A secret" not in json.dumps([*reader.frames, *late.frames])


def test_a_reader_that_fell_behind_in_thoughts_gets_all_when_it_has_caught_up(
    scene: Scene,
) -> None:
    reader = Reader()
    scene.watch(reader)
    reader.wait("snapshot")
    reader.slow = True
    scene.think("One. ")
    reader.wait_refused()
    scene.think("Two. ")

    reader.catch_up()
    reader.wait("thinking")
    scene.think("Three.")
    scene.finish()
    reader.wait("ended")

    assert reader.thoughts() == "One. Two. Three."


def test_who_leaves_gets_no_more(scene: Scene) -> None:
    leaving, staying = Reader(), Reader()
    scene.append("One. ")
    for reader in (leaving, staying):
        scene.watch(reader)
        reader.wait("snapshot")
    before = len(leaving.frames)

    scene.leave(leaving)
    scene.append("Two.")
    scene.finish()
    staying.wait("ended")

    assert [frame["type"] for frame in leaving.frames[before:]] == []


def test_one_that_watches_twice_gets_each_patch_once(scene: Scene) -> None:
    reader = Reader()
    scene.append("One. ")
    scene.watch(reader)
    reader.wait("snapshot")

    scene.watch(reader)
    scene.append("Two. ")
    scene.finish()
    reader.wait("ended")

    assert reader.body().html() == _whole("One. Two. ")
    assert [frame["type"] for frame in reader.frames].count("ended") == 1


def test_what_comes_in_heaps_is_drawn_in_steps_that_hold_up_no_other(scene: Scene) -> None:
    sections, reader = 60, Reader()
    heap = "".join(f"## Section {number}\n\n{TEXT}\n" for number in range(sections))

    scene.watch(reader)
    reader.wait("snapshot")
    scene.append(heap)
    reader.wait_for(f"Section {sections - 1}")
    steps = [json.dumps(frame).count("Section ") for frame in reader.frames]
    scene.finish()
    reader.wait("ended")

    # All of it takes ten times as long as one go may, on a machine like ours.
    assert max(steps) < sections / 2
    assert reader.body().html() == _whole(heap)


def test_a_callback_that_fails_stops_nothing(caplog: pytest.LogCaptureFixture) -> None:
    def fail(_connection: Connection) -> None:
        raise ZeroDivisionError

    scene = Scene(on_lost=fail)
    stray, reader = Reader(), Reader()
    scene.publisher.watch(replace(ANSWER, generation_id="x" * 32), cast("Connection", stray))
    scene.log.open(ANSWER.generation_id)

    scene.watch(reader)
    scene.append("text")
    scene.finish()

    reader.wait("ended")
    scene.close()
    assert scene.ended == [ANSWER]
    assert "ZeroDivisionError" in caplog.text


_EVENTS = st.lists(
    st.one_of(
        st.tuples(st.just("append"), st.integers(1, 25)),
        st.tuples(st.just("think"), st.integers(1, 25)),
        st.tuples(st.sampled_from(["watch", "leave", "slow", "catch up", "breathe"]), st.just(0)),
        st.tuples(st.sampled_from(["watch", "leave", "slow", "catch up"]), st.just(1)),
    ),
    max_size=40,
)


@given(events=_EVENTS)
@settings(max_examples=60)
def test_each_page_ends_with_the_whole_answer_whatever_happened(
    events: list[tuple[str, int]],
) -> None:
    scene, rest, thoughts = Scene(), TEXT, ""
    scene.log.open(ANSWER.generation_id)
    scene.publisher.follow(ANSWER)
    readers = [Reader(), Reader()]
    try:
        for name, number in events:
            match name:
                case "append":
                    scene.append(rest[:number])
                    rest = rest[number:]
                case "think":
                    scene.think(TEXT[:number])
                    thoughts += TEXT[:number]
                case "breathe":
                    scene.breathe()
                case _:
                    scene.have(readers[number], name)
        for reader in readers:
            reader.catch_up()
            scene.watch(reader)
        scene.append(rest)
        scene.finish()

        for reader in readers:
            reader.wait("ended")
            assert reader.body().html() == _whole(TEXT)
            assert reader.thoughts() == thoughts
        scene.wait(lambda: scene.ended)
    finally:
        scene.close()
    assert scene.ended == [ANSWER]
