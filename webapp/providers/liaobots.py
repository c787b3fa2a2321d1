"""The classic Liaobots: `POST /api/chat`, an auth code in a header, raw text back."""

from __future__ import annotations

import time
import uuid
from typing import TYPE_CHECKING, Any, Literal

from webapp.errors import (
    AnswerTooLong,
    AuthCodeRefused,
    BrokenOff,
    EmptyAnswer,
    HumanCheck,
    ModelFailed,
    ProviderError,
    SilentTooLong,
    Unreachable,
)
from webapp.providers.address import parse_address
from webapp.providers.exchange import (
    CutError,
    Exchange,
    NotConnectedError,
    SilenceError,
)
from webapp.providers.failures import failure, printable
from webapp.providers.sse import error_message, parse_object
from webapp.providers.wire import AnswerText, FailureInBandError, HumanCheckError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import requests

    from webapp.providers.base import AuthCode, Cancellation, Question

USER_AGENT = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/112.0.0.0 Safari/537.36"
)
_VENDORS = {"claude": "Anthropic", "gemini": "Google", "deepseek": "DeepSeek", "grok": "xAI"}
_REDIRECTS = 300
_RANDOM = 4
_BAD_REQUEST = 400
_FORBIDDEN = 403
_SPEAKING_FOR_THEMSELVES = {401, 402, 403, 404, 410, 429}
_BYTES_PER_CHARACTER = 256
"""More than any dialect needs: `data: {"role": "assistant", "content": "x"}` has 44."""


class Liaobots:
    """A `Provider` that asks Liaobots. One instance serves all threads.

    Nothing is ever sent twice, not even after a refused connection: each message is one
    payment, and a person can press Retry.

    The time-outs are in seconds: to connect, from one byte of the answer to the next, to
    its first byte (like the others, if not given), and for a whole answer.
    `answer_limit` counts characters. `ca_file` names a file of certificate authorities to
    trust instead of the usual ones; `now` tells the time since the epoch.
    """

    name = "liaobots"
    title = "Liaobots"

    def __init__(
        self,
        base_url: str,
        *,
        request_shape: Literal["classic", "models"] = "classic",
        connect_timeout: float,
        read_timeout: float,
        answer_limit: int,
        first_timeout: float | None = None,
        total_timeout: float = 3600,
        ca_file: str | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        address = parse_address(base_url, whose="Liaobots", mend="Correct LIAOCHAT_LIAOBOTS_URL.")
        self._origin = address.origin
        self._url = f"{address.url}/api/chat"
        self._authority = self._origin.partition("://")[2]
        self.host = address.host
        self._shape = request_shape
        self._connect_timeout = connect_timeout
        self._first_timeout = read_timeout if first_timeout is None else first_timeout
        self._read_timeout = read_timeout
        self._total_timeout = total_timeout
        self._answer_limit = answer_limit
        self._now = now
        self._ca_file = ca_file

    def stream(self, question: Question, cancellation: Cancellation) -> Iterator[str]:
        code = question.auth_code
        if code is None or not code.sendable:
            raise AuthCodeRefused
        exchange = Exchange(
            ca_file=self._ca_file,
            connect_timeout=self._connect_timeout,
            first_timeout=self._first_timeout,
            read_timeout=self._read_timeout,
            total_timeout=self._total_timeout,
        )
        with exchange:
            cancellation.attach(exchange.shut)
            try:
                yield from self._answer(question, code, exchange, cancellation)
            finally:
                cancellation.detach()

    def close(self) -> None:
        """Do nothing: each connection ends with its answer."""

    def _answer(
        self, question: Question, code: AuthCode, exchange: Exchange, cancellation: Cancellation
    ) -> Iterator[str]:
        """Give the answer out up to the limit, and map what ends it early."""
        trouble: ProviderError | None = None
        left = self._answer_limit
        try:
            for text in self._texts(question, code, exchange):
                if cancellation.cancelled:
                    return
                if text[:left]:
                    yield text[:left]
                left -= len(text)
                if left < 0:
                    trouble = AnswerTooLong(limit=self._answer_limit)
                    break
        except ProviderError as error:
            trouble = error
        except NotConnectedError as error:
            trouble = Unreachable(host=self.host, reason=str(error))
        except SilenceError:
            trouble = SilentTooLong(host=self.host, seconds=exchange.patience)
        except CutError:
            trouble = BrokenOff(host=self.host)
        if trouble is not None and not cancellation.cancelled:
            raise trouble

    def _texts(self, question: Question, code: AuthCode, exchange: Exchange) -> Iterator[str]:
        response = exchange.post(
            self._url, headers=self._headers(code), body=_body(question, self._shape)
        )
        if response.status_code >= _REDIRECTS:
            raise self._failure(response, exchange, code)
        answer = AnswerText(response.headers.get("content-type", ""))
        blank = True
        trouble: Exception | None = None
        try:
            for text in self._read(answer, exchange):
                blank = blank and not text.strip()
                yield text
        except HumanCheckError:
            trouble = HumanCheck(host=self.host)
        except FailureInBandError as error:
            trouble = self._failure_in_band(error, code)
        except (CutError, SilenceError) as error:
            trouble = error
        if text := answer.cut():
            yield text
        if trouble is None and answer.unfinished:
            trouble = BrokenOff(host=self.host)
        if trouble is None and blank:
            trouble = EmptyAnswer(host=self.host)
        if trouble is not None:
            raise trouble

    def _read(self, answer: AnswerText, exchange: Exchange) -> Iterator[str]:
        """Read until the end; bound the bytes too, of an upstream that says nothing in many."""
        budget = _BYTES_PER_CHARACTER * self._answer_limit + 1_000_000
        while not answer.done and (piece := exchange.read()):
            if text := answer.feed(piece):
                yield text
            budget -= len(piece)
            if budget < 0:
                raise AnswerTooLong(limit=self._answer_limit)
        if text := answer.finish():
            yield text

    def _headers(self, code: AuthCode) -> dict[str, str]:
        return {
            "authority": self._authority,
            "content-type": "application/json",
            "origin": self._origin,
            "referer": f"{self._origin}/",
            "user-agent": USER_AGENT,
            "x-auth-code": code.reveal(),
        }

    def _failure(
        self, response: requests.Response, exchange: Exchange, code: AuthCode
    ) -> ProviderError:
        status = response.status_code
        if status == _FORBIDDEN and "text/html" in response.headers.get("content-type", "").lower():
            return HumanCheck(host=self.host)  # the guard in front, not the service
        said = ""
        if status not in _SPEAKING_FOR_THEMSELVES and status >= _BAD_REQUEST:
            body = parse_object(exchange.read_error().decode("utf-8", "replace")) or {}
            said = (error_message(body) or _phrase(response)).replace(code.reveal(), "…")
        return failure(
            status,
            host=self.host,
            said=said,
            retry_after=response.headers.get("retry-after", ""),
            now=self._now(),
        )

    def _failure_in_band(self, error: FailureInBandError, code: AuthCode) -> ProviderError:
        said = error.message.replace(code.reveal(), "…")
        if error.status < _BAD_REQUEST or error.status in (404, 410):  # the host did answer
            return ModelFailed(reason=printable(said) or f"status {error.status}")
        return failure(error.status, host=self.host, said=said or "it gave no reason")


def _body(question: Question, shape: Literal["classic", "models"]) -> dict[str, Any]:
    body: dict[str, Any] = {"conversationId": _conversation_id(question.conversation_id)}
    model = question.model
    if shape == "classic":
        body["model"] = {
            "id": model.id,
            "name": model.name,
            "maxLength": model.max_length,
            "tokenLimit": model.token_limit,
        }
    else:
        body["models"] = [{"modelId": model.id, "provider": _vendor(model.id)}]
        body["search"] = "false"
    body["messages"] = [{"role": turn.role, "content": turn.content} for turn in question.turns]
    body["key"] = ""
    body["prompt"] = question.system
    return body


def _conversation_id(conversation_id: str) -> str:
    """Keep the conversation's id where it is a UUID4 in its usual form, else make one up."""
    try:
        known = uuid.UUID(conversation_id)
    except ValueError:
        return str(uuid.uuid4())
    return str(known if known.version == _RANDOM else uuid.uuid4())


def _vendor(model_id: str) -> str:
    for beginning, vendor in _VENDORS.items():
        if model_id.startswith(beginning):
            return vendor
    return "OpenAI"


def _phrase(response: requests.Response) -> str:
    """Read the reason phrase, which http.client takes for Latin-1, as the UTF-8 it may be."""
    phrase = response.reason or ""
    try:
        return phrase.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return phrase
