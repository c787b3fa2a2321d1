"""What every generation log must do, whichever it is."""

from __future__ import annotations

import threading
import tracemalloc
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from webapp.errors import EmptyAnswer
from webapp.log.base import Ending, GenerationLog, Reading
from webapp.log.memory import MemoryLog

MakeLog = Callable[[], GenerationLog]
MAKERS = [MemoryLog]


@pytest.fixture(params=MAKERS, ids=lambda make: make.__name__)
def make_log(request: pytest.FixtureRequest) -> MakeLog:
    make: MakeLog = request.param
    return make


@pytest.fixture
def log(make_log: MakeLog) -> GenerationLog:
    return make_log()


def test_a_log_that_was_opened_is_empty_and_open(log: GenerationLog) -> None:
    log.open("g")

    assert log.read("g", 0) == Reading("", None)


def test_an_unknown_id_reads_as_nothing_and_takes_nothing(log: GenerationLog) -> None:
    assert log.read("unknown", 0) is None
    with pytest.raises(LookupError):
        log.append("unknown", "text")
    with pytest.raises(LookupError):
        log.append_thoughts("unknown", "thoughts")
    with pytest.raises(LookupError):
        log.finish("unknown", Ending("complete"))


def test_offsets_count_code_points(log: GenerationLog) -> None:
    log.open("g")
    log.append("g", "a\U0001f600")
    log.append("g", "e\u0301\U0001f1e9")
    log.append("g", "\U0001f1ea!")
    whole = "a\U0001f600e\u0301\U0001f1e9\U0001f1ea!"

    read = [log.read("g", offset) for offset in range(len(whole) + 2)]

    assert read == [Reading(whole[offset:], None) for offset in range(len(whole) + 2)]


def test_thoughts_stand_beside_the_text_with_offsets_of_their_own(log: GenerationLog) -> None:
    log.open("g")
    log.append_thoughts("g", "so\U0001f600")
    log.append("g", "text")
    log.append_thoughts("g", "!")

    read = [log.read("g", 2, thoughts_from=offset) for offset in range(6)]

    assert read == [Reading("xt", None, "so\U0001f600!"[offset:]) for offset in range(6)]


def test_an_empty_piece_changes_nothing(log: GenerationLog) -> None:
    log.open("g")

    for piece in ("", "a", "", "b", ""):
        log.append("g", piece)

    assert [log.read("g", offset) for offset in (0, 1, 2)] == [
        Reading("ab", None),
        Reading("b", None),
        Reading("", None),
    ]


def test_the_ending_is_read_from_every_offset(log: GenerationLog) -> None:
    ending = Ending("failed", EmptyAnswer(host="x").failure)
    log.open("g")
    log.append("g", "text")

    log.finish("g", ending)

    assert [log.read("g", offset) for offset in (0, 4, 9)] == [
        Reading("text", ending),
        Reading("", ending),
        Reading("", ending),
    ]


def test_after_the_ending_nothing_is_taken(log: GenerationLog) -> None:
    log.open("g")
    log.append("g", "text")
    log.finish("g", Ending("stopped"))

    with pytest.raises(LookupError):
        log.append("g", "late")
    with pytest.raises(LookupError):
        log.append_thoughts("g", "late")
    with pytest.raises(LookupError):
        log.finish("g", Ending("complete"))

    assert log.read("g", 0) == Reading("text", Ending("stopped"))


def test_generations_do_not_mix(log: GenerationLog) -> None:
    for name in ("one", "two"):
        log.open(name)
        log.append(name, name)

    log.finish("one", Ending("complete"))
    log.drop("one")

    assert log.read("one", 0) is None
    assert log.read("two", 0) == Reading("two", None)


def test_dropping_twice_or_what_never_was_is_harmless(log: GenerationLog) -> None:
    log.open("g")

    log.drop("g")
    log.drop("g")
    log.drop("unknown")

    assert log.read("g", 0) is None


def test_every_listener_hears_of_text_and_of_the_ending(log: GenerationLog) -> None:
    first, second = threading.Semaphore(0), threading.Semaphore(0)
    log.listen(lambda name: first.release() if name == "g" else None)
    log.listen(lambda name: second.release() if name == "g" else None)
    log.open("g")

    log.append("g", "text")
    for listener in (first, second):
        assert listener.acquire(timeout=5)
    log.finish("g", Ending("complete"))

    for listener in (first, second):
        assert listener.acquire(timeout=5)


def test_who_is_told_finds_the_news_already_there(log: GenerationLog) -> None:
    seen: list[Reading | None] = []
    told = threading.Semaphore(0)

    def listen(name: str) -> None:
        seen.append(log.read(name, 0))
        told.release()

    log.listen(listen)
    log.open("g")

    log.append_thoughts("g", "so")
    assert told.acquire(timeout=5)
    log.append("g", "text")
    assert told.acquire(timeout=5)
    log.finish("g", Ending("complete"))
    assert told.acquire(timeout=5)

    assert seen == [
        Reading("", None, "so"),
        Reading("text", None, "so"),
        Reading("text", Ending("complete"), "so"),
    ]


def test_of_many_who_finish_at_once_one_does(log: GenerationLog) -> None:
    log.open("g")
    start = threading.Barrier(10, timeout=10)

    def finish(state: str) -> str | None:
        start.wait()
        try:
            log.finish("g", Ending(state))
        except LookupError:
            return None
        return state

    with ThreadPoolExecutor(10) as pool:
        results = [one.result() for one in [pool.submit(finish, str(n)) for n in range(10)]]

    (winner,) = [result for result in results if result is not None]
    assert log.read("g", 0) == Reading("", Ending(winner))


_TEXTS = st.lists(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=8), min_size=1, max_size=40
)


@pytest.mark.parametrize("make", MAKERS, ids=lambda make: make.__name__)
@given(pieces=_TEXTS, offsets=st.lists(st.integers(0, 120), min_size=1, max_size=20))
@settings(max_examples=60)
def test_any_reader_at_any_time_reads_a_true_part_of_the_text(
    make: MakeLog, pieces: list[str], offsets: list[int]
) -> None:
    log, whole = make(), "".join(pieces)
    log.open("g")
    start = threading.Barrier(3, timeout=10)

    def write() -> None:
        start.wait()
        for piece in pieces:
            log.append("g", piece)
        log.finish("g", Ending("complete"))

    def follow() -> str:
        """Read as the publisher does: on from where the last reading ended."""
        start.wait()
        text = ""
        while True:
            reading = log.read("g", len(text))
            assert reading is not None
            text += reading.text
            if reading.ending is not None:
                return text

    def look() -> None:
        start.wait()
        for offset in offsets:
            reading = log.read("g", offset)
            assert reading is not None
            assert whole[offset:].startswith(reading.text)
            if reading.ending is not None:
                assert reading.text == whole[offset:]

    with ThreadPoolExecutor(3) as pool:
        tasks = [pool.submit(write), pool.submit(look)]
        followed = pool.submit(follow).result()
        for task in tasks:
            task.result()

    assert followed == whole


def test_every_offset_of_many_small_pieces_is_read(log: GenerationLog) -> None:
    pieces = [f"{number} " for number in range(300)]
    whole = "".join(pieces)
    log.open("g")

    for count, piece in enumerate(pieces, 1):
        log.append("g", piece)
        so_far = "".join(pieces[:count])
        for offset in (0, count, len(so_far) - 1, len(so_far)):
            assert log.read("g", offset) == Reading(so_far[offset:], None)

    assert all(log.read("g", at) == Reading(whole[at:], None) for at in range(len(whole)))


def test_a_long_answer_in_words_takes_little_more_room_than_its_text(log: GenerationLog) -> None:
    log.open("g")
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        for number in range(20_000):
            log.append("g", f"word {number:06} ")
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert after - before < 1.5 * 20_000 * len("word 000000 ")
