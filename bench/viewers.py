"""Pages that only look at the clock: each notes when it first saw each chunk.

One thread reads all sockets, as they get readable, so that the reader costs the server
little of the machine: nothing is parsed but the heads of frames, and no frame is copied but
those of pages that are to be compared with what was sent when all is over.
"""

from __future__ import annotations

import json
import re
import select
import socket
import time
from array import array
from collections.abc import Callable, Sequence
from typing import Any

from websocket import ABNF, WebSocket

from bench.stamps import STAMP, age, beginning, last_number, now

_AT_ONCE = 262_144
_NODES = re.compile(r"<wbr>|[^<]+")
_ID = re.compile(rb'"(?:id|message)":"([0-9a-f]{32})"')
_TAGS = re.compile("</?(?:p|div|pre|span).*?>")
_PATCH = b'{"type":"patch"'


class Reader:
    """A socket that is read for numbered chunks. `delays` are seconds, in their order."""

    def __init__(self, inner: socket.socket) -> None:
        self.inner = inner
        self.delays = array("d")
        self.sent = 0.0
        """When the question left; and when the first words were here, and the end."""
        self.first = 0.0
        self.ended = False
        self.size = 0
        """Bytes that came."""
        self.next = 0
        self._mark = beginning(0)

    def read(self) -> None:
        raise NotImplementedError

    def _note(self, content: bytes, start: int, stop: int, moment: int) -> None:
        """Look for the chunks that come next, in their order, between two places."""
        while (at := content.find(self._mark, start, stop)) >= 0:
            start = at + len(self._mark) + STAMP
            stamp = content[start - STAMP : start]
            if not stamp.isalnum():
                continue  # drawn up to here: it comes whole further on, or in the next frame
            self.delays.append(age(stamp, moment))
            self.next += 1
            self._mark = beginning(self.next)
            self.first = self.first or time.monotonic()

    def _skip_to(self, number: int) -> None:
        self.next = number
        self._mark = beginning(number)


class Copied(Reader):
    """An answer as the upstream gives it, or who copies it: HTTP in chunks."""

    def __init__(self, inner: socket.socket) -> None:
        super().__init__(inner)
        self._rest = b""

    def read(self) -> None:
        piece = self.inner.recv(_AT_ONCE)
        if not piece:
            raise ConnectionError("an answer broke off")
        self.size += len(piece)
        content = self._rest + piece
        self._note(content, 0, len(content), now())
        self._rest = content[-2 * STAMP :]  # a chunk may come in two pieces
        self.ended = content.endswith(b"0\r\n\r\n")


class Viewer(Reader):
    """One open page with one answer.

    One that looks on (`watching`) counts from what its first snapshot did not hold. With
    `keep` its frames are kept, so that `page_text` can be asked for.
    """

    def __init__(self, opened: WebSocket, *, watching: bool = False, keep: bool = True) -> None:
        super().__init__(opened.sock)
        self.socket = opened
        self.conversation = ""
        self.message = ""
        self.count = 0
        """How many frames came."""
        self.code = 0
        """With which the server has closed it, if it has and said so."""
        self.frames: list[bytes] = []
        self.on_accepted: Callable[[str], None] = lambda _conversation: None
        self._keep = keep
        self._joining = watching
        self._rest = b""

    def send(self, question: dict[str, Any]) -> None:
        self.sent = time.monotonic()
        self.socket.send(json.dumps(question))

    def read(self) -> None:
        piece = self.inner.recv(_AT_ONCE)
        moment = now()
        if not piece:
            raise ConnectionError("the server closed a socket")
        self.size += len(piece)
        content = self._rest + piece if self._rest else piece
        at, end = 0, len(content)
        while (found := _frame(content, at, end)) is not None:
            opcode, start, at = found
            if opcode == ABNF.OPCODE_TEXT:
                self._take(content, start, at, moment)
            elif opcode == ABNF.OPCODE_PING:
                self.socket.pong(content[start:at])
            elif opcode == ABNF.OPCODE_CLOSE:
                self.code = int.from_bytes(content[start : start + 2], "big")
                raise ConnectionError(f"the server closed a socket: {content[start:at]!r}")
        self._rest = content[at:]

    def _take(self, content: bytes, start: int, stop: int, moment: int) -> None:
        self.count += 1
        if self._keep:
            self.frames.append(content[start:stop])
        if not content.startswith(_PATCH, start):
            self._hear(content[start:stop])
        self._note(content, start, stop, moment)

    def _hear(self, frame: bytes) -> None:
        """Take what is no patch; there is little of it."""
        if frame.startswith(b'{"type":"accepted"'):
            self.conversation = _found_id(frame)
            self.on_accepted(self.conversation)
        elif frame.startswith(b'{"type":"ended"'):
            self.ended = True
            self.message = _found_id(frame)
        elif frame.startswith(b'{"type":"refused"'):
            raise RuntimeError(frame.decode())
        elif self._joining and frame.startswith(b'{"type":"snapshot"'):
            self._joining = False
            self._skip_to(last_number(frame) + 1)

    def page_text(self) -> str:
        """Do what the frames say, as far as plain paragraphs need it, and return the text."""
        blocks: list[list[str]] = []
        version = None
        for payload in self.frames:
            frame = json.loads(payload)
            match frame["type"]:
                case "snapshot":
                    version = frame["version"]
                    bodies = frame["html"].split('<div class="block"')[1:]
                    blocks = [_nodes(body.partition(">")[2]) for body in bodies]
                case "patch":
                    if version is None or frame["version"] != version + 1:
                        raise RuntimeError("a gap between patches")
                    version += 1
                    _apply(blocks, frame["ops"])
        return "\n\n".join("".join(nodes) for nodes in blocks)


def watch(readers: Sequence[Reader], *, deadline: float) -> None:
    """Read until all answers have ended, or until `deadline` (of `time.monotonic`)."""
    with select.epoll() as poll:
        waiting = {one.inner.fileno(): one for one in readers if not one.ended}
        for number in waiting:
            poll.register(number, select.EPOLLIN)
        while waiting and (patience := deadline - time.monotonic()) > 0:
            for number, _ in poll.poll(patience):
                reader = waiting[number]
                reader.read()
                if reader.ended:
                    poll.unregister(number)
                    del waiting[number]


def close(readers: Sequence[Reader]) -> None:
    for reader in readers:
        reader.inner.close()


def _frame(content: bytes, at: int, end: int) -> tuple[int, int, int] | None:
    """Find a whole frame: opcode, start and end of what it holds (RFC 6455, 5.2: unmasked)."""
    if end - at < 2:
        return None
    length, start = content[at + 1], at + 2
    if length >= 126:
        start = at + (4 if length == 126 else 10)
        length = int.from_bytes(content[at + 2 : start], "big")
    return None if end < start + length else (content[at] & 0x0F, start, start + length)


def _found_id(frame: bytes) -> str:
    found = _ID.search(frame)
    if found is None:
        raise RuntimeError(f"no id in {frame!r}")
    return found[1].decode()


def _apply(blocks: list[list[str]], ops: Sequence[tuple[int, str | None, int, str]]) -> None:
    for block, shell, keep, html in ops:
        if keep == -1:
            del blocks[block:]
            continue
        if block == len(blocks):
            blocks.append([])
        if shell is not None:
            blocks[block] = []
        blocks[block][keep:] = _nodes(html)


def _nodes(html: str) -> list[str]:
    """Split into nodes; of elements there is only the one that marks a place to break."""
    return ["" if node == "<wbr>" else node for node in _NODES.findall(_TAGS.sub("", html))]
