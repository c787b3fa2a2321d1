"""What settings say of models, before any server was asked what it offers."""

from __future__ import annotations

import pytest

from webapp.errors import ConfigurationError
from webapp.providers.base import Model
from webapp.providers.models import check_hidden, check_title_model

MODELS = [Model("liaobots", name, name) for name in ("a", "b")]
LISTING = {"ollama"}


@pytest.mark.parametrize(
    ("hidden", "sentence"),
    [
        (["liaobots/nothing"], "names “liaobots/nothing”, which is not among the models"),
        (["liaobots/a", "liaobots/b"], "names all models. Leave at least one out."),
        (["ollama/llama3.2"], "names “ollama/llama3.2”, which is not among the models"),
    ],
)
def test_hiding_what_is_no_model_or_all_of_them_stops_the_start(
    hidden: list[str], sentence: str
) -> None:
    check_hidden(["liaobots/a"], MODELS)  # the premise: one can be hidden

    with pytest.raises(ConfigurationError, match=sentence):
        check_hidden(hidden, MODELS)


def test_of_a_provider_that_lists_its_models_any_can_be_named_before_it_was_asked() -> None:
    check_hidden(["ollama/llama3.2", "liaobots/a", "liaobots/b"], MODELS, LISTING)
    check_title_model("ollama/llama3.2", MODELS, LISTING)
    check_title_model("", MODELS)

    with pytest.raises(ConfigurationError, match="LIAOCHAT_TITLE_MODEL names “ollama/”"):
        check_title_model("ollama/", MODELS, LISTING)
    with pytest.raises(ConfigurationError, match="is not among the models: liaobots/a, liaobots/b"):
        check_title_model("other/x", MODELS, LISTING)
