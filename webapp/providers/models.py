"""The models of Liaobots, read from a file that whoever hosts this may replace."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import NoReturn

from webapp.errors import ConfigurationError
from webapp.providers.base import Model

_PACKAGED = Path(__file__).with_name("models.toml")
_KEYS = {"id", "name", "maxLength", "tokenLimit"}
_NAME_LIMIT = 100


def load_models(path: Path | None) -> tuple[Model, ...]:
    """Read the models from `path`, or those that come with the package, in their order.

    Raise `ConfigurationError` with a sentence that names the file, the entry and what
    to do about it.
    """
    file = path or _PACKAGED
    try:
        document = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        _refuse(file, f"cannot be read ({error.strerror}). Correct the path or the permissions.")
    except ValueError as error:  # not TOML, or not UTF-8
        _refuse(file, f"is not a TOML file: {error}. Correct it there.")
    entries = document.get("models")
    if set(document) - {"models"}:
        unknown = ", ".join(sorted(set(document) - {"models"}))
        _refuse(file, f"holds {unknown}, which means nothing here. Use [[models]] entries alone.")
    if not isinstance(entries, list) or not entries:
        _refuse(file, "names no model. Add at least one [[models]] entry.")
    models = tuple(_model(file, number, entry) for number, entry in enumerate(entries, start=1))
    seen: set[str] = set()
    for number, model in enumerate(models, start=1):
        if model.id in seen:
            _refuse(file, f"names “{model.id}” again as entry {number}. Remove one of the two.")
        seen.add(model.id)
    return models


def find_title_model(key: str, models: Iterable[Model]) -> Model | None:
    """Find the model that gives titles, where the owner named one.

    Raise `ConfigurationError` where it is not offered.
    """
    if not key:
        return None
    offered = {model.key: model for model in models}
    if key not in offered:
        raise ConfigurationError(
            reason=f"LIAOCHAT_TITLE_MODEL names “{key}”, which is not among the models: "
            f"{', '.join(offered)}. Correct it, or unset it."
        )
    return offered[key]


def check_hidden(keys: Collection[str], models: Iterable[Model]) -> None:
    """Raise `ConfigurationError` where what is hidden is no model, or is all of them."""
    offered = [model.key for model in models]
    for key in keys:
        if key not in offered:
            raise ConfigurationError(
                reason=f"LIAOCHAT_HIDDEN_MODELS names “{key}”, which is not among the models: "
                f"{', '.join(offered)}. Correct it, or unset it."
            )
    if offered and set(offered) <= set(keys):
        raise ConfigurationError(
            reason="LIAOCHAT_HIDDEN_MODELS names all models. Leave at least one out."
        )


def _model(file: Path, number: int, entry: object) -> Model:
    if not isinstance(entry, dict):
        _refuse(file, f"has an entry {number} that is not a table. Write it under [[models]].")
    if unknown := ", ".join(sorted(set(entry) - _KEYS)):
        _refuse(
            file,
            f"has the unknown key {unknown} in entry {number}. Use {', '.join(sorted(_KEYS))}.",
        )
    model_id = _text(file, number, "id", entry.get("id"))
    name = _text(file, number, "name", entry.get("name", model_id))
    return Model(
        provider="liaobots",
        id=model_id,
        name=name,
        max_length=_limit(file, number, "maxLength", entry.get("maxLength", 0)),
        token_limit=_limit(file, number, "tokenLimit", entry.get("tokenLimit", 0)),
        needs_auth_code=True,
    )


def _text(file: Path, number: int, key: str, value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        _refuse(file, f"has no {key} in entry {number}. Give it one, in quotes.")
    if len(value) > _NAME_LIMIT or not value.isprintable() or value != value.strip():
        _refuse(
            file,
            f"has a wrong {key} in entry {number}. "
            f"Use at most {_NAME_LIMIT} visible characters on one line.",
        )
    return value


def _limit(file: Path, number: int, key: str, value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        _refuse(
            file,
            f"has a wrong {key} in entry {number}. Use a whole number, or 0 where it is unknown.",
        )
    return value


def _refuse(file: Path, what: str) -> NoReturn:
    raise ConfigurationError(reason=f"The models file {file} {what}")
