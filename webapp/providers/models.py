"""What settings say of models: the one that gives titles, and those that are hidden."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from webapp.errors import ConfigurationError
from webapp.providers.base import Model


def check_title_model(
    key: str, models: Iterable[Model], listing: Collection[str] = frozenset()
) -> None:
    """Raise `ConfigurationError` where the model that gives titles is none.

    What the providers that are `listing` their models themselves offer is not known yet.
    """
    if key:
        _check("LIAOCHAT_TITLE_MODEL", key, [model.key for model in models], listing)


def check_hidden(
    keys: Collection[str], models: Iterable[Model], listing: Collection[str] = frozenset()
) -> None:
    """Raise `ConfigurationError` where what is hidden is no model, or is all of them."""
    offered = [model.key for model in models]
    for key in keys:
        _check("LIAOCHAT_HIDDEN_MODELS", key, offered, listing)
    if offered and not listing and set(offered) <= set(keys):
        raise ConfigurationError(
            reason="LIAOCHAT_HIDDEN_MODELS names all models. Leave at least one out."
        )


def _check(setting: str, key: str, offered: Collection[str], listing: Collection[str]) -> None:
    provider, _, model_id = key.partition("/")
    if key not in offered and not (provider in listing and model_id):
        raise ConfigurationError(
            reason=f"{setting} names “{key}”, which is not among the models: "
            f"{', '.join(offered)}. Correct it, or unset it."
        )
