"""A page's wire without a socket: events come in, frames leave as requests of their own."""

from __future__ import annotations

import json
import socket
import time
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import requests
from websocket import ABNF, WebSocketConnectionClosedException, WebSocketTimeoutException

if TYPE_CHECKING:
    from tests.support.server import Browser

_KINDS = {"message": ABNF.OPCODE_TEXT, "close": ABNF.OPCODE_CLOSE}


class EventWire:
    """Has of a `WebSocket` what `Page` needs. It reads only when it is asked to."""

    def __init__(self, browser: Browser, path: str = "/events", **headers: str) -> None:
        self._browser = browser
        self._buffer = b""
        self._chunks: bytes | None = None
        self.comments = 0
        parts = urlsplit(browser.server.url)
        assert parts.hostname
        self.sock = socket.create_connection((parts.hostname, parts.port or 80), timeout=20)
        fields = {"Host": parts.netloc, "Cookie": browser.cookie(), **headers}
        head = "".join(f"{name}: {value}\r\n" for name, value in fields.items() if value)
        self.sock.sendall(f"GET {parts.path}{path} HTTP/1.1\r\n{head}\r\n".encode())
        self.head = self._take(b"\r\n\r\n").decode("latin-1")
        self.status = int(self.head.split()[1])
        if "\r\ntransfer-encoding: chunked" in self.head.lower():
            self._chunks, self._buffer = self._buffer, b""
            self._buffer = self._unpacked()
        self.address = ""
        if self.status == requests.codes.ok:
            kind, fields_text = self._event()
            assert kind == "begin"
            self.address = json.loads(fields_text)["address"]

    def post(self, text: str | bytes) -> requests.Response:
        body = text.encode() if isinstance(text, str) else text
        return self._browser.http.post(
            self._browser.server.url + self.address, data=body, timeout=20
        )

    def send(self, text: str) -> None:
        status = self.post(text).status_code
        assert status == requests.codes.no_content, status

    def settimeout(self, seconds: float) -> None:
        self.sock.settimeout(seconds)

    def recv_data(self, *, control_frame: bool) -> tuple[int, bytes]:
        """Give the next event as the frame of a WebSocket that says the same."""
        assert control_frame
        kind, text = self._event()
        if kind == "close":
            fields = json.loads(text)
            return _KINDS[kind], fields["code"].to_bytes(2, "big") + fields["reason"].encode()
        return _KINDS[kind], text.encode()

    def shutdown(self) -> None:
        self.sock.close()

    def close(self, timeout: float = 0) -> None:  # noqa: ARG002 - as a WebSocket has it
        self.sock.close()

    def _event(self) -> tuple[str, str]:
        while True:
            kind, lines = "message", []
            for line in self._take(b"\n\n").decode().split("\n"):
                name, _, value = line.partition(": ")
                match name:
                    case "event":
                        kind = value
                    case "data":
                        lines.append(value)
                    case _:
                        assert line.startswith(":"), line
                        self.comments += 1
            if lines:
                return kind, "\n".join(lines)

    def _take(self, end: bytes) -> bytes:
        deadline = time.monotonic() + (self.sock.gettimeout() or 20)
        while end not in self._buffer:
            self.sock.settimeout(max(deadline - time.monotonic(), 0.001))
            try:
                more = self.sock.recv(65536)
            except TimeoutError as error:
                raise WebSocketTimeoutException from error
            except OSError as error:
                raise WebSocketConnectionClosedException from error
            if not more:
                raise WebSocketConnectionClosedException
            if self._chunks is not None:
                self._chunks += more
                more = self._unpacked()
            self._buffer += more
        taken, _, self._buffer = self._buffer.partition(end)
        return taken

    def _unpacked(self) -> bytes:
        """Take the chunks that have come as a whole: proxies pass an answer without a length so."""
        unpacked = b""
        while self._chunks:
            size, line, rest = self._chunks.partition(b"\r\n")
            if not line or len(rest) < (end := int(size, 16)) + 2:
                break
            unpacked, self._chunks = unpacked + rest[:end], rest[end + 2 :]
        return unpacked
