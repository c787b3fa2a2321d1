from __future__ import annotations

from dataclasses import replace

import pytest

from webapp.errors import ConfigurationError
from webapp.providers.base import Model
from webapp.providers.models import check_hidden, load_models


def test_the_two_models_of_the_mission_are_offered():
    assert load_models(None) == (
        Model("liaobots", "gpt-3.5-turbo", "GPT-3.5", 12000, 4000, needs_auth_code=True),
        Model("liaobots", "gpt-4", "GPT-4", 24000, 8000, needs_auth_code=True),
    )


def test_a_file_of_ones_own_replaces_them(tmp_path):
    file = tmp_path / "models.toml"
    file.write_text('[[models]]\nid = "o9"\n[[models]]\nid = "x"\nname = "Икс"\ntokenLimit = 0\n')

    assert load_models(file) == (
        Model("liaobots", "o9", "o9", needs_auth_code=True),
        Model("liaobots", "x", "Икс", needs_auth_code=True),
    )


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "names no model. Add at least one"),
        ("models = 3", "names no model"),
        ("models = [3]", "has an entry 1 that is not a table"),
        ("[[models]", "is not a TOML file"),
        ("[[models]]\nname = 'x'", "has no id in entry 1. Give it one"),
        ("[[models]]\nid = ''", "has no id in entry 1"),
        ("[[models]]\nid = 7", "has no id in entry 1"),
        ("[[models]]\nid = 'a\u202eb'", "has a wrong id in entry 1"),
        ("[[models]]\nid = 'a'\n[[models]]\nid = 'a'", "names “a” again as entry 2. Remove one"),
        ("[[models]]\nid = 'a'\nmaxLength = -1", "has a wrong maxLength in entry 1"),
        ("[[models]]\nid = 'a'\ntokenLimit = true", "has a wrong tokenLimit in entry 1"),
        ("[[models]]\nid = 'a'\ntokenlimit = 1", "has the unknown key tokenlimit in entry 1. Use"),
        ("[models.a]\nid = 'a'", "names no model"),
        ("[[model]]\nid = 'a'", "holds model, which means nothing here"),
    ],
)
def test_a_wrong_file_is_refused_with_what_to_do(tmp_path, text, sentence):
    file = tmp_path / "models.toml"
    file.write_text(text)

    with pytest.raises(ConfigurationError) as refused:
        load_models(file)

    assert sentence in str(refused.value)
    assert str(file) in str(refused.value)


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(ConfigurationError, match="cannot be read \\(No such file or directory\\)"):
        load_models(tmp_path / "nowhere.toml")


def test_bytes_that_are_no_text_are_refused(tmp_path):
    (tmp_path / "models.toml").write_bytes(b"\xff\xfe")

    with pytest.raises(ConfigurationError, match="is not a TOML file"):
        load_models(tmp_path / "models.toml")


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
    models = [replace(load_models(None)[0], id=name) for name in ("a", "b")]
    check_hidden(["liaobots/a"], models)  # the premise: one can be hidden

    with pytest.raises(ConfigurationError, match=sentence):
        check_hidden(hidden, models)
