"""Hostile texts through the renderer, cut at random places: what comes out is ours alone."""

from __future__ import annotations

import random

import pytest

from tests.render.test_safety import assert_safe
from tests.security.payloads import payloads
from tests.security.size import size
from webapp.render import StreamingRenderer

PLACE = "http://127.0.0.1:9"
_PARTS = 8
_CUTS = size(1, 20)


def streamed(text: str, chance: random.Random) -> None:
    """Render a text cut into pieces by chance, and judge each patch and the whole."""
    renderer = StreamingRenderer(id_prefix="m1-")
    at = 0
    while at < len(text):
        size = chance.choice((1, 2, 5, 13, 40, 200))
        renderer.feed(text[at : at + size])
        at += size
        for _, shell, _, html in renderer.flush():
            assert_safe((shell or "") + html)
    for _, shell, _, html in renderer.close(text):
        assert_safe((shell or "") + html)
    assert_safe(renderer.snapshot())


def test_there_are_many_and_no_two_are_alike() -> None:
    found = payloads(PLACE)

    assert len(found) == len(set(found)) > 1000


@pytest.mark.parametrize("part", range(_PARTS))
def test_a_payload_cut_anywhere_becomes_nothing_but_text(part: int) -> None:
    chance = random.Random(part)  # noqa: S311 - a seed that can be repeated

    for text in payloads(PLACE)[part::_PARTS]:
        for _ in range(_CUTS):
            streamed(text, chance)
