"""What a failure of an OpenAI-compatible server means, by whose key it was asked."""

from __future__ import annotations

import pytest

from webapp import errors
from webapp.providers.refusals import (
    Asked,
    error_object,
    may_ask_elsewhere,
    reason_of,
    refusal,
)

OWN = Asked("h.example", "Office", own_key=True, vendor=False)
SERVER = Asked("h.example", "Office", own_key=False, vendor=False)
LIAOBOTS = Asked("h.example", "Liaobots", own_key=True, vendor=True)


@pytest.mark.parametrize(
    ("status", "said", "asked", "error"),
    [
        (401, "no", OWN, errors.KeyRefused),
        (401, "no", SERVER, errors.ServerKeyRefused),
        (401, "no", LIAOBOTS, errors.AuthCodeRefused),
        (402, "", OWN, errors.KeySpent),
        (402, "", SERVER, errors.ServerKeySpent),
        (402, "", LIAOBOTS, errors.CreditUsedUp),
        (403, "not this model", OWN, errors.RequestRefused),
        (403, "", OWN, errors.KeyRefused),
        (403, "403 Forbidden", LIAOBOTS, errors.AuthCodeRefused),
        (404, "", OWN, errors.AddressWrong),
        (404, "no such model", OWN, errors.RequestRefused),
        (405, "", OWN, errors.AddressWrong),
        (410, "", OWN, errors.AddressWrong),
        (307, "elsewhere", OWN, errors.AddressWrong),
        (400, "too long", OWN, errors.RequestRefused),
        (413, "", OWN, errors.RequestRefused),
        (422, "", OWN, errors.RequestRefused),
        (429, "", OWN, errors.RateLimited),
        (500, "", OWN, errors.ModelFailed),
        (529, "overloaded", OWN, errors.ModelFailed),
    ],
)
def test_each_status_has_its_error(status, said, asked, error):
    assert type(refusal(status, said, asked)) is error


def test_whatever_was_turned_away_before_an_answer_is_unpaid():
    statuses = [307, 400, 401, 402, 403, 404, 413, 422, 429]

    assert all(refusal(status, "x", OWN).unpaid for status in statuses)
    assert not refusal(500, "x", OWN).unpaid


def test_a_reason_is_one_short_printable_line():
    reason = refusal(400, "  two\r\n lines \x1b[31m" + "x" * 500, OWN).values["reason"]

    assert str(reason).startswith("two lines [31mx")
    assert len(str(reason)) == 200


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ('{"error": {"message": "inner"}}', "inner"),
        ('[{"error": {"message": "in a list"}}]', "in a list"),
        ('{"error": "plain"}', "plain"),
        ('{"message": "outer"}', "outer"),
        ('{"detail": "as FastAPI says it"}', "as FastAPI says it"),
        ('{"detail": "Not Found"}', ""),
        ('{"detail": [{"msg": "x"}]}', ""),
        ("<html>", ""),
        ("[]", ""),
        ("[" * 100_000, ""),
    ],
)
def test_the_reason_is_found_or_empty(body, reason):
    assert reason_of(error_object(body)) == reason


def test_only_a_broken_host_is_stood_in_for():
    statuses = [*range(200, 600)]

    elsewhere = [status for status in statuses if may_ask_elsewhere(status)]

    assert elsewhere == [status for status in range(500, 600) if status not in (504, 524)]
