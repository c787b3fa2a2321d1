# ruff: noqa: ANN401  the signatures are those of requests and urllib3
"""How requests is made to speak over a `Line`."""

from __future__ import annotations

import http.client
import io
import re
import ssl
from contextlib import contextmanager
from functools import cache, partial
from typing import TYPE_CHECKING, Any, cast

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from webapp.providers.line import Line, explain

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator, Mapping

    from _typeshed import WriteableBuffer

_LONGEST_HEAD = 1_000_000
"""Bytes before an answer: the library reads any number of heads that say to go on."""

_BUFFER = 4096
"""Bytes; a thousand answers hold as many of them."""

_CHUNK_HEAD = re.compile(rb"\r\n0*([1-9A-Fa-f][0-9A-Fa-f]{0,7})\r\n")


class LineSession(requests.Session):
    """A session for one exchange over one `Line`: no retries, proxies, .netrc or redirects."""

    def __init__(self, line: Line, ca_file: str | None) -> None:
        super().__init__()
        self.trust_env = False
        adapter = _LineAdapter(line, ca_file)
        self.mount("http://", adapter)
        self.mount("https://", adapter)

    def get_redirect_target(self, resp: requests.Response) -> str | None:  # noqa: ARG002
        """Say that nothing is a redirect.

        Even with `allow_redirects=False` requests reads the whole body of one into memory,
        so that `Response.next` can be offered.
        """
        return None


class _LineAdapter(HTTPAdapter):
    def __init__(self, line: Line, ca_file: str | None) -> None:
        self._line = line
        self._ca_file = ca_file
        super().__init__(max_retries=0)

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        super().init_poolmanager(*arguments, **options)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}

    def get_connection_with_tls_context(
        self,
        request: requests.PreparedRequest,
        verify: bool | str | None,  # noqa: FBT001  as above
        proxies: Mapping[str, str] | None = None,
        cert: tuple[str, str] | str | None = None,
    ) -> HTTPConnectionPool:
        pool = cast(
            "HTTPConnectionPool",
            super().get_connection_with_tls_context(request, verify, proxies, cert),
        )
        pool.conn_kw["line"] = self._line
        if isinstance(pool, _SecurePool):
            pool.conn_kw["ssl_context"] = _trusted(self._ca_file)
        return pool

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        """Leave the pool alone: it would load 140 authorities again for each connection.

        The context verifies certificate and host name; that is what makes it safe.
        """


@cache
def _trusted(ca_file: str | None) -> ssl.SSLContext:
    """Give the TLS context that verifies, against `ca_file` or the authorities of requests.

    It takes 15 ms and a megabyte at the first question over https, and is shared by all.
    """
    return ssl.create_default_context(cafile=ca_file or requests.utils.DEFAULT_CA_BUNDLE_PATH)


class _LineConnection(HTTPConnection):
    def __init__(self, *args: Any, line: Line, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._line = line
        self.response_class = partial(_LineResponse, line)  # type: ignore[assignment]

    def _new_conn(self) -> socket.socket:
        return self._line.connect(self._dns_host.strip("[]"), self.port or self.default_port)

    def connect(self) -> None:
        try:
            super().connect()
        except Exception as error:
            self._line.trouble = explain(error)
            raise
        self._line.connected = True


class _SecureLineConnection(_LineConnection, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _LineConnection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureLineConnection


class _LineResponse(http.client.HTTPResponse):
    def __init__(self, line: Line, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self._bytes = _PatientReader(self.fp.detach(), sock, line)
        self.fp = io.BufferedReader(self._bytes, _BUFFER)

    def read1(self, n: int = -1, /) -> bytes:
        """Read what is here: of an answer in chunks all that came whole, not one of them."""
        first = super().read1(n)
        if not self.chunked or self.chunk_left != 0 or self.fp is None:
            return first
        return first + self._whole_chunks(n - len(first))

    def _whole_chunks(self, room: int) -> bytes:
        """Take what the buffer holds of whole chunks (RFC 9112, section 7.1), and wait for none.

        The library stands behind the last byte of one; the next ones begin with its line end.
        """
        with self._bytes.left_alone():
            ahead = self.fp.peek()
        pieces: list[bytes] = []
        at = 0
        while found := _CHUNK_HEAD.match(ahead, at):
            start, size = found.end(), int(found[1], 16)
            if size > min(room, len(ahead) - start):
                break
            pieces.append(ahead[start : start + size])
            room -= size
            at = start + size
        self.fp.read(at)
        return b"".join(pieces)


class _PatientReader(io.RawIOBase):
    """The socket's bytes, each read bounded by the line's patience.

    A time-out of the socket alone starts afresh with each byte: an upstream that sends
    one every nine seconds, in the headers or in a chunk's length, would be waited for
    for ever, inside one call of a library.
    """

    def __init__(self, raw: io.RawIOBase, sock: socket.socket, line: Line) -> None:
        self._raw = raw
        self._sock = sock
        self._line = line
        self._patience: float | None = None
        self._read = 0
        self._alone = False

    @contextmanager
    def left_alone(self) -> Iterator[None]:
        """Read nothing for as long: who looks into the buffer gets what is there."""
        self._alone = True
        try:
            yield
        finally:
            self._alone = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int | None:
        if self._alone:
            return None
        patience = self._line.patience()
        if patience != self._patience:  # each change is a call into the kernel
            self._sock.settimeout(patience)
            self._patience = patience
        count = self._raw.readinto(buffer) or 0
        if count and isinstance(self._sock, ssl.SSLSocket):
            count += self._more_records(memoryview(buffer).cast("B")[count:])
        self._read += count
        if self._read > _LONGEST_HEAD and not self._line.answering:
            raise OSError("the head has no end")
        return count

    def _more_records(self, room: memoryview) -> int:
        """Take what has come besides: TLS gives one record at a time, so often one chunk."""
        count = 0
        self._sock.settimeout(0)
        try:
            while count < len(room) and (more := self._raw.readinto(room[count:])):
                count += more
        except OSError:
            pass  # nothing more is here, or what ends the answer, which the next read meets
        finally:
            self._sock.settimeout(self._patience)
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()
