"""Which models are found on this machine, under what names, and what is left out."""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING

import pytest

from tests.providers.conftest import the_packaged
from tests.support.gguf import CHAT, gguf, write_model
from webapp import errors
from webapp.providers.gguf import read_header
from webapp.providers.local_files import find_local_models

if TYPE_CHECKING:
    from pathlib import Path


def _left_out(caplog: pytest.LogCaptureFixture) -> str:
    return "\n".join(record.getMessage() for record in caplog.records)


def test_without_a_setting_it_is_smollm2_with_what_it_can_do_in_time():
    file = the_packaged()

    assert file.small
    assert file.model.key == "local/SmolLM2-135M-Instruct.Q4_1"
    assert (file.model.name, file.model.token_limit) == ("SmolLM2 135M", 2048)
    assert "odd things" in file.model.note
    assert not file.model.needs_auth_code
    assert file.size == file.path.stat().st_size


def test_the_header_of_the_real_file_is_read():
    header = read_header(the_packaged().path)

    assert (header.architecture, header.context_length) == ("llama", 8192)
    assert header.has_chat_template


def test_a_model_is_called_and_bounded_as_its_file_says(tmp_path):
    (file,) = find_local_models(write_model(tmp_path, "grey-heron-1b-q4_0.gguf"))

    assert file.model.key == "local/grey-heron-1b-q4_0"
    assert (file.model.name, file.model.token_limit) == ("Grey Heron 1B", 4096)
    assert file.model.note == "Runs on this machine and costs nothing."
    assert not file.small


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("SmolLM2-135M-Instruct.Q4_1.gguf", "SmolLM2 135M"),
        ("Qwen2.5-0.5B-Instruct-Q4_K_M.gguf", "Qwen2.5 0.5B"),
        ("gemma-3-1b-it.IQ4_XS.gguf", "gemma 3 1b"),
        ("model.gguf", "model"),
    ],
)
@pytest.mark.parametrize("said", ["", "n" * 61, "\u202e\n"])
def test_a_model_without_a_usable_name_is_called_after_its_file(tmp_path, file, name, said):
    (found,) = find_local_models(write_model(tmp_path, file, general__name=said))

    assert found.model.name == name


@pytest.mark.parametrize(
    ("asked", "said", "held"),
    [(0, 131_072, 8192), (16_384, 131_072, 16_384), (16_384, 4096, 4096), (0, 2048, 2048)],
)
def test_a_model_holds_what_its_file_and_the_setting_allow(tmp_path, asked, said, held):
    path = write_model(tmp_path, "model.gguf", llama__context_length=said)

    (found,) = find_local_models(path, context=asked)

    assert found.model.token_limit == held


def test_a_model_without_a_chat_template_says_what_it_may_do(tmp_path):
    path = write_model(tmp_path, "base.gguf", tokenizer__chat_template="")

    (found,) = find_local_models(path)

    assert "may go on with your text" in found.model.note


def test_each_file_of_a_folder_is_a_model_in_the_order_of_their_names(tmp_path):
    write_model(tmp_path, "b.gguf", general__name="Bittern")
    write_model(tmp_path, "A.GGUF", general__name="Avocet")
    (tmp_path / "notes.txt").write_text("no model")
    (tmp_path / "more").mkdir()

    found = find_local_models(tmp_path)

    assert [(file.model.id, file.model.name) for file in found] == [
        ("A", "Avocet"),
        ("b", "Bittern"),
    ]


def test_models_of_one_name_are_told_apart_by_their_files(tmp_path):
    for name in ("heron-q4", "heron-q8"):
        write_model(tmp_path, f"{name}.gguf")

    found = find_local_models(tmp_path)

    assert [file.model.name for file in found] == [
        "Grey Heron 1B (heron-q4)",
        "Grey Heron 1B (heron-q8)",
    ]


def test_a_model_in_several_files_counts_once_with_the_size_of_all(tmp_path):
    for number in (1, 2, 3):
        write_model(tmp_path, f"heron-{number:05d}-of-00003.gguf", split__count=3)

    (found,) = find_local_models(tmp_path)

    assert found.model.id == "heron"
    assert found.path.name == "heron-00001-of-00003.gguf"
    assert found.size == sum(file.stat().st_size for file in tmp_path.iterdir())


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"not a model", "is not a GGUF file"),
        (gguf()[:200], "is cut off or damaged"),
        (gguf({**CHAT, "general.type": "mmproj"}), "holds no model that writes text"),
        (gguf({**CHAT, "llama.attention.causal": False}), "holds no model that writes text"),
        (gguf({**CHAT, "llama.context_length": 512}), "holds a model for 512 tokens, and"),
        (gguf({**CHAT, "split.count": 2}), "is a part of a model"),
    ],
)
def test_what_is_no_model_is_left_out_of_a_folder_and_told(tmp_path, caplog, content, reason):
    (tmp_path / "bad.gguf").write_bytes(content)
    write_model(tmp_path, "good.gguf")

    found = find_local_models(tmp_path)

    assert [file.model.id for file in found] == ["good"]
    assert f"bad.gguf is left out: it {reason}" in _left_out(caplog)


def test_odd_things_in_a_folder_are_left_out_and_told(tmp_path, caplog):
    write_model(tmp_path, "good.gguf")
    write_model(tmp_path, "lonely-00001-of-00002.gguf", split__count=2)
    write_model(tmp_path, f"{'l' * 101}.gguf")
    write_model(tmp_path, "two\nlines.gguf")
    (tmp_path / "gone.gguf").symlink_to(tmp_path / "nowhere")
    (tmp_path / "folder.gguf").mkdir()
    os.mkfifo(tmp_path / "pipe.gguf")

    found = find_local_models(tmp_path)

    assert [file.model.id for file in found] == ["good"]
    told = _left_out(caplog)
    assert "lonely-00002-of-00002.gguf is missing" in told
    assert told.count("has a name that cannot be used") == 2
    assert "two lines.gguf" in told
    assert told.count("is no file") == 2
    assert "gone.gguf is left out: it is not there" in told
    assert {record.levelno for record in caplog.records} == {logging.WARNING}


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        (None, r"names .*heron\.gguf, which is not there\. Correct the path"),
        (b"not a model", "is not a GGUF file"),
        (gguf()[:-64], "is cut off: fetch it once more"),
        (gguf({**CHAT, "general.type": "adapter"}), "holds no model that writes text"),
    ],
)
def test_a_named_file_that_is_no_model_stops_the_start(tmp_path: Path, made, reason):
    path = tmp_path / "heron.gguf"
    if made is not None:
        path.write_bytes(made)

    with pytest.raises(errors.ConfigurationError, match=reason) as refused:
        find_local_models(path)

    assert str(refused.value).startswith("LIAOCHAT_LOCAL_MODEL names ")


def test_a_folder_without_a_model_stops_the_start(tmp_path):
    (tmp_path / "text.gguf").write_text("not a model")

    with pytest.raises(errors.ConfigurationError, match="in which no model can be used"):
        find_local_models(tmp_path)
