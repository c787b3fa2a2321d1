"""Every failure has its own code and a sentence for people."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

import pytest

import webapp.app  # with it, all errors of all layers are there
from webapp.errors import Failure, LiaochatError, by_code
from webapp.web.i18n import sentence


def _all(error: type[LiaochatError] = LiaochatError) -> Iterator[type[LiaochatError]]:
    yield error
    for child in error.__subclasses__():
        yield from _all(child)


ERRORS = list(_all())
_PLACE = re.compile(r"%\((\w+)\)s")


def test_no_two_errors_share_a_code() -> None:
    assert [code for code, count in Counter(one.code for one in ERRORS).items() if count > 1] == []


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: error.__name__)
def test_an_error_is_said_with_its_values_and_read_back_from_its_code(
    error: type[LiaochatError],
) -> None:
    values = {name: f"<{name}>" for name in _PLACE.findall(error.sentence)}

    for number in (0, 1, 2):
        raised = error(**values, number=number) if error.plural else error(**values)
        stored = Failure.load(raised.failure.dump())

        assert by_code(error.code) is error
        assert stored == raised.failure
        assert sentence(stored) == str(raised) == sentence(raised)
        assert all(value in str(raised) for value in values.values())
        assert "%" not in str(raised)


PLURAL = [error for error in ERRORS if error.plural]


@pytest.mark.parametrize("error", PLURAL, ids=lambda error: error.__name__)
def test_a_plural_is_another_sentence_with_the_same_values(error: type[LiaochatError]) -> None:
    assert sorted(_PLACE.findall(error.plural)) == sorted(_PLACE.findall(error.sentence))
    assert error.plural != error.sentence
    assert error.plural.endswith(".")
    assert "%" not in _PLACE.sub("", error.plural)


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: error.__name__)
def test_a_sentence_begins_and_ends_like_one(error: type[LiaochatError]) -> None:
    text = error.sentence

    assert text == "%(reason)s" or (text[0].isupper() or text[0] in "%“")
    assert text == "%(reason)s" or text.endswith(".")


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: error.__name__)
def test_a_sentence_has_no_values_but_named_ones(error: type[LiaochatError]) -> None:
    assert "%" not in _PLACE.sub("", error.sentence)


def test_every_error_is_in_the_drawing_at_the_top() -> None:
    assert webapp.errors.__doc__ is not None
    drawn = set(re.findall(r"[├└]── (\w+)|^(\w+)$", webapp.errors.__doc__, re.MULTILINE))
    names = {name for pair in drawn for name in pair if name}

    own = {error.__name__ for error in ERRORS if error.__module__ == "webapp.errors"}

    assert own == names


def test_a_code_of_another_version_reads_as_the_plain_sentence() -> None:
    assert sentence(Failure("of_the_future", {"x": 1})) == LiaochatError.sentence
