"""CommonMark's own examples, streamed: they come with markdown-it-py's source, not with us."""

from __future__ import annotations

import json
import sys
import tarfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.render.test_stream import sizes, stream, whole

_FOLDER = Path(sys.prefix) / "examples"


def _examples() -> list[str]:
    archives = sorted(_FOLDER.glob("markdown_it_py-*.tar.gz"))
    if not archives:
        pytest.fail(
            f"The examples of CommonMark are not in {_FOLDER}. `make test` puts them there.",
            pytrace=False,
        )
    with tarfile.open(archives[-1]) as archive:
        name = next(
            each for each in archive.getnames() if each.endswith("test_cmark_spec/commonmark.json")
        )
        member = archive.extractfile(name)
        assert member is not None
        return [example["markdown"] for example in json.load(member)]


@pytest.fixture(scope="module")
def examples() -> list[str]:
    found = _examples()
    assert len(found) > 600
    return found


@pytest.mark.parametrize("size", [1, 17])
def test_each_example_ends_as_a_whole_render(examples: list[str], size: int) -> None:
    for example in examples:
        assert stream(example, [size]).unmarked == whole(example), example


@settings(max_examples=200)
@given(data=st.data(), lengths=sizes)
def test_examples_one_after_another_end_as_a_whole_render(
    examples: list[str], data: st.DataObject, lengths: list[int]
) -> None:
    text = "\n".join(data.draw(st.lists(st.sampled_from(examples), min_size=2, max_size=8)))

    assert stream(text, lengths).unmarked == whole(text)
