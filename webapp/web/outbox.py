"""What leaves a socket: frames, whole and in order, and what waits because the peer is slow.

Nothing here knows threads or sockets; `Outbox` is given a way to write.
"""

from __future__ import annotations

from collections.abc import Callable

_PIECE = 64 * 1024


class Overfull(Exception):
    """More waits than a peer may let pile up."""


class Outbox:
    """Frames that the peer has not taken yet. The caller sees to it that one thread is in it.

    `write` sends what the peer takes at once and says how much that was.
    """

    def __init__(self, write: Callable[[bytes], int], *, limit: int) -> None:
        self._write = write
        self._limit = limit
        self._waiting = bytearray()

    def __len__(self) -> int:
        """How many bytes wait."""
        return len(self._waiting)

    def put(self, frame: bytes) -> None:
        """Send a frame, or have it wait behind what waits. Raises `Overfull`."""
        if self._waiting:
            if len(self._waiting) + len(frame) > self._limit:
                raise Overfull
            self._waiting += frame
            return
        self._waiting += frame[self._write(frame) :]

    def flush(self) -> None:
        """Send of what waits as much as the peer takes."""
        if self._waiting:
            del self._waiting[: self._write(bytes(self._waiting[:_PIECE]))]


def text_frame(payload: bytes) -> bytes:
    """Frame a text message as a server does: whole, unmasked (RFC 6455, section 5.2)."""
    return _frame(0x81, payload)


def close_frame(code: int, reason: str) -> bytes:
    # Cut between characters: a reason that is not UTF-8 would be an error of protocol.
    text = reason.encode()[:123].decode(errors="ignore").encode()
    return _frame(0x88, code.to_bytes(2, "big") + text)


def _frame(head: int, payload: bytes) -> bytes:
    length = len(payload)
    if length < 126:  # noqa: PLR2004
        return bytes((head, length)) + payload
    if length < 1 << 16:
        return bytes((head, 126)) + length.to_bytes(2, "big") + payload
    return bytes((head, 127)) + length.to_bytes(8, "big") + payload
