"""Pages that only look at the clock: each notes when it first saw each chunk.

One thread reads all sockets, as they get readable, so that the reader costs the server
little of the machine. What the frames say is kept, and checked when all is over.
"""

from __future__ import annotations

import json
import re
import selectors
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from websocket import ABNF, WebSocket

from bench.stamps import age, beginning

_STAMP = 6
_NODES = re.compile(r"<wbr>|[^<]+")


@dataclass(eq=False)
class Viewer:
    """One open page with one answer."""

    socket: WebSocket
    sent: float = 0.0
    """When the question left."""
    first: float = 0.0
    """When the first words were here."""
    ended: bool = False
    conversation: str = ""
    message: str = ""
    delays: list[float] = field(default_factory=list)
    frames: list[bytes] = field(default_factory=list)
    received: bytearray = field(default_factory=bytearray)

    def send(self, question: dict[str, Any]) -> None:
        self.sent = time.monotonic()
        self.socket.send(json.dumps(question))

    def read(self) -> None:
        piece = self.socket.sock.recv(262_144)
        if not piece:
            raise ConnectionError("the server closed a socket")
        self.received += piece
        while (frame := _take_frame(self.received)) is not None:
            opcode, payload = frame
            match opcode:
                case ABNF.OPCODE_TEXT:
                    self._note(payload)
                case ABNF.OPCODE_PING:
                    self.socket.pong(payload)
                case ABNF.OPCODE_CLOSE:
                    raise ConnectionError(f"the server closed a socket: {payload!r}")

    def _note(self, payload: bytes) -> None:
        self.frames.append(payload)
        while (at := payload.find(mark := beginning(len(self.delays)))) >= 0:
            stamp = at + len(mark)
            self.first = self.first or time.monotonic()
            self.delays.append(age(payload[stamp : stamp + _STAMP]))
        if payload.startswith(b'{"type":"accepted"'):
            self.conversation = json.loads(payload)["conversation"]["id"]
        elif payload.startswith(b'{"type":"ended"'):
            self.ended = True
            self.message = json.loads(payload)["message"]
        elif payload.startswith(b'{"type":"refused"'):
            raise RuntimeError(payload.decode())

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


def watch(viewers: Sequence[Viewer], *, deadline: float) -> None:
    """Read until all answers have ended, or until `deadline` (of `time.monotonic`)."""
    left = sum(not viewer.ended for viewer in viewers)
    with selectors.DefaultSelector() as selector:
        for viewer in viewers:
            selector.register(viewer.socket.sock, selectors.EVENT_READ, viewer)
        while left and (patience := deadline - time.monotonic()) > 0:
            for key, _ in selector.select(patience):
                viewer = key.data
                over = viewer.ended
                viewer.read()
                left -= viewer.ended and not over


def close(viewers: Sequence[Viewer]) -> None:
    for viewer in viewers:
        connection: socket.socket = viewer.socket.sock
        connection.close()


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
    return [
        "" if node == "<wbr>" else node
        for node in _NODES.findall(re.sub("</?(p|div).*?>", "", html))
    ]


def _take_frame(received: bytearray) -> tuple[int, bytes] | None:
    """Take a whole frame off the front: opcode, payload (RFC 6455, section 5.2: unmasked)."""
    if len(received) < 2:
        return None
    length, start = received[1], 2
    if length >= 126:
        start = 4 if length == 126 else 10
        length = int.from_bytes(received[2:start], "big")
    if len(received) < start + length:
        return None
    opcode, payload = received[0] & 0x0F, bytes(received[start : start + length])
    del received[: start + length]
    return opcode, payload
