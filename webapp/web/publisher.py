"""The publisher: one thread that renders each answer once and sends it to all who watch.

Its own round is the cadence. A lone answer is shown within a frame's time; many, or a
costly one, are shown in larger steps, so that load costs delay and never text.
"""

from __future__ import annotations

import heapq
import itertools
import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from markupsafe import Markup

from webapp.log.base import Ending, GenerationLog
from webapp.web.connection import Connection
from webapp.web.desk import Desk, Job, guarded
from webapp.web.followed import Followed
from webapp.web.frames import encode
from webapp.web.growing import GrowingAnswer
from webapp.web.pace import pause
from webapp.web.thinking import Thinking

AT_ONCE = 0.02
"""Seconds of rendering that one answer gets in one go, while others wait for their turn."""

LONG = 40_000
"""Characters of an answer whose end is drawn apart, so that the ends of others need not wait."""

_logger = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class _Answer:
    """The state of one answer. It belongs to the publisher's thread, while `closing` to a desk's.

    `newcomers` belong to the publisher's thread always.
    """

    followed: Followed
    renderer: GrowingAnswer
    thinking: Thinking
    offset: int = 0
    version: int = 0
    due: float = 0.0
    queued: bool = False
    closing: bool = False
    watchers: list[Connection] = field(default_factory=list)
    newcomers: list[Connection] = field(default_factory=list)


class Publisher:
    def __init__(
        self,
        log: GenerationLog,
        *,
        ended_frame: Callable[[Followed, Ending], Callable[[Connection], bytes]],
        on_ended: Callable[[Followed], None],
        on_lost: Callable[[Connection], None],
        reads_only: Callable[[Connection], bool],
        on_drawn: Callable[[str, str, Markup], None],
    ) -> None:
        """`ended_frame` draws the end once and says what of it each watcher gets.

        Before it `on_drawn` is given the whole answer: its message's id, its text and its HTML.
        `on_ended` is told of each end; `on_lost` of a watcher of what is not there any more.
        Who `reads_only` is sent no thoughts.
        """
        self._log = log
        self._ended_frame = ended_frame
        self._on_ended = on_ended
        self._on_lost = on_lost
        self._reads_only = reads_only
        self._on_drawn = on_drawn
        # The two ways in: orders, and ids with news. Deque and set operations are atomic.
        self._orders: deque[Job] = deque()
        self._news: set[str] = set()
        self._wake = threading.Event()
        self._closing = False
        # The publisher's own.
        self._answers: dict[str, _Answer] = {}
        self._agenda: list[tuple[float, int, _Answer]] = []
        self._counter = itertools.count()
        # What may take long, such as the end of an answer, is done at a desk; that of a long one
        # at the other.
        self._desk, self._long_desk = Desk("publisher-desk"), Desk("publisher-long")
        self._thread = threading.Thread(target=self._run, name="publisher", daemon=True)
        log.listen(self._note)

    def start(self) -> None:
        for one in (self._thread, self._desk, self._long_desk):
            one.start()

    def close(self, timeout: float) -> None:
        self._closing = True
        self._wake.set()
        for desk in (self._desk, self._long_desk):
            desk.close(timeout)
        if self._thread.is_alive():
            self._thread.join(timeout)

    def follow(self, followed: Followed) -> None:
        """Tell `on_ended` when this answer ends, even if nobody watches."""
        self._order(lambda: self._find(followed))

    def watch(self, followed: Followed, connection: Connection) -> None:
        """Send a snapshot of this answer to the connection, then patches, then its end."""
        self._order(lambda: self._welcome(followed, connection))

    def leave(self, connection: Connection) -> None:
        self._order(lambda: self._dismiss(connection))

    def do(self, job: Job) -> None:
        """Do something at the desk, beside the answers."""
        self._desk.put(job)

    def _order(self, order: Job) -> None:
        self._orders.append(order)
        self._wake.set()

    def _note(self, generation_id: str) -> None:
        if generation_id not in self._news:
            self._news.add(generation_id)
            self._order(lambda: self._hear(generation_id))

    def _run(self) -> None:
        while not self._closing:
            self._wake.clear()
            while self._orders:
                guarded(self._orders.popleft())
            now = time.monotonic()
            if self._agenda and self._agenda[0][0] <= now:
                _, _, answer = heapq.heappop(self._agenda)
                answer.queued = False
                guarded(partial(self._publish, answer))
            elif not self._orders:
                self._wake.wait(self._agenda[0][0] - now if self._agenda else None)

    def _find(self, followed: Followed) -> _Answer:
        answer = self._answers.get(followed.generation_id)
        if answer is None:
            renderer = GrowingAnswer(id_prefix=followed.message_id)
            thinking = Thinking(followed.message_id, self._reads_only)
            answer = _Answer(followed, renderer, thinking)
            self._answers[followed.generation_id] = answer
            self._schedule(answer)
        return answer

    def _welcome(self, followed: Followed, connection: Connection) -> None:
        self._forget(connection)
        if self._log.read(followed.generation_id, 0) is None:
            self._lose(connection)
            return
        answer = self._find(followed)
        connection.on_caught_up = lambda: self.watch(followed, connection)
        answer.newcomers.append(connection)
        answer.due = 0.0  # the first words go before everything else
        self._schedule(answer)

    def _lose(self, connection: Connection) -> None:
        self._desk.put(lambda: self._on_lost(connection))

    def _dismiss(self, connection: Connection) -> None:
        connection.on_caught_up = lambda: None
        self._forget(connection)

    def _forget(self, connection: Connection) -> None:
        for answer in self._answers.values():
            if connection in answer.newcomers:
                answer.newcomers.remove(connection)
            if connection in answer.watchers and not answer.closing:
                answer.watchers.remove(connection)

    def _hear(self, generation_id: str) -> None:
        self._news.discard(generation_id)
        answer = self._answers.get(generation_id)
        if answer is not None:
            self._schedule(answer)

    def _schedule(self, answer: _Answer) -> None:
        if not answer.queued and not answer.closing:
            answer.queued = True
            heapq.heappush(self._agenda, (answer.due, next(self._counter), answer))

    def _publish(self, answer: _Answer) -> None:
        started = time.thread_time()
        reading = self._log.read(
            answer.followed.generation_id, answer.offset, thoughts_from=answer.thinking.offset
        )
        if reading is None:
            del self._answers[answer.followed.generation_id]
            for connection in (*answer.watchers, *answer.newcomers):
                self._lose(connection)
            return
        if reading.ending is not None:
            answer.closing = True
            answer.watchers += self._welcomed(answer)
            long = answer.offset + len(reading.text) > LONG
            desk = self._long_desk if long else self._desk
            desk.put(partial(self._end, answer, reading.ending))
            return
        if not answer.watchers and not answer.newcomers:
            return  # nobody looks: rendered when somebody does
        answer.watchers = answer.thinking.tell(reading.thoughts, answer.watchers)
        drawn, ops = answer.renderer.draw(reading.text, seconds=AT_ONCE)
        answer.offset += drawn
        self._patch(answer, ops)
        answer.watchers += self._welcomed(answer)
        if reading.text or reading.thoughts:  # the first ones follow the empty snapshot at once
            cost = time.thread_time() - started
            answer.due = time.monotonic() + pause(drawn, cost)
        if drawn < len(reading.text):
            self._schedule(answer)

    def _patch(self, answer: _Answer, ops: object) -> None:
        if not ops:
            return
        answer.version += 1
        frame = encode("patch", message=answer.followed.message_id, version=answer.version, ops=ops)
        # Who refuses is behind: it asks for a snapshot itself when it has caught up.
        answer.watchers = [watcher for watcher in answer.watchers if watcher.offer(frame)]

    def _welcomed(self, answer: _Answer) -> list[Connection]:
        newcomers, answer.newcomers = answer.newcomers, []
        if newcomers:
            frame = encode(
                "snapshot",
                message=answer.followed.message_id,
                version=answer.version,
                html=answer.renderer.snapshot(),
            )
            for connection in newcomers:
                connection.send(frame)
            if answer.thinking.offset:
                reading = self._log.read(answer.followed.generation_id, answer.offset)
                answer.thinking.recall(reading.thoughts if reading else "", newcomers)
        return newcomers

    def _end(self, answer: _Answer, ending: Ending) -> None:
        """At a desk: the last patch, then the end; then those who came meanwhile."""
        try:
            text = self._close(answer)
            self._on_drawn(answer.followed.message_id, text, answer.renderer.html(text))
            ended = self._ended_frame(answer.followed, ending)
        except Exception:
            # Whatever it was, its pages must not wait for ever: they get it as it is stored.
            _logger.exception("an answer could not be shown up to its end")
            self._order(lambda: self._give_up(answer))
        else:
            for watcher in answer.watchers:
                watcher.send(ended(watcher))
            self._order(lambda: self._part(answer, ended))
        self._on_ended(answer.followed)

    def _close(self, answer: _Answer) -> str:
        """Draw what is left, and give the whole back. It is a `LookupError` if that is gone."""
        whole = self._log.read(
            answer.followed.generation_id, 0, thoughts_from=answer.thinking.offset
        )
        if whole is None:
            raise LookupError("it waited for too long")
        answer.watchers = answer.thinking.tell(whole.thoughts, answer.watchers)
        answer.renderer.feed(whole.text[answer.offset :])
        answer.offset = len(whole.text)
        self._patch(answer, answer.renderer.close(whole.text))
        return whole.text

    def _give_up(self, answer: _Answer) -> None:
        self._answers.pop(answer.followed.generation_id, None)
        for connection in (*answer.watchers, *answer.newcomers):
            self._lose(connection)

    def _part(self, answer: _Answer, ended: Callable[[Connection], bytes]) -> None:
        for connection in self._welcomed(answer):
            connection.send(ended(connection))
        self._answers.pop(answer.followed.generation_id, None)
