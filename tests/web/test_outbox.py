"""What waits for a slow peer: whole frames, in order, up to a limit."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.web.outbox import Outbox, Overfull, close_frame, text_frame


@given(st.lists(st.tuples(st.binary(max_size=300), st.integers(0, 200), st.booleans())))
def test_a_peer_gets_every_frame_whole_and_in_order_however_it_takes_them(
    steps: list[tuple[bytes, int, bool]],
) -> None:
    taken = bytearray()
    room = 0

    def write(data: bytes) -> int:
        nonlocal room
        some = data[:room]
        room -= len(some)
        taken.extend(some)
        return len(some)

    outbox = Outbox(write, limit=1_000_000)
    for payload, more, flush in steps:
        room += more
        outbox.put(text_frame(payload))
        if flush:
            outbox.flush()
    room = 1_000_000
    while len(outbox):
        outbox.flush()

    assert taken == b"".join(text_frame(payload) for payload, _, _ in steps)


def test_more_than_the_limit_does_not_wait() -> None:
    outbox = Outbox(lambda _data: 0, limit=100)
    outbox.put(b"x" * 60)

    with pytest.raises(Overfull):
        outbox.put(b"x" * 60)

    assert len(outbox) == 60


def test_a_frame_alone_may_be_larger_than_the_limit() -> None:
    outbox = Outbox(lambda _data: 10, limit=100)

    outbox.put(b"x" * 500)

    assert len(outbox) == 490


@pytest.mark.parametrize(
    ("size", "head"),
    [
        (0, b"\x81\x00"),
        (125, b"\x81\x7d"),
        (126, b"\x81\x7e\x00\x7e"),
        (65535, b"\x81\x7e\xff\xff"),
        (65536, b"\x81\x7f\x00\x00\x00\x00\x00\x01\x00\x00"),
    ],
)
def test_a_frame_says_its_length_as_rfc_6455_has_it(size: int, head: bytes) -> None:
    frame = text_frame(b"x" * size)

    assert frame == head + b"x" * size


def test_a_close_frame_holds_its_code_and_a_reason_cut_between_characters() -> None:
    frame = close_frame(4401, "€" * 100)

    assert frame[:4] == bytes((0x88, len(frame) - 2)) + (4401).to_bytes(2, "big")
    assert frame[4:].decode() == "€" * 41
