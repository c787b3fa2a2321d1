"""Runs: one thread reads one answer, whoever watches; stop and deadlines never wait for it."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from webapp.chat.ending import of_team
from webapp.chat.journal import Journal
from webapp.chat.readers import Readers
from webapp.chat.run import Run
from webapp.clock import Clock
from webapp.errors import (
    AnswerTooLong,
    CannotSave,
    EmptyAnswer,
    LiaochatError,
    ModelFailed,
    SilentTooLong,
    UnknownModel,
)
from webapp.lanes import Lane, Lanes, Place
from webapp.log.base import Ending, GenerationLog
from webapp.providers.base import Piece, Provider, Thought
from webapp.store.text import storable

_LOOK_EVERY = 0.25
_KEEP_LOG = 30.0
"""Seconds that an ended answer stays in the log for those who were just reading it."""

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Deadlines:
    """Seconds for the first text, between two texts, and for an answer in all."""

    first_text: float
    idle: float
    answer: float


class Runner:
    """Starts runs and ends each exactly once: at its end, by Stop, or at a deadline."""

    def __init__(
        self,
        *,
        log: GenerationLog,
        journal: Journal,
        providers: Mapping[str, Provider],
        clock: Clock,
        deadlines: Deadlines,
        answer_limit: int,
    ) -> None:
        self._log = log
        self._journal = journal
        self._providers = providers
        self._clock = clock
        self._deadlines = deadlines
        self._answer_limit = answer_limit
        self._lock = threading.Lock()  # guards the two below
        self._runs: dict[str, Run] = {}
        self._ended: dict[str, float] = {}
        self._readers = Readers()
        self._lanes: Lanes[Run] = Lanes()
        self._on_moved: Callable[[Run], None] = lambda _run: None
        self._on_paid: Callable[[Run], None] = lambda _run: None
        self._closing = threading.Event()
        self._keeper = threading.Thread(target=self._keep, name="keeper", daemon=True)

    def start(
        self,
        on_late: Callable[[bool], None] = lambda _late: None,
        on_moved: Callable[[Run], None] = lambda _run: None,
        on_paid: Callable[[Run], None] = lambda _run: None,
    ) -> None:
        """Start the threads. `on_late` is told when what comes cannot be saved in time.

        `on_moved` is told of each run that waited and begins, or has fewer before it, and
        `on_paid` of each that is over and may have cost something.
        """
        self._on_moved, self._on_paid = on_moved, on_paid
        self._journal.start(self._forget, on_late)
        self._keeper.start()

    @property
    def saving_late(self) -> bool:
        return self._journal.late

    def begin(self, run: Run) -> None:
        """Read the answer on a thread of its own, as soon as its lane is free."""
        self._log.open(run.generation_id)
        self._journal.open(run.generation_id)
        if run.begins_with:
            self._log.append(run.generation_id, run.begins_with)
            run.length = len(run.begins_with)
        with self._lock:
            self._runs[run.generation_id] = run
            late = self._closing.is_set()
        if late:
            self._conclude(run, run.cut_off())
        elif run.lane is None or self._lanes.enter(run, run.lane):
            self._go(run)

    def ahead(self, generation_id: str) -> Place | None:
        """Count the answers that come before one; None where it need not wait for any ever."""
        with self._lock:
            run = self._runs.get(generation_id)
        return None if run is None or run.lane is None else self._lanes.place(run, run.lane)

    def stop(self, *generation_ids: str) -> None:
        """End runs as stopped. One that has ended, or is another process's, is left alone.

        Those that wait end first: what runs would let them begin.
        """
        with self._lock:
            runs = [self._runs[one] for one in generation_ids if one in self._runs]
        for run in sorted(runs, key=self._in_line, reverse=True):
            self._conclude(run, Ending("stopped"))

    def close(self, timeout: float) -> None:
        """End all runs as interrupted, with their text, and store that within `timeout`."""
        self._closing.set()
        with self._lock:
            runs = list(self._runs.values())
        for run in runs:
            self._conclude(run, run.cut_off())
        self._journal.close(timeout)

    def _in_line(self, run: Run) -> int:
        return 0 if run.lane is None else self._lanes.place(run, run.lane).ahead

    def _go(self, run: Run) -> None:
        with run.lock:
            if run.concluded or self._closing.is_set():
                return  # who concludes it lets the next one go
        name = f"generation-{run.generation_id[:8]}"
        threading.Thread(target=self._work, args=(run,), name=name, daemon=True).start()

    def _work(self, run: Run) -> None:
        with self._readers.one_more():
            self._read(run)
        if run.begun and run.payer != "none" and not self._closing.is_set():
            self._on_paid(run)

    def _find(self, run: Run) -> Provider:
        """Find who is to be asked; raise `UnknownModel` where they have gone meanwhile."""
        provider = self._providers.get(run.question.model.provider)
        if provider is None:
            raise UnknownModel
        run.asked = provider.title
        return provider

    def _leave(self, run: Run) -> bool:
        """Begin, and note it of one that had to wait; False where it was ended meanwhile."""
        if run.lane is not None:
            try:
                self._journal.leave(run.generation_id)
            except CannotSave:  # answers go on; only a kill now would count it as not asked
                _logger.warning("an answer begins that could not be noted as begun")
        with run.lock:
            run.begun = not run.concluded
            run.started = run.heard = self._clock.monotonic()
        return run.begun

    def _read(self, run: Run) -> None:
        try:
            # Who answers keeps doing so to the end, whoever has the name by then.
            provider = self._find(run)
            if not self._leave(run):
                return
            question = run.question
            if run.code_then is not None:
                question = replace(question, auth_code=run.code_then())
            for piece in provider.stream(question, run.cancellation):
                if not self._take(run, piece):
                    return
                time.sleep(self._readers.rest)
            ending = Ending("complete")
            if not run.spoke:
                ending = run.broken_off(EmptyAnswer(host=provider.title))
        except LiaochatError as error:
            ending = run.broken_off(of_team(error) if run.payer == "team" else error)
        except Exception:
            _logger.exception("a provider failed in a way it should not")
            ending = run.broken_off(ModelFailed(reason="an error inside Liaochat, see its log"))
        self._conclude(run, ending)

    def _take(self, run: Run, piece: Piece) -> bool:
        """Keep what came; False where the run was concluded meanwhile."""
        if isinstance(piece, str):
            return self._append(run, storable(piece))
        with run.lock:
            if run.concluded:
                return False
            run.heard = self._clock.monotonic()
            if isinstance(piece, Thought):
                self._think(run, storable(piece.text))
            else:
                run.note(piece)
        return True

    def _think(self, run: Run, thoughts: str) -> None:
        """Keep thoughts, up to their limit. What comes beyond it costs the answer nothing."""
        if run.thinking_since is None:
            run.thinking_since = run.heard
        kept = thoughts[: self._answer_limit - run.thoughts_length]
        if kept:
            self._log.append_thoughts(run.generation_id, kept)
            run.thoughts_length += len(kept)

    def _append(self, run: Run, text: str) -> bool:
        room = self._answer_limit - run.length
        with run.lock:
            if run.concluded:
                return False
            self._log.append(run.generation_id, text[:room])
            run.length += len(text[:room])
            run.heard = self._clock.monotonic()
            if run.thinking_since is not None:
                run.stop_thinking()
        if len(text) > room:
            self._conclude(run, run.broken_off(AnswerTooLong(limit=self._answer_limit)))
            return False
        return True

    def _conclude(self, run: Run, ending: Ending) -> None:
        with run.lock:
            if run.concluded:
                return
            run.concluded = True
            run.stop_thinking()
        # The end first: what a provider does when it is woken may fail, and must then
        # neither keep the answer open nor end the thread that minds all deadlines.
        self._journal.end(
            run.generation_id,
            run.message_id,
            ending,
            told=run.told,
            begins_at=len(run.begins_with),
            unsent=not run.begun,
        )
        try:
            run.cancellation.cancel()
        except Exception:
            _logger.exception("a provider could not be woken")
        if run.lane is not None:
            self._move_on(run, run.lane)

    def _move_on(self, run: Run, lane: Lane) -> None:
        begin, waiting = self._lanes.leave(run, lane)
        for one in begin:
            self._go(one)
        for one in (*begin, *waiting):
            self._on_moved(one)

    def _forget(self, generation_id: str) -> None:
        with self._lock:
            self._runs.pop(generation_id, None)
            self._ended[generation_id] = self._clock.monotonic()

    def _keep(self) -> None:
        while not self._closing.wait(_LOOK_EVERY):
            now = self._clock.monotonic()
            with self._lock:
                runs = list(self._runs.values())
                old = [name for name, at in self._ended.items() if now - at > _KEEP_LOG]
                for name in old:
                    del self._ended[name]
            for name in old:
                self._log.drop(name)
            for run in runs:
                self._check(run, now)
            self._journal.look()

    def _check(self, run: Run, now: float) -> None:
        if not run.begun:
            return
        silence = self._deadlines.idle if run.spoke else self._deadlines.first_text
        if now - run.heard > silence:
            error = SilentTooLong(host=run.asked, seconds=f"{silence:g}")
            self._conclude(run, run.broken_off(error))
        elif now - run.started > self._deadlines.answer:
            reason = f"the answer took longer than {self._deadlines.answer:g} seconds"
            self._conclude(run, run.broken_off(ModelFailed(reason=reason)))
