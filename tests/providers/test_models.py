from __future__ import annotations

from dataclasses import replace

import pytest

from webapp.errors import ConfigurationError
from webapp.providers.models import check_hidden
from webapp.providers.models_file import PACKAGED, read_models_file


@pytest.mark.parametrize(
    ("hidden", "sentence"),
    [
        (["liaobots/nothing"], "names “liaobots/nothing”, which is not among the models"),
        (["liaobots/a", "liaobots/b"], "names all models. Leave at least one out."),
    ],
)
def test_hiding_what_is_no_model_or_all_of_them_stops_the_start(
    hidden: list[str], sentence: str
) -> None:
    models = [replace(read_models_file(PACKAGED).models[0], id=name) for name in ("a", "b")]
    check_hidden(["liaobots/a"], models)  # the premise: one can be hidden

    with pytest.raises(ConfigurationError, match=sentence):
        check_hidden(hidden, models)
