"""Send one request and read its answer piece by piece; the one place that knows requests."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Self

import requests
import urllib3

from webapp.providers.connection import LineSession
from webapp.providers.line import Line

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

_PIECE = 16_384
_ERROR_BODY = 65_536
_ERROR_PATIENCE = 2.0


class NotConnectedError(Exception):
    """No byte of the request has left. The text says why and holds no secret."""


class CutError(Exception):
    """The connection ended before the answer did, or spoke something that is not HTTP."""


class SilenceError(Exception):
    """Nothing came for as long as the time-out."""


class Exchange:
    """One request and its answer, over a connection of its own.

    Use it as a context: at its end the connection is closed, whatever is still to come.
    `shut` may be called by any thread at any time and wakes the one that waits.

    The errors raised here are not chained to those of the libraries. These carry the
    request, and with it the auth code, to wherever a traceback is shown with its values;
    `InvalidHeader` even says it in its text.
    """

    def __init__(
        self,
        *,
        connect_timeout: float,
        first_timeout: float,
        read_timeout: float,
        total_timeout: float,
        ca_file: str | None = None,
    ) -> None:
        """`ca_file` names authorities to trust over https instead of the usual ones."""
        self._read_timeout = read_timeout
        self._line = Line(
            connect_timeout=connect_timeout,
            read_timeout=first_timeout,
            deadline=time.monotonic() + total_timeout,
        )
        self._timeout = (connect_timeout, first_timeout)
        self._session = LineSession(self._line, ca_file)
        self._response: requests.Response | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._line.shut()
        if self._response is not None:
            self._response.close()
        self._session.close()
        self._line.close()

    def shut(self) -> None:
        self._line.shut()

    def post(self, url: str, *, headers: Mapping[str, str], body: object) -> requests.Response:
        """Send `body` as JSON; return when the headers of the answer are here."""
        try:
            return self._send("POST", url, headers=headers, body=body)
        finally:
            del headers  # a traceback may be shown with the values in it

    def get(self, url: str, *, headers: Mapping[str, str]) -> requests.Response:
        """Ask for what is there; return when the headers of the answer are here."""
        try:
            return self._send("GET", url, headers=headers)
        finally:
            del headers  # as above

    def _send(
        self, method: str, url: str, *, headers: Mapping[str, str], body: object = None
    ) -> requests.Response:
        trouble: Exception
        try:
            self._response = self._session.request(
                method,
                url,
                headers={**headers, "Accept-Encoding": "identity"},
                json=body,
                stream=True,
                allow_redirects=False,
                timeout=self._timeout,
            )
        except Exception as error:  # noqa: BLE001  a hostile answer can raise anything
            trouble = self._translate(error)
        else:
            self._line.answering = True
            self._response.request.body = None  # with images it is large, and has been sent
            return self._response
        finally:
            del headers  # as above
        raise trouble

    def read(self) -> bytes:
        """Return what has arrived, at most 16 kB, as soon as it has; nothing at the end."""
        trouble: Exception
        try:
            piece = self._raw.read1(_PIECE, decode_content=True)
        except Exception as error:  # noqa: BLE001  as above
            trouble = self._translate(error)
        else:
            self._line.read_timeout = self._read_timeout
            return piece
        raise trouble

    @property
    def patience(self) -> int:
        """How many seconds of silence are too many just now."""
        return round(self._line.read_timeout)

    def hurry(self, seconds: float) -> None:
        """Wait no longer than so many seconds for what is still to come."""
        self._line.deadline = min(self._line.deadline, time.monotonic() + seconds)

    def read_error(self) -> bytes:
        """Return the beginning of an answer that is no answer, and don't wait long for it."""
        self.hurry(_ERROR_PATIENCE)
        body = b""
        try:
            while len(body) < _ERROR_BODY and (piece := self.read()):
                body += piece
        except (CutError, SilenceError):
            pass  # the status says enough
        return body[:_ERROR_BODY]

    @property
    def _raw(self) -> urllib3.HTTPResponse:
        if self._response is None:
            raise RuntimeError("nothing was posted yet")
        raw: urllib3.HTTPResponse = self._response.raw
        return raw

    def _translate(self, error: Exception) -> Exception:
        if not self._line.connected:
            return NotConnectedError(self._line.trouble or "no connection came about")
        # The two libraries call it by three names, depending on where it happened.
        timed_out = isinstance(error, (requests.Timeout, urllib3.exceptions.TimeoutError))
        if timed_out and not self._line.expired:
            return SilenceError()
        return CutError()
