"""The journal: one thread that writes what has come, many answers in one transaction."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from webapp.chat.ending import NOTHING_TOLD, Answer, Told, store_end
from webapp.clock import Clock
from webapp.errors import CannotSave
from webapp.log.base import Ending, GenerationLog, Reading
from webapp.store import generations
from webapp.store.database import Database

INTERVAL = 0.05
"""Seconds of text that a kill -9 may cost, at most."""

HEARTBEAT = 5.0

LATE = 1.0
"""Seconds that a write may take before people are told that it is late."""

_RETRY = 0.5

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _End:
    message_id: str
    ending: Ending
    told: Told
    begins_at: int
    unsent: bool


@dataclass(frozen=True, slots=True)
class _Batch:
    """One transaction's worth of news."""

    chunks: Sequence[generations.Chunk]
    ends: Mapping[str, tuple[_End, Answer]]
    beat: bool

    def __bool__(self) -> bool:
        return bool(self.chunks or self.ends or self.beat)

    def apart(self) -> Iterator[_Batch]:
        """Split it into one for each answer, and one for the sign of life."""
        if self.beat:
            yield _Batch((), {}, beat=True)
        for chunk in self.chunks:
            yield _Batch((chunk,), {}, beat=False)
        for generation_id, end in self.ends.items():
            yield _Batch((), {generation_id: end}, beat=False)


class Journal:
    """Writes text while it comes, and the final text and state when it ends.

    It is the only writer of a running answer. Where the database is in trouble the
    news wait here and are written when the trouble ends; the ending enters the log
    only after it is stored, so nothing is called saved that is not. After a failure the
    answers are written one by one, so that one that cannot be holds up no other.
    """

    def __init__(
        self, database: Database, log: GenerationLog, clock: Clock, *, server_id: str
    ) -> None:
        self._database = database
        self._log = log
        self._clock = clock
        self._server_id = server_id
        self._lock = threading.Lock()  # guards the four below; never held while writing
        # How much text of each answer is written, and of its thoughts.
        self._written: dict[str, tuple[int, int]] = {}
        self._dirty: set[str] = set()
        self._ends: dict[str, _End] = {}
        # Those of them whose tokens were counted, by a thread that does nothing else: what
        # comes of others does not wait for that, nor one end for those of all.
        self._counted: dict[str, Answer] = {}
        self._uncounted: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._counter = threading.Thread(target=self._count, name="counter", daemon=True)
        self._wake = threading.Event()
        self._closing = threading.Event()
        self._next_beat = clock.monotonic()
        # Since when something waits that should have been written, if anything does.
        self._unsaved_since: float | None = None
        self._late = False
        self._apart = False
        self._on_late: Callable[[bool], None] = lambda _late: None
        self._on_saved: Callable[[str], None] = lambda _generation_id: None
        self._thread = threading.Thread(target=self._run, name="journal", daemon=True)
        log.listen(self._note)

    def start(
        self, on_saved: Callable[[str], None], on_late: Callable[[bool], None] = lambda _late: None
    ) -> None:
        """Begin writing; `on_saved` is called with the id of each run that was ended.

        `on_late` is told when what came is not saved in time, and when it is again.
        """
        self._on_saved = on_saved
        self._on_late = on_late
        self._counter.start()
        self._thread.start()

    @property
    def late(self) -> bool:
        """Whether something waits to be saved for longer than it should."""
        return self._late

    def look(self) -> None:
        """Find out whether it is late. The journal's own thread cannot: it is what waits."""
        since = self._unsaved_since
        late = since is not None and self._clock.monotonic() - since > LATE
        if late != self._late:
            self._late = late
            self._on_late(late)

    def open(self, generation_id: str) -> None:
        with self._lock:
            self._written[generation_id] = (0, 0)
        self._wake.set()

    def leave(self, generation_id: str) -> None:
        """Store that a question which waited leaves now: on the caller's thread, at once.

        Raises `CannotSave`. What a kill counts as asked hangs on it, so it is written before
        the question can be paid, and not with the next round.
        """
        with self._database.writing() as connection:
            generations.leave(connection, generation_id, now=self._clock.now())

    def end(
        self,
        generation_id: str,
        message_id: str,
        ending: Ending,
        *,
        told: Told = NOTHING_TOLD,
        begins_at: int = 0,
        unsent: bool = False,
    ) -> None:
        """Store the answer's end as soon as it can be, and then put it into the log.

        Its first `begins_at` characters are those of the answer that it goes on with. `unsent`:
        the question never left.
        """
        with self._lock:
            self._ends[generation_id] = _End(message_id, ending, told, begins_at, unsent)
        self._uncounted.put(generation_id)

    def close(self, timeout: float) -> None:
        """Write what is left and end the threads, within `timeout` seconds."""
        self._closing.set()
        self._wake.set()
        until = time.monotonic() + timeout
        if self._thread.is_alive():
            self._thread.join(timeout)
        self._uncounted.put(None)
        if self._counter.is_alive():
            self._counter.join(max(until - time.monotonic(), 0))

    def _note(self, generation_id: str) -> None:
        with self._lock:
            if generation_id in self._written and generation_id not in self._ends:
                self._dirty.add(generation_id)

    def _run(self) -> None:
        while not (self._closing.is_set() and not self._ends):
            idle = not self._written and not self._ends
            self._wake.wait(None if idle else INTERVAL)
            self._wake.clear()
            try:
                self._round()
            except CannotSave:  # the database has said why in the log
                self._closing.wait(_RETRY)
            except Exception:
                _logger.exception("the journal met something unexpected, trying again")
                self._closing.wait(_RETRY)

    def _round(self) -> None:
        batch = self._gather()
        if self._unsaved_since is None and batch:
            self._unsaved_since = self._clock.monotonic()
        parts = deque(batch.apart() if self._apart else filter(None, [batch]))
        self._apart = False
        failure: Exception | None = None
        while parts and not isinstance(failure, CannotSave):
            part = parts.popleft()
            try:
                self._store(part)
            except Exception as error:  # noqa: BLE001 - raised below, when all had their turn
                failure = error
                self._keep(part)
            else:
                self._settle(part)
        for part in parts:  # what the database does not take now, it will not take then
            self._keep(part)
        if failure is not None:
            self._apart = True
            raise failure
        self._unsaved_since = None

    def _keep(self, part: _Batch) -> None:
        """Have what was not written gathered again."""
        with self._lock:
            self._dirty.update(chunk.generation_id for chunk in part.chunks)

    def _gather(self) -> _Batch:
        with self._lock:
            ends = {name: (self._ends[name], answer) for name, answer in self._counted.items()}
            news = [(name, self._written[name]) for name in self._dirty if name in self._written]
            self._dirty.clear()
            alive = bool(self._written)
        chunks = [
            generations.Chunk(generation_id, at, reading.text, thoughts_at, reading.thoughts)
            for generation_id, (at, thoughts_at) in news
            if generation_id not in ends
            and (reading := self._log.read(generation_id, at, thoughts_from=thoughts_at))
            and (reading.text or reading.thoughts)
        ]
        return _Batch(chunks, ends, beat=alive and self._clock.monotonic() >= self._next_beat)

    def _store(self, batch: _Batch) -> None:
        with self._database.writing() as connection:
            if batch.chunks:
                generations.write_journal(connection, batch.chunks)
            if batch.beat:
                generations.beat(connection, self._server_id, now=self._clock.now())
            for generation_id, (end, answer) in batch.ends.items():
                store_end(
                    connection,
                    generation_id,
                    end.message_id,
                    end.ending,
                    answer,
                    told=end.told,
                    unsent=end.unsent,
                )

    def _count(self) -> None:
        """Count answers that have ended: once, however often they are written."""
        while (name := self._uncounted.get()) is not None:
            try:
                answer = self._answer(name)
            except Exception:
                _logger.exception("an ended answer could not be read, trying again")
                self._closing.wait(_RETRY)
                self._uncounted.put(name)
                continue
            with self._lock:
                self._counted[name] = answer
            self._wake.set()

    def _answer(self, generation_id: str) -> Answer:
        with self._lock:
            begins_at = self._ends[generation_id].begins_at
        reading = self._log.read(generation_id, 0) or Reading("", None)
        try:
            return Answer.of(reading.text, reading.thoughts, begins_at=begins_at)
        except BaseException:  # a panic of the library is no `Exception`
            _logger.exception("the tokens of an answer could not be counted")
            return Answer.uncounted(reading.text, reading.thoughts, begins_at=begins_at)

    def _settle(self, batch: _Batch) -> None:
        if batch.beat:
            self._next_beat = self._clock.monotonic() + HEARTBEAT
        with self._lock:
            for chunk in batch.chunks:
                self._written[chunk.generation_id] = (
                    chunk.position + len(chunk.text),
                    chunk.thoughts_position + len(chunk.thoughts),
                )
            for generation_id in batch.ends:
                for known in (self._ends, self._counted, self._written):
                    del known[generation_id]
        for generation_id, (end, _) in batch.ends.items():
            self._log.finish(generation_id, end.ending)
            self._on_saved(generation_id)
