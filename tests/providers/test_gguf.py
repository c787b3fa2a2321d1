"""Reading what a model file says of itself, right ones and wrong ones."""

from __future__ import annotations

import time
from contextlib import suppress
from struct import pack
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.gguf import CHAT, gguf
from webapp.providers.gguf import BadModelFileError, Header, read_header

if TYPE_CHECKING:
    from pathlib import Path

_GOOD = gguf()


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("gguf") / "model.gguf"


def _read(file: Path, content: bytes) -> Header:
    file.write_bytes(content)
    return read_header(file)


def _refusal(file: Path, content: bytes) -> str:
    with pytest.raises(BadModelFileError) as refused:
        _read(file, content)
    return str(refused.value)


def test_a_file_says_what_its_model_is(file):
    header = _read(file, _GOOD)

    assert header == Header("llama", "Grey Heron 1B", "model", 4096, True, True, 1)  # noqa: FBT003


def test_version_2_is_read_as_well(file):
    assert _read(file, gguf(version=2)) == _read(file, _GOOD)


def test_what_is_not_said_is_empty_and_breaks_nothing(file):
    header = _read(file, gguf({"general.architecture": "mamba", "x": -0.5}, tensors=0))

    assert header == Header("mamba", "", "model", 0, True, False, 1)  # noqa: FBT003


@pytest.mark.parametrize(
    ("pairs", "field", "value"),
    [
        ({"llama.attention.causal": False}, "causal", False),
        ({"general.type": "adapter"}, "kind", "adapter"),
        ({"split.count": 3}, "parts", 3),
        ({"tokenizer.chat_template": ""}, "has_chat_template", False),
        ({"llama.context_length": 2**60}, "context_length", 2**31 - 1),
        ({"llama.context_length": "many"}, "context_length", 0),
        ({"llama.context_length": True}, "context_length", 0),
        ({"general.name": 7}, "name", ""),
        ({"general.name": "n" * 5000}, "name", "n" * 4096),
    ],
)
def test_each_thing_is_read_from_its_key(file, pairs, field, value):
    assert getattr(_read(file, gguf({**CHAT, **pairs})), field) == value


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is not a GGUF file"),
        (b"GGU", "is not a GGUF file"),
        (b"PK\3\4" + bytes(100), "is not a GGUF file"),
        (b"GGUF" + bytes(100), "of a version that is not read"),
        (b"GGUF" + pack(">IQQ", 3, 0, 0), "of a version that is not read"),
        (b"GGUF" + pack("<IQQ", 3, 0, 2**63), "more parts than any model"),
        (b"GGUF" + pack("<IQQ", 3, 2**63, 0), "more parts than any model"),
        (b"GGUF" + pack("<IQQQ", 3, 0, 1, 2**63), "is cut off or damaged"),
        (gguf({}, tensors=0), "does not say what kind"),
        (_GOOD[:-64], "is cut off: fetch it once more"),
    ],
)
def test_what_is_no_model_file_is_told_so(file, content, reason):
    assert reason in _refusal(file, content)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (pack("<I", 13), "a value of no known type"),
        (pack("<IIQ", 9, 9, 1) + bytes(64), "a list of no known type"),
        (pack("<IIQ", 9, 10, 2**61), "is cut off or damaged"),
        (pack("<IIQ", 9, 8, 2**32), "more texts than any model"),
        (pack("<IIQQ", 9, 8, 3, 2**63), "is cut off or damaged"),
        (pack("<IIQQ", 9, 8, 3, 2**64 - 9), "is cut off or damaged"),
    ],
)
def test_a_length_is_never_believed(file, value, reason):
    head = b"GGUF" + pack("<IQQ", 3, 0, 1) + pack("<Q", 1) + b"k"

    assert reason in _refusal(file, head + value + bytes(32))


def test_a_file_that_cannot_be_read_is_told_so(tmp_path):
    with pytest.raises(BadModelFileError, match="cannot be read"):
        read_header(tmp_path)


def test_many_texts_longer_than_the_window_are_passed_over(file):
    words = ["w" * 700_000, "", "x" * 3_000_000, *("y" * length for length in range(2000))]

    header = _read(file, gguf({"tokenizer.ggml.tokens": words, **CHAT}))

    assert header.context_length == 4096


def test_a_file_that_is_nothing_but_texts_is_read_in_bounded_time(file):
    texts = 3_999_999
    pairs = pack("<Q", 1) + b"k" + pack("<IIQ", 9, 8, texts) + bytes(8 * texts)
    begun = time.process_time()

    _refusal(file, b"GGUF" + pack("<IQQ", 3, 0, 1) + pairs)

    assert time.process_time() - begun < 5


@given(st.integers(0, len(_GOOD) - 1))
def test_a_file_that_ends_anywhere_is_refused(file, length):
    if length > len(_GOOD) - 64:
        assert _read(file, _GOOD[:length])  # in the last tensor, whose size is llama.cpp's to know
    else:
        assert _refusal(file, _GOOD[:length])


@given(
    st.integers(0, len(_GOOD) - 130),
    st.one_of(st.binary(min_size=1, max_size=12), st.just(b"\xff" * 8), st.just(bytes(8))),
)
def test_a_file_that_was_changed_anywhere_is_read_or_refused(file, place, what):
    with suppress(BadModelFileError):
        header = _read(file, _GOOD[:place] + what + _GOOD[place + len(what) :])
        assert 0 <= header.context_length < 2**31
