"""Any server with the Chat Completions API of OpenAI, and the official API of Liaobots."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from webapp.errors import (
    NoModelList,
    ProviderError,
    Unreachable,
)
from webapp.providers.address import parse_address
from webapp.providers.answering import read_answer
from webapp.providers.base import Answered
from webapp.providers.completion_request import Dialect, request_body
from webapp.providers.exchange import CutError, Exchange, SilenceError
from webapp.providers.host import Host, Refused
from webapp.providers.hosts import Hosts
from webapp.providers.model_list import ModelList, NoListError
from webapp.providers.refusals import Asked

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence

    from webapp.providers.address import Address
    from webapp.providers.base import AuthCode, Cancellation, Listed, Piece, Question

_LIAOBOTS = "liaobots"
_LIST_PATIENCE = 10.0
"""Seconds for each step to a list of models, and twice that in all."""


class OpenAI:
    """A `Provider` that speaks Chat Completions. One instance serves all threads.

    `hosts` are base addresses of one service, such as `https://ai.liaobots.work/v1`, the
    first preferred. `key` is sent to them, else the question's own, else none. A question
    is sent once more only where the first time cannot have been charged: no connection
    came about, the host answered with 5xx before anything else, or it did not know one of
    our fields. Nothing is tried again after a time-out, nor elsewhere what was refused.

    The time-outs are in seconds: to connect to one host, to the first byte of an answer
    (like the next, if not given), from one byte to the next, and for a whole answer.
    `answer_limit` counts characters. `ca_file` names a file of certificate authorities to
    trust instead of the usual ones; `now` tells the time since the epoch.
    """

    def __init__(
        self,
        hosts: Sequence[str],
        *,
        name: str,
        title: str,
        key: AuthCode | None = None,
        connect_timeout: float,
        first_timeout: float | None = None,
        read_timeout: float,
        total_timeout: float,
        answer_limit: int,
        ca_file: str | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.name = name
        self.title = title
        mend = f"Correct it where {title} is set up."
        self._hosts = Hosts([parse_address(one, whose=title, mend=mend) for one in hosts], now)
        self._key = key
        self._connect_timeout = connect_timeout
        self._first_timeout = read_timeout if first_timeout is None else first_timeout
        self._read_timeout = read_timeout
        self._total_timeout = total_timeout
        self._answer_limit = answer_limit
        self._now = now
        self._ca_file = ca_file
        self._dialects: dict[tuple[Address, str], Dialect] = {}

    def stream(self, question: Question, cancellation: Cancellation) -> Iterator[Piece]:
        deadline = time.monotonic() + self._total_timeout
        trouble: ProviderError | None = None
        try:
            for host in self._ask(question.auth_code, needed=question.model.needs_auth_code):
                refused = yield from self._answer(host, question, deadline, cancellation)
                if refused is None or cancellation.cancelled:
                    return
                trouble = _telling(trouble, refused)
                if not refused.elsewhere or time.monotonic() >= deadline:
                    break
        finally:
            cancellation.detach()
        if trouble is not None:
            raise trouble

    def models(self, key: AuthCode | None) -> Sequence[Listed]:
        """Ask what models there are; raise `ProviderError` where that cannot be known.

        It waits for 20 seconds at most, and takes 10,000 models at most.
        """
        deadline = time.monotonic() + 2 * _LIST_PATIENCE
        trouble: ProviderError | None = None
        for host in self._ask(key, needed=False):
            with self._exchange(deadline, _LIST_PATIENCE) as exchange:
                refused = host.get("/models", exchange)
                self._note(host, refused)
                if refused is None:
                    return _read_list(host, exchange)
            trouble = _telling(trouble, refused)
            if not refused.elsewhere or time.monotonic() >= deadline:
                break
        raise trouble or NoModelList(host=self.title, reason="it has no host")

    def close(self) -> None:
        """Do nothing: each connection ends with its answer."""

    def _ask(self, key: AuthCode | None, *, needed: bool) -> list[Host]:
        """List the hosts to be tried; raise where the key could not stand in a header."""
        key = self._key or key
        hosts = [
            Host(
                address,
                key,
                Asked(
                    host=address.host,
                    title=self.title,
                    own_key=self._key is None and (key is not None or needed),
                    vendor=self.name == _LIAOBOTS,
                ),
                self._now,
            )
            for address in self._hosts.in_order()
        ]
        if (key is None and needed) or (key is not None and not key.sendable):
            raise hosts[0].asked.key_refused()
        return hosts

    def _note(self, host: Host, refused: Refused | None) -> None:
        if refused is None or refused.there:
            self._hosts.answered(host.address)

    def _answer(
        self, host: Host, question: Question, deadline: float, cancellation: Cancellation
    ) -> Generator[Piece, None, Refused | None]:
        """Ask one host, in the words that it understands; return what it did instead."""
        spoken = (host.address, question.model.id)
        dialect: Dialect | None = self._dialects.get(spoken, Dialect())
        refused: Refused | None = None
        while dialect is not None and not cancellation.cancelled:
            with self._exchange(deadline) as exchange:
                cancellation.attach(exchange.shut)
                # It is built for the call alone: what holds it here holds it to the end.
                refused = host.post(
                    "/chat/completions", request_body(question, dialect), exchange, dialect
                )
                self._note(host, refused)
                if refused is None:
                    self._dialects[spoken] = dialect
                    if len(self._hosts) > 1:
                        yield Answered(self._hosts.label(host.address))
                    trouble = yield from read_answer(
                        host, exchange, cancellation, limit=self._answer_limit
                    )
                    return None if trouble is None else Refused(trouble)
            dialect = refused.dialect
        return refused

    def _exchange(self, deadline: float, patience: float | None = None) -> Exchange:
        times = (self._connect_timeout, self._first_timeout, self._read_timeout)
        connect, first, read = (min(one, patience or one) for one in times)
        return Exchange(
            ca_file=self._ca_file,
            connect_timeout=connect,
            first_timeout=first,
            read_timeout=read,
            total_timeout=deadline - time.monotonic(),
        )


def _telling(trouble: ProviderError | None, refused: Refused) -> ProviderError:
    """Choose what to tell of several failures: rather what a host said than that one was away."""
    away = isinstance(trouble, Unreachable) and not isinstance(refused.error, Unreachable)
    return refused.error if trouble is None or away or not refused.elsewhere else trouble


def _read_list(host: Host, exchange: Exchange) -> Sequence[Listed]:
    models = ModelList()
    try:
        while not models.full and (chunk := exchange.read()):
            models.feed(chunk)
        return models.finish()
    except NoListError as error:
        reason = str(error)
    except (SilenceError, CutError):
        reason = "it broke off"
    raise NoModelList(host=host.name, reason=reason)
