"""The two steps of an import, with all that reads files: loaded once somebody imports."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from webapp.chat.images import Images
from webapp.chat.importing.bounds import within
from webapp.chat.importing.files import Documents
from webapp.chat.importing.jobs import Job, Progress
from webapp.chat.importing.passes import survey, take_in
from webapp.chat.importing.reading import Found, read
from webapp.chat.importing.report import Report
from webapp.chat.importing.shelf import Shelf
from webapp.chat.importing.writing import Writer
from webapp.store import imports
from webapp.store.database import Database
from webapp.store.imports import Import, State

UNPACKED = 4
"""How many times the limit of a file an archive's contents may have."""


class Steps:
    def __init__(
        self, database: Database, images: Images, *, limit: int, answer_limit: int
    ) -> None:
        """Take in files of up to `limit` MB, and texts of up to `answer_limit` characters."""
        self._database = database
        self._images = images
        self._limit = limit
        self._answer_limit = answer_limit

    def survey(self, job: Job, one: Import, report: Report, heed: Callable[[int], None]) -> State:
        """Look through the file, and write nothing.

        `heed` is called for each piece that was read, and ends the reading by raising.
        """
        with self._database.reading() as connection:
            shelf = Shelf(connection, one.owner_id)
        found, there = self._found(job, heed), self._there(one)
        survey(found, there, shelf, report, folders=job.folders, images=job.images)
        return "ready"

    def take_in(
        self,
        job: Job,
        one: Import,
        report: Report,
        heed: Callable[[int], None],
        between: Callable[[], None],
    ) -> State:
        """Read the file once more, and write what is not there; `between` two transactions."""
        with Writer(self._database, one, report, images=self._images, between=between) as writer:
            take_in(self._found(job, heed), self._there(one), report, writer, images=job.images)
        return "done"

    def _there(self, one: Import) -> set[str]:
        """The sources of what the user has already."""
        with self._database.reading() as connection:
            return imports.sources(connection, one.owner_id)

    def _found(self, job: Job, heed: Callable[[int], None]) -> Iterator[Found]:
        documents = Documents(job.slot.path, limit=self._limit * UNPACKED)
        job.progress = Progress(0, documents.size)
        found = read(documents, heed=heed, folders=job.folders)
        return within(found, self._answer_limit)
