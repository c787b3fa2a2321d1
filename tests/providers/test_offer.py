"""Putting the models together that a file names and that servers list."""

from __future__ import annotations

from pathlib import Path

from webapp.providers.base import Listed, Model
from webapp.providers.models_file import PACKAGED, ModelsFile, ProviderEntry
from webapp.providers.offer import LISTED_LIMIT, merge

_OFFICE = ProviderEntry("office", "Office", ("http://127.0.0.1/v1",))
_EACH = ProviderEntry("each", "Each", ("http://127.0.0.1/v1",), key="session")
_NAMED = Model("office", "named", "By the file", 7, note="Here.", parameters=frozenset({"seed"}))


def _file(*models: Model, hidden: frozenset[str] = frozenset()) -> ModelsFile:
    return ModelsFile(Path("models.toml"), (_OFFICE, _EACH), models, hidden)


def test_what_the_file_says_of_a_model_holds_and_comes_first() -> None:
    local = Model("local", "small", "Small")
    listed = {
        "office": [Listed("first", "First"), Listed("named", "By the server")],
        "each": [Listed("paid", "Paid")],
        "gone": [Listed("x", "X")],
    }

    offer = merge([local], _file(_NAMED), listed)

    assert list(offer.models.values()) == [
        local,
        _NAMED,
        Model("office", "first", "First"),
        Model("each", "paid", "Paid", needs_auth_code=True),
    ]
    assert [line.origin for line in offer.lines] == ["local", "file", "listed", "listed"]
    assert offer.beyond == {}


def test_what_the_file_hides_is_not_offered_though_its_server_lists_it() -> None:
    offer = merge(
        [], _file(_NAMED, hidden=frozenset({_NAMED.key})), {"office": [Listed("named", "")]}
    )

    assert offer.models == {}
    assert offer.known == {_NAMED.key: _NAMED}


def test_of_a_long_list_as_many_are_offered_as_a_menu_bears_and_all_that_are_named() -> None:
    listed = [Listed(f"m{number}", "M") for number in range(LISTED_LIMIT + 100)]
    late = Model("office", listed[-1].id, "Named")

    offer = merge([], _file(late), {"office": [*listed, Listed("x" * 195, "Too long a key")]})

    assert list(offer.models)[:2] == [late.key, "office/m0"]
    assert len(offer.models) == LISTED_LIMIT + 1
    assert offer.beyond == {"office": 99}
    assert len(offer.known) == LISTED_LIMIT + 100


def test_the_packaged_list_is_told_from_a_file_of_ones_own() -> None:
    packaged = ModelsFile(PACKAGED, (), (Model("liaobots", "gpt-4", "GPT-4"),))

    assert [line.origin for line in merge([], packaged, {}).lines] == ["packaged"]
