"""The models on this machine: llama.cpp, asked over HTTP on the loopback interface."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from resource import getpagesize

from webapp.config import Settings
from webapp.errors import (
    N_,
    LocalModelFailed,
    LocalModelTooLarge,
    ModelFailed,
    ProviderError,
    QuestionTooLong,
)
from webapp.providers.base import Cancellation, Model, Piece, Question, Turn
from webapp.providers.exchange import (
    CutError,
    Exchange,
    NotConnectedError,
    SilenceError,
)
from webapp.providers.failures import printable
from webapp.providers.local_files import LocalFile, find_local_models
from webapp.providers.local_minder import LocalProcess, NoMemoryError, NotRunningError
from webapp.providers.local_wire import answer_tokens, request_body, spoken_in_turn, stream_pieces
from webapp.providers.sse import MalformedEventError, error_message, parse_object
from webapp.providers.turns import Turns

SLOTS = 2
"""How many answers of one model run at once."""

_SHORT = 64
_TURN_TOKENS = 8
"""What the chat template adds around each turn, with some to spare."""

_OK = 200


@dataclass(frozen=True, slots=True)
class Standing:
    """The model that is loaded, and how many bytes of memory it holds; None where unknown."""

    file: LocalFile
    resident: int | None


@dataclass(frozen=True, slots=True)
class _Address:
    url: str
    key: str

    @property
    def headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.key}"}


def open_local(settings: Settings) -> Local | None:
    """Find the models on this machine that the settings name; None where there are none."""
    files = find_local_models(settings.local_model, context=settings.local_context)
    if not files:
        return None
    return Local(files, idle=settings.local_idle, total_timeout=settings.answer_timeout)


class Local:
    """A `Provider` that runs these models. One instance serves all threads.

    The process starts with the first question and holds one model. `SLOTS` questions for it
    are answered at once; others wait their turn, and those for another model until nothing
    runs. After `idle` seconds without a question the process is ended, with 0 it stays.
    """

    name = "local"
    title = "On this machine"

    def __init__(
        self, files: Sequence[LocalFile], *, idle: float = 0, total_timeout: float = 900
    ) -> None:
        self.files = tuple(files)
        self._files = {file.model.id: file for file in files}
        self._turns = Turns(SLOTS)
        self._process = LocalProcess(slots=SLOTS, idle=idle)
        self._total_timeout = total_timeout

    @property
    def pid(self) -> int | None:
        """The process of a model, if it runs."""
        running = self._process.running
        return None if running is None else running[1]

    @property
    def models(self) -> tuple[Model, ...]:
        return tuple(file.model for file in self.files)

    def standing(self) -> Standing | None:
        """Tell what is loaded at this moment; None where nothing is."""
        running = self._process.running
        if running is None:
            return None
        file, pid = running
        return Standing(file, _resident(pid))

    def stream(self, question: Question, cancellation: Cancellation) -> Iterator[Piece]:
        file = self._files.get(question.model.id)
        if file is None:
            raise ModelFailed(reason=N_("it is not on this machine any more"))
        trouble: ProviderError | None = None
        try:
            with self._turns.turn(file.model.id, cancellation), self._process.used():
                if not cancellation.cancelled:
                    yield from self._answer_once_more(file, question, cancellation)
        except ProviderError as error:
            trouble = error
        except NoMemoryError:
            trouble = LocalModelTooLarge(model=file.model.name)
        except NotRunningError:
            trouble = LocalModelFailed(reason=N_("it did not start"))
        except (NotConnectedError, CutError):
            trouble = LocalModelFailed(reason=N_("it ended"))
        except SilenceError:
            trouble = LocalModelFailed(reason=N_("it was silent for too long"))
        except MalformedEventError:
            trouble = LocalModelFailed(reason=N_("it spoke gibberish"))
        finally:
            cancellation.detach()
        if trouble is not None and not cancellation.cancelled:
            raise trouble

    def close(self) -> None:
        self._process.close()

    def _answer_once_more(
        self, file: LocalFile, question: Question, cancellation: Cancellation
    ) -> Iterator[Piece]:
        """Answer; if the process dies before the first word, which costs nothing, ask the next."""
        silent = True
        try:
            for piece in self._answer(file, question, cancellation):
                silent = False
                yield piece
        except (NotConnectedError, CutError):
            if not silent or cancellation.cancelled or not self._process.has_ended():
                raise
        else:
            return
        yield from self._answer(file, question, cancellation)

    def _answer(
        self, file: LocalFile, question: Question, cancellation: Cancellation
    ) -> Iterator[Piece]:
        address = _Address(*self._process.address(file, cancellation))
        if cancellation.cancelled:
            return
        turns, room = self._fit(file, question, address, cancellation)
        body = request_body(question, turns, small=file.small, room=room)
        with self._exchange(cancellation) as exchange:
            response = exchange.post(
                f"{address.url}/v1/chat/completions", headers=address.headers, body=body
            )
            if response.status_code != _OK:
                said = parse_object(exchange.read_error().decode("utf-8", "replace")) or {}
                raise ModelFailed(reason=printable(error_message(said)) or N_("it gave no reason"))
            yield from stream_pieces(exchange, cancellation)

    def _fit(
        self, file: LocalFile, question: Question, address: _Address, cancellation: Cancellation
    ) -> tuple[Sequence[Turn], int]:
        """Take as many turns as fit beside an answer, from the newest back.

        Returns them with how many tokens are left for the answer.
        """
        kept = answer_tokens(file.model.token_limit)
        left = file.model.token_limit - kept
        left -= self._count(question.system, address, cancellation)
        turns: list[Turn] = []
        for turn in reversed(question.turns):
            tokens = self._count(turn.content, address, cancellation)
            if tokens > left:
                break
            left -= tokens
            turns.insert(0, turn)
        if not turns:
            raise QuestionTooLong(model=file.model.name)
        return spoken_in_turn(turns), kept + left

    def _count(self, text: str, address: _Address, cancellation: Cancellation) -> int:
        """Count the tokens of a turn; a short one is not worth the question."""
        most = len(text.encode("utf-8", "replace"))  # no token is shorter than a byte
        if most <= _SHORT or cancellation.cancelled:
            return most + _TURN_TOKENS
        with self._exchange(cancellation) as exchange:
            exchange.post(
                f"{address.url}/tokenize", headers=address.headers, body={"content": text}
            )
            document = b""
            while piece := exchange.read():
                document += piece
        tokens = (parse_object(document.decode()) or {}).get("tokens", [])
        return len(tokens) + _TURN_TOKENS

    @contextmanager
    def _exchange(self, cancellation: Cancellation) -> Iterator[Exchange]:
        with Exchange(
            connect_timeout=5,
            first_timeout=self._total_timeout,  # it may have to wait its turn
            read_timeout=60,
            total_timeout=self._total_timeout,
        ) as exchange:
            cancellation.attach(exchange.shut)
            yield exchange


def _resident(pid: int) -> int | None:
    """Read how many bytes of memory a process holds: proc(5), the second number of `statm`."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text("ascii").split()[1]) * getpagesize()
    except (OSError, ValueError, IndexError):  # it has ended, or this is no Linux
        return None
