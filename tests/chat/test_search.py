"""Whatever is typed is a query: filters are read, and what is none is looked for."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.chat.search import LENGTH, parse
from webapp.errors import BadDate, EmptyFilter, QueryTooLong, UnknownPlace
from webapp.store.search import Query


def _day(*date: int) -> datetime:
    return datetime(*date).astimezone()  # type: ignore[misc, arg-type]


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("", ()),
        ("   ", ()),
        ("sky", ("sky",)),
        ("blue  sky\tblue", ("blue", "sky")),
        ('"blue sky" over', ("blue sky", "over")),
        ('over "blue   sky', ("over", "blue sky")),
        ("“blue sky” „grey sea“ 「青い 空」", ("blue sky", "grey sea", "青い 空")),
        ('""', ()),
        ('"', ()),
        ("NOT a AND b* (c) NEAR", ("NOT", "a", "AND", "b*", "(c)", "NEAR")),
        ("std::vector https://x.y/z 12:30", ("std::vector", "https://x.y/z", "12:30")),
        ("remodel:x inside:y", ("remodel:x", "inside:y")),
        ('"in:trash"', ("in:trash",)),
        ("cafe\u0301", ("caf\u00e9",)),
        ("中文 搜索", ("中文", "搜索")),
    ],
)
def test_words_and_phrases(typed: str, words: tuple[str, ...]) -> None:
    asked = parse(typed)

    assert asked.query == Query(words)
    assert asked.remarks == ()


@pytest.mark.parametrize(
    ("typed", "filters"),
    [
        ("model:gpt-4", {"model": "gpt-4"}),
        ('Model:"gpt 4" ', {"model": "gpt 4"}),
        ("before:2026", {"before": _day(2026, 1, 1)}),
        ("before:2026-03", {"before": _day(2026, 3, 1)}),
        ("after:2026-3-5", {"since": _day(2026, 3, 5)}),
        (
            "after:2025 before:2026-12-31",
            {"since": _day(2025, 1, 1), "before": _day(2026, 12, 31)},
        ),
        ("before:2025 before:2026", {"before": _day(2026, 1, 1)}),
        ("in:trash", {"place": "trashed"}),
        ("IN:Archive", {"place": "archived"}),
    ],
)
def test_filters(typed: str, filters: dict[str, Any]) -> None:
    asked = parse(f"sky {typed}")

    assert asked.query == Query(("sky",), **filters)
    assert asked.remarks == ()


@pytest.mark.parametrize(
    ("typed", "kind", "says"),
    [
        ("model:", EmptyFilter, "“model:”"),
        ('model:""', EmptyFilter, "“model:”"),
        ("before:", EmptyFilter, "“before:”"),
        ("before:yesterday", BadDate, "This is not a date: “yesterday”."),
        ("after:2026-13", BadDate, "2026-03-15"),
        ("after:2026-02-30", BadDate, "2026-02-30"),
        ("after:0000", BadDate, "0000"),
        ("before:٢٠٢٦", BadDate, "٢٠٢٦"),
        ("in:attic", UnknownPlace, "“attic”"),
        ("in:\u202ekcitta", UnknownPlace, "“kcitta”"),
        ("before:" + "9" * 150, BadDate, "999"),
    ],
)
def test_a_broken_filter_is_said_and_the_rest_is_searched(
    typed: str, kind: type, says: str
) -> None:
    asked = parse(f"sky {typed}")

    assert asked.query == Query(("sky",))
    (remark,) = asked.remarks
    assert isinstance(remark, kind)
    assert says in str(remark)


@pytest.mark.parametrize(
    "typed", ["x" * 10_000, "word " * 2000, '"' * 10_000, " ".join(map(str, range(50)))]
)
def test_of_a_long_query_the_beginning_is_searched(typed: str) -> None:
    asked = parse(typed)

    assert sum(map(len, asked.query.words)) <= LENGTH
    assert len(asked.query.words) <= 16
    assert [type(remark) for remark in asked.remarks] == [QueryTooLong]


@given(st.text(st.sampled_from('ab "“”「」:-%_*\\\u202emodelbforeintash中0129')))
def test_whatever_is_typed_is_a_query(typed: str) -> None:
    asked = parse(typed)

    assert all(asked.query.words)
    assert all(str(remark) for remark in asked.remarks)
