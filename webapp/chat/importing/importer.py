"""The importer: one thread that looks through files and takes them in, and what each is at.

    reading ─► ready ─► running ─► done
       └─► failed  └─► cancelled └─► failed, cancelled: undone

An import's row is changed by this thread alone, or where no thread has it: in `ready`.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

from webapp.chat.images import Images
from webapp.chat.importing.jobs import CancelledError, Job, Progress, Slot
from webapp.chat.importing.report import Report
from webapp.chat.importing.undoing import undo
from webapp.clock import Clock
from webapp.errors import (
    ImportCutOff,
    ImportFailed,
    ImportsBusy,
    ImportUnderway,
    NotFound,
    Refused,
)
from webapp.store import imports
from webapp.store.database import Database
from webapp.store.ids import new_id
from webapp.store.imports import UNFINISHED, Import, State
from webapp.store.text import one_line

if TYPE_CHECKING:
    from webapp.chat.importing.steps import Steps

_logger = logging.getLogger(__name__)

_FILES = 8
"""Files that lie on the server at once, of all users: half a gigabyte each by default."""

_KEPT_WAITING = timedelta(minutes=30)
_REPORTS = 10
_NAME_LIMIT = 200
_BREATH = 0.002
"""Seconds between two transactions: answers are written down meanwhile."""


class Importer:
    def __init__(
        self,
        *,
        database: Database,
        clock: Clock,
        images: Images,
        folder: Path,
        limit: int,
        answer_limit: int,
        on_done: Callable[[str], None],
    ) -> None:
        """Take in files of up to `limit` MB, and texts of up to `answer_limit` characters.

        `on_done` is told whose list is new.
        """
        self._database = database
        self._clock = clock
        self._images = images
        self.folder = folder
        self.limit = limit  # of a file, in MB
        self._answer_limit = answer_limit
        self._on_done = on_done
        self._lock = threading.Lock()
        self._jobs: dict[str, Job] = {}
        self._queue: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._work, name="importer", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def close(self, timeout: float) -> None:
        """End what runs where it is; the next start undoes it."""
        self._closing.set()
        self._queue.put(None)
        if self._thread.is_alive():
            self._thread.join(timeout)

    def recover(self) -> None:
        """Undo what a run of the server left behind, and remove its files. Before any start."""
        with self._database.reading() as connection:
            left = imports.unfinished(connection)
        for one in left:
            report = Report.load(one.report)
            if one.state == "running":
                undo(self._database, one, report)
            report.fail(ImportCutOff().failure)
            self._keep(one, "failed", report)
        if self.folder.is_dir():
            for file in self.folder.iterdir():
                file.unlink(missing_ok=True)

    def place(self, user_id: str) -> Slot:
        """Make room for a file. Raises `ImportUnderway` or `ImportsBusy`.

        What the user had uploaded and not begun makes room, and so does what others left
        lying for long.
        """
        stale = self._clock.now() - _KEPT_WAITING
        with self._lock:
            jobs = [job for job in self._jobs.values() if job.slot.owner_id == user_id]
        for job in jobs:
            if self._waiting(job) is None:
                raise ImportUnderway
            self.cancel(user_id, job.slot.id)
        with self._lock:
            others = list(self._jobs.values())
        for job in others if len(others) >= _FILES else ():
            one = self._waiting(job)
            if one is not None and one.created_at < stale:
                self.cancel(one.owner_id, one.id)
        slot = Slot(new_id(), user_id, self.folder / new_id())
        with self._lock:
            if len(self._jobs) >= _FILES:
                raise ImportsBusy
            if any(job.slot.owner_id == user_id for job in self._jobs.values()):
                raise ImportUnderway
            self.folder.mkdir(mode=0o700, exist_ok=True)
            self._jobs[slot.id] = Job(slot)
        return slot

    def discard(self, slot: Slot) -> None:
        """Give back a place whose file did not come."""
        with self._lock:
            self._jobs.pop(slot.id, None)
        slot.path.unlink(missing_ok=True)

    def look(self, slot: Slot, name: str) -> Import:
        """Look through a file that has come; what is in it is known when it is `ready`."""
        report = Report(name=one_line(name, _NAME_LIMIT))
        now = self._clock.now()
        with self._database.writing() as connection:
            imports.begin(connection, slot.owner_id, slot.id, report.dump(), now=now)
            for old in imports.recent(connection, slot.owner_id, limit=_REPORTS + 1)[_REPORTS:]:
                imports.forget_before(connection, slot.owner_id, old.created_at)
        one = Import(slot.id, slot.owner_id, "reading", report.dump(), now)
        job = self._jobs[slot.id]
        self._queue.put(lambda: self._run(job, one, report, self._survey))
        return one

    def begin(self, user_id: str, import_id: str) -> Import:
        """Take in what was looked at. One that was begun already goes on."""
        with self._database.writing() as connection:
            one = imports.find(connection, user_id, import_id)
            if one is None:
                raise NotFound
            with self._lock:
                job = self._jobs.get(import_id)
            if one.state != "ready" or job is None:
                return one
            imports.change(connection, user_id, import_id, "running", one.report)
        one = replace(one, state="running")
        job.progress = Progress(0, job.progress.size)
        report = Report(name=Report.load(one.report).name)
        self._queue.put(lambda: self._run(job, one, report, self._take_in))
        return one

    def cancel(self, user_id: str, import_id: str) -> None:
        """End an import. One that runs is undone, which takes a moment."""
        with self._lock:
            job = self._jobs.get(import_id)
        one = self.find(user_id, import_id)
        if job is None or one.state not in UNFINISHED:
            return
        job.cancelled.set()
        if one.state == "ready":
            self._keep(one, "cancelled", Report.load(one.report))
            self.discard(job.slot)

    def find(self, user_id: str, import_id: str) -> Import:
        """Find an import. Or `NotFound`."""
        with self._database.reading() as connection:
            one = imports.find(connection, user_id, import_id)
        if one is None:
            raise NotFound
        return one

    def recent(self, user_id: str) -> Sequence[Import]:
        """List the user's last imports."""
        with self._database.reading() as connection:
            return imports.recent(connection, user_id, limit=_REPORTS)

    def progress(self, import_id: str) -> Progress:
        job = self._jobs.get(import_id)
        return Progress() if job is None else job.progress

    def _waiting(self, job: Job) -> Import | None:
        """The import of a job that waits for its owner to begin it."""
        with self._database.reading() as connection:
            one = imports.find(connection, job.slot.owner_id, job.slot.id)
        return one if one is not None and one.state == "ready" else None

    # The thread's own

    def _work(self) -> None:
        while (task := self._queue.get()) is not None and not self._closing.is_set():
            task()

    def _run(
        self,
        job: Job,
        one: Import,
        report: Report,
        step: Callable[[Job, Import, Report], State],
    ) -> None:
        """Take one step of an import, and see that it ends in a state whatever happens.

        Here, too, everything is caught: a file of a person's must not end the thread that
        the files of all others wait for.
        """
        state: State = "failed"
        try:
            state = step(job, one, report)
        except CancelledError:
            if self._closing.is_set():
                return
            state = "cancelled"
        except Refused as error:
            report.fail(error.failure)
        except Exception:
            _logger.exception("import %s failed", one.id)
            report.fail(ImportFailed().failure)
        try:
            if one.state == "running" and state != "done":
                undo(self._database, one, report)
            if job.cancelled.is_set() and state == "ready":
                state = "cancelled"
            if state != "ready":
                self.discard(job.slot)  # who is told that it is over finds nothing of it
            self._keep(one, state, report)
        except Exception:
            # The database does not take it: the row stays, and the next start undoes it.
            _logger.exception("import %s could not be concluded", one.id)
            self.discard(job.slot)
        if state == "done":
            self._on_done(one.owner_id)

    def _survey(self, job: Job, one: Import, report: Report) -> State:
        return self._steps.survey(job, one, report, self._heed(job))

    def _take_in(self, job: Job, one: Import, report: Report) -> State:
        heed = self._heed(job)
        return self._steps.take_in(job, one, report, heed, partial(self._breathe, heed))

    @cached_property
    def _steps(self) -> Steps:
        # Here, and not above: a fortieth of a start, for the few who import.
        from webapp.chat.importing.steps import Steps  # noqa: PLC0415

        return Steps(
            self._database, self._images, limit=self.limit, answer_limit=self._answer_limit
        )

    def _heed(self, job: Job) -> Callable[[int], None]:
        """Give what is called for each piece that was read, and ends the reading by raising."""

        def heed(count: int) -> None:
            if job.cancelled.is_set() or self._closing.is_set():
                raise CancelledError
            job.progress = replace(job.progress, done=job.progress.done + count)

        return heed

    def _breathe(self, heed: Callable[[int], None]) -> None:
        self._closing.wait(_BREATH)
        heed(0)

    def _keep(self, one: Import, state: State, report: Report) -> None:
        with self._database.writing() as connection:
            imports.change(connection, one.owner_id, one.id, state, report.dump())
