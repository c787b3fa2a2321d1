from __future__ import annotations

import pytest

from webapp import errors
from webapp.providers.failures import failure, printable


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (301, errors.HostMoved),
        (400, errors.ModelFailed),
        (401, errors.AuthCodeRefused),
        (402, errors.CreditUsedUp),
        (403, errors.AuthCodeRefused),
        (404, errors.HostMoved),
        (410, errors.HostMoved),
        (418, errors.ModelFailed),
        (429, errors.RateLimited),
        (500, errors.ModelFailed),
        (999, errors.ModelFailed),
    ],
)
def test_each_status_has_its_error(status, error):
    assert type(failure(status, host="h")) is error


def test_a_failure_without_a_reason_names_the_status():
    assert failure(503, host="h", said=" \n").values == {"reason": "HTTP 503"}


@pytest.mark.parametrize(
    ("retry_after", "wait"),
    [
        ("", "in a moment"),
        ("0", "in a moment"),
        ("-5", "in a moment"),
        ("2", "in 2 seconds"),
        (" 119 ", "in 119 seconds"),
        ("120", "in 2 minutes"),
        ("121", "in 3 minutes"),
        ("7200", "in 2 hours"),
        ("9" * 30, "in a moment"),
        ("٣", "in a moment"),
        ("Thu, 01 Jan 1970 00:01:40 GMT", "in 90 seconds"),
        ("Thu, 01 Jan 1970 00:00:01 GMT", "in a moment"),
        ("Thu, 99 Foo 1970", "in a moment"),
    ],
)
def test_the_wait_is_said_in_words(retry_after, wait):
    error = failure(429, host="h", retry_after=retry_after, now=10)

    assert error.values["wait"] == wait


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("  two\r\n lines. ", "two lines"),
        ("\x1b[31mred\u202e\u200b", "[31mred"),
        ("é 🙂", "é 🙂"),
        ("x" * 200, "x" * 200),
        ("x" * 201, "x" * 199 + "…"),
        ("...", ""),
    ],
)
def test_a_strangers_text_is_made_fit_for_a_sentence(text, shown):
    assert printable(text) == shown
