"""What of a conversation is sent: never more than fits, and never less than could."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from webapp.chat.limits import KEPT_FOR_ANSWER, PER_MESSAGE, PER_REQUEST, Fit, fit

_COUNTS = st.lists(st.integers(0, 400), min_size=1, max_size=30)
_LIMITS = st.integers(1, 6000)


def _size(system: int, messages: list[int]) -> int:
    return PER_REQUEST + sum(one + PER_MESSAGE for one in [system, *messages] if one)


def test_the_newest_messages_that_fit_are_sent() -> None:
    fitted = fit(10, [300, 300, 300, 50], KEPT_FOR_ANSWER + 650)

    assert fitted.first == 2
    assert fitted.tokens == PER_REQUEST + 10 + 300 + 50 + 3 * PER_MESSAGE
    assert fitted.possible


def test_an_unknown_limit_lets_everything_through() -> None:
    fitted = fit(10, [1_000_000, 5], 0)

    assert fitted == Fit(0, _size(10, [1_000_000, 5]), None, _size(10, [5]))
    assert fitted.possible


def test_a_question_that_does_not_fit_alone_is_impossible() -> None:
    assert not fit(10, [5, 500], KEPT_FOR_ANSWER + 500).possible
    assert not fit(0, [1], KEPT_FOR_ANSWER).possible


@given(st.integers(0, 400), _COUNTS, _LIMITS)
def test_what_is_sent_is_never_over_the_limit(system: int, messages: list[int], limit: int) -> None:
    fitted = fit(system, messages, limit)

    assert fitted.tokens == _size(system, messages[fitted.first :])
    if fitted.possible:
        assert fitted.tokens + KEPT_FOR_ANSWER <= limit


@given(st.integers(0, 400), _COUNTS, _LIMITS)
def test_no_message_more_would_fit(system: int, messages: list[int], limit: int) -> None:
    fitted = fit(system, messages, limit)

    if fitted.first:
        one_more = _size(system, messages[fitted.first - 1 :])
        assert one_more + KEPT_FOR_ANSWER > limit


@given(st.integers(0, 400), _COUNTS, _LIMITS, st.integers(1, 30))
def test_what_is_needed_is_always_sent(
    system: int, messages: list[int], limit: int, needed: int
) -> None:
    needed = min(needed, len(messages))

    fitted = fit(system, messages, limit, needed=needed)

    assert fitted.first <= len(messages) - needed
    assert fitted.needed == _size(system, messages[len(messages) - needed :])
    assert fitted.possible == (fitted.needed + KEPT_FOR_ANSWER <= limit)


@given(st.integers(0, 400), _COUNTS, _LIMITS)
def test_a_longer_past_changes_nothing_of_what_fits(
    system: int, messages: list[int], limit: int
) -> None:
    whole = fit(system, messages, limit)
    later = fit(system, [999_999, *messages], limit)

    assert later.first >= whole.first
    assert later.tokens == whole.tokens
