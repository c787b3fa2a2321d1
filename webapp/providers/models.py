"""What settings say of models: the one that gives titles, and those that are hidden."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from webapp.errors import ConfigurationError
from webapp.providers.base import Model


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
